import { describe, expect, test } from 'vitest'
import { read, timelineOf } from './timelines-under-test.ts'

const clocks = (lines: string, keys = '') =>
  timelineOf(lines, keys).steps.map(({ clock }) => new Date(clock).toISOString().replace(/:00\.000Z$|\.000Z$/, ''))

describe('a time in Shanghai, day 1 being 2 March 2026', () => {
  test.each([
    ['09:00', '2026-03-02T01:00'],
    ['09:00:30', '2026-03-02T01:00:30'],
    ['09:00:30.250', '2026-03-02T01:00:30.250Z'],
    ['09:00:30.5', '2026-03-02T01:00:30.500Z'],
    ['day 1 09:00', '2026-03-02T01:00'],
    ['day 31 09:00', '2026-04-01T01:00'],
    ['2026-12-31 00:00', '2026-12-30T16:00'],
    ['2026-03-02T01:00Z', '2026-03-02T01:00'],
    ['2026-03-02T01:00:00.001Z', '2026-03-02T01:00:00.001Z'],
    ['09:00-1ms', '2026-03-02T00:59:59.999Z'],
    ['day 2 09:00 +1h30m', '2026-03-03T02:30'],
    ['+1d2h3m4s5ms', '2026-03-02T18:03:04.005Z'],
  ])('%s', (time, expected) => {
    expect(clocks(`${time}  nothing`)).toEqual([expected])
  })
})

test.each([
  ['an hour that does not exist is the end of the gap', '2026-03-29 02:30  nothing', ['2026-03-29T01:00']],
  ['an hour that exists twice is the earlier', '2026-10-25 02:30  nothing', ['2026-10-25T00:30']],
  ['a local day of 23 hours', '2026-03-28 12:00  cdr\n2026-03-29 12:00  cdr', ['2026-03-28T11:00', '2026-03-29T10:00']],
  ['24 hours over it', '2026-03-28 12:00  cdr\n+1d  cdr', ['2026-03-28T11:00', '2026-03-29T11:00']],
])('in Berlin %s', (_, lines, expected) => {
  expect(clocks(lines, 'zone: Europe/Berlin')).toEqual(expected)
})

test('a bare time of day is of the day above; a bare offset counts from the last event with a time of its own', () => {
  expect(
    clocks(`
      09:00        cdr
      +1h          cdr
      +2h          nothing
      day 2 10:00  nothing
      11:00        restart
      +26h30m      nothing
      12:00        recharge
      +1h          nothing
    `),
  ).toEqual([
    '2026-03-02T01:00',
    '2026-03-02T02:00',
    '2026-03-02T03:00',
    '2026-03-03T02:00',
    '2026-03-03T03:00',
    '2026-03-03T03:30',
    '2026-03-03T04:00',
    '2026-03-03T05:00',
  ])
})

test('start says which date day 1 is', () => {
  expect(clocks('day 2 09:00  nothing', 'start: 2028-02-28')).toEqual(['2028-02-29T01:00'])
})

test('an event arrives at its line and happened at its own time', () => {
  const [step] = timelineOf('10:07  cdr at 10:00').steps
  expect(step?.kind === 'event' && [step.clock - step.event.record.event_time]).toEqual([7 * 60_000])
})

test.each([
  ['24:00  nothing'],
  ['9:00  nothing'],
  ['09:60  nothing'],
  ['day 0 09:00  nothing'],
  ['day 2  nothing'],
  ['2026-02-30 09:00  nothing'],
  ['+48  nothing'],
  ['+2w  nothing'],
  ['2026-03-02T25:00Z  nothing'],
])('%s is no time', (line) => {
  const { problems } = read(`title: it\nfactors: []\ntimeline: |\n  ${line}\n`)
  expect(problems).toEqual([
    expect.stringMatching(/^4:3 {2}KM_TIMELINE_TIME {2}no time is readable here; write it like/),
  ])
})
