import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { activationAfter, fromTheBeginning, inSuccession } from '../../services/catalogue/activation.ts'
import { createSchedule } from '../../services/catalogue/schedule.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { catalogueOfFiles, threshold } from './contents.ts'

const catalogue = catalogueOfFiles()

/** Versions 1, 2, 3 and so on which become active at these times; `broken` ones can't be loaded. */
function scheduleOf(times: readonly number[], broken: readonly number[] = []) {
  const refused: number[] = []
  const schedule = createSchedule((number) => refused.push(number))
  for (const [i, activatedAt] of times.entries()) {
    schedule.add({
      ...fromTheBeginning,
      number: i + 1,
      activatedAt,
      catalogue() {
        if (broken.includes(i + 1)) throw new CodedError('KM_TEST', 'broken')
        return catalogue
      },
    })
  }
  return { schedule, refused }
}

const always = Number.NEGATIVE_INFINITY
const never = Number.POSITIVE_INFINITY

describe('which version is in force, and until when', () => {
  const table: readonly (readonly [
    what: string,
    times: readonly number[],
    clock: number,
    number: number,
    until: number,
  ])[] = [
    ['the first, before everything', [always, 10, 20], always, 1, 10],
    ['the first, an instant before the second', [always, 10, 20], 9, 1, 10],
    ['the second, at the instant of its activation', [always, 10, 20], 10, 2, 20],
    ['the last, for ever', [always, 10, 20], 1e15, 3, never],
    ['the later published of two at one instant', [always, 10, 10], 10, 3, never],
    ['one that waits, not yet', [always, 60], 30, 1, 60],
    ['an earlier one published after one that waits', [always, 60, 30], 40, 3, never],
    ['so the one that waited never comes', [always, 60, 30], 70, 3, never],
    ['before both, the earlier is next', [always, 60, 30], 0, 1, 30],
    ['the first though it says a later time', [50, 60], 0, 1, 60],
  ]
  test.each(table)('%s', (_what, times, clock, number, until) => {
    expect(scheduleOf(times).schedule.at(clock)).toMatchObject({ number, until })
  })

  test('the answer of one clock is none for another', () => {
    const { schedule } = scheduleOf([always, 10, 20])
    expect([25, 5, 15, always, 20, 9].map((clock) => schedule.at(clock).number)).toEqual([3, 1, 2, 1, 3, 1])
    schedule.add({ ...fromTheBeginning, number: 4, activatedAt: 12, catalogue: () => catalogue })
    expect([25, 5, 15, 11].map((clock) => schedule.at(clock).number)).toEqual([4, 1, 4, 2])
  })
})

test('one answer holds until the time that it names, whatever was asked before (against all versions, one by one)', () => {
  const time = fc.integer({ min: 0, max: 20 })
  fc.assert(
    fc.property(fc.array(time, { maxLength: 6 }), fc.array(time, { minLength: 1, maxLength: 20 }), (times, clocks) => {
      const all = [always, ...times]
      const numberAt = (clock: number) => all.findLastIndex((activatedAt) => activatedAt <= clock) + 1
      const { schedule } = scheduleOf(all)
      for (const clock of clocks) {
        const { number, until } = schedule.at(clock)
        expect(number).toBe(numberAt(clock))
        for (let later = clock; later < Math.min(until, 22); later++) expect(numberAt(later)).toBe(number)
        if (until < never) expect(numberAt(until)).not.toBe(number)
      }
    }),
  )
})

describe('a version that cannot be used here', () => {
  test('is passed over and told once; the one before it goes on', () => {
    const { schedule, refused } = scheduleOf([always, 10, 20], [2])
    expect(schedule.at(15)).toMatchObject({ number: 1, until: 20 })
    expect(schedule.at(16)).toMatchObject({ number: 1 })
    expect(refused).toEqual([2])
    expect(schedule.refused.get(2)).toMatchObject({ code: 'KM_TEST' })
  })

  test('by the word of who tried it', () => {
    const { schedule } = scheduleOf([always, 10])
    schedule.at(10).refuse(new Error('no room'))
    expect(schedule.at(10)).toMatchObject({ number: 1, until: never })
  })

  test('and none at all is an error with a code', () => {
    expect(() => scheduleOf([always], [1]).schedule.at(0)).toThrow(
      expect.objectContaining({ code: 'KM_CATALOGUE_NONE' }),
    )
  })
})

test('what a version takes the place of: the one before it, not one published later', () => {
  const { schedule } = scheduleOf([always, 10, 60, 30])
  expect(schedule.before(4, 30).number).toBe(2)
  expect(schedule.before(3, 60).number).toBe(2)
  expect(schedule.before(2, 10).number).toBe(1)
})

describe('since when a rule is in force', () => {
  const first = catalogueOfFiles()
  const changed = catalogueOfFiles(threshold(60))
  const without = catalogueOfFiles({ 'rules/calls.yaml': undefined })

  test('from the beginning, until it changes or goes away', () => {
    const at = (time: number, next: typeof first) => ({ activatesAt: time, catalogue: next })
    const versions = inSuccession(first, [at(10, changed), at(20, without), at(30, changed), at(40, changed)])
    expect(
      versions.map(({ rulesSince, changedSince }) => [rulesSince['long-call'], changedSince['long-call']]),
    ).toEqual([
      [undefined, undefined],
      [undefined, 10],
      [undefined, undefined],
      [30, 30],
      [30, 30],
    ])
    expect(versions.every(({ rulesSince }) => !('topped-up' in rulesSince))).toBe(true)
  })

  test('a factor that it reads changes it', () => {
    const other = catalogueOfFiles({
      'factors/calls.yaml':
        'id: calls_24h\ntitle: { en: Calls }\nfrom: cdr\naggregate: count\nwindow: { rolling: 12h }\n',
    })
    const { changedSince, rulesSince } = activationAfter({ catalogue: first, ...fromTheBeginning }, other, 7)
    expect({ changedSince, rulesSince }).toEqual({ changedSince: { 'long-call': 7 }, rulesSince: {} })
  })
})
