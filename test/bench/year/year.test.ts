import { beforeAll, describe, expect, test } from 'vitest'
import { openCatalogue, shippedCatalogue } from '../../../services/platform/catalogue-source.ts'
import type { Codec } from '../../../services/records/codec.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../../services/records/embedded-registry.ts'
import type { Catalogue, Policy } from '../../../services/rules/catalogue.ts'
import { Agenda } from './agenda.ts'
import { breaches, type Send } from './checker.ts'
import { daysOfYear } from './person.ts'
import { yearSection } from './report.ts'
import { runYear, type Year } from './run.ts'

const hour = 3_600_000
const plan = { seed: 7, subscribers: 40 }

let catalogue: Catalogue
let codec: Codec
let year: Year

beforeAll(async () => {
  catalogue = await openCatalogue(shippedCatalogue)
  codec = await createCodec(createEmbeddedRegistry(':memory:'))
  year = runYear(plan, catalogue, codec)
}, 300_000)

describe('a year of a few subscribers under the shipped catalogue', () => {
  test('has all that a year is made of', () => {
    expect(year.days).toBe(daysOfYear)
    expect([...year.byKind.keys()].sort()).toEqual(['change', 'do-not-disturb', 'first', 'special'])
    expect(new Set(year.touches.map(({ purpose }) => purpose))).toEqual(new Set(['marketing', 'care', 'service']))
    expect([...year.byCode.keys()]).toEqual(
      expect.arrayContaining(['consent', 'open-issue', 'quiet-hours', 'cap', 'gap']),
    )
    expect(new Set(year.touches.map(({ response }) => response)).size).toBeGreaterThan(1)
    expect(year.late).toBe(0)
  })

  test('breaks no cap, no gap and no quiet hours', () => {
    expect(breaches(year.touches, catalogue.policy)).toEqual([])
  })

  test('would break a stricter policy: the checker sees what was sent', () => {
    const stricter = { ...catalogue.policy, caps: catalogue.policy.caps.map((cap) => ({ ...cap, most: cap.most - 1 })) }
    expect(breaches(year.touches, stricter).length).toBeGreaterThan(0)
  })

  test('says no more to who has opted out', () => {
    for (const { subscriber, channel, at } of year.optOuts) {
      const later = year.touches.filter(
        (touch) => touch.subscriber === subscriber && touch.channel === channel && touch.at > at,
      )
      expect(later.filter(({ purpose }) => purpose === 'marketing')).toEqual([])
    }
  })

  test('is the same again', { timeout: 120_000 }, () => {
    const short = { ...plan, days: 30 }
    const told = ({ touches, events, byRule }: Year) => ({
      events,
      byRule,
      sent: touches.map(({ command }) => command),
    })
    expect(told(runYear(short, catalogue, codec))).toEqual(told(runYear(short, catalogue, codec)))
  })

  test('is told with its figures', () => {
    const { text } = yearSection(year, { plan, policy: catalogue.policy, cpuSeconds: 1, load: 0 })
    expect(text).toContain('Seed 7: 40 simulated subscribers for 365 days')
    expect(text).toContain('finds no breach')
  })
})

const policy: Policy = {
  defaultTimeZone: 'Asia/Shanghai',
  defaultLanguage: 'zh',
  quietHours: [{ id: 'night', channels: ['sms'], start: 22 * 60, end: 8 * 60 }],
  caps: [
    { id: 'day', purposes: ['marketing'], window: { kind: 'civil', unit: 'day' }, most: 1 },
    { id: 'three-days', purposes: ['marketing'], window: { kind: 'rolling', length: 72 * hour }, most: 2 },
  ],
  gaps: { care: 4 * hour },
  cooling: [],
  replies: { 'opted-out': [], refused: [], accepted: [] },
}

/** `MM-DD HH:MM purpose`, by SMS to one subscriber in Shanghai. */
const sendsOf = (lines: readonly string[]): Send[] =>
  lines.map((line) => {
    const [date = '', time = '', purpose = ''] = line.split(' ')
    const at = Date.parse(`2026-${date}T${time}+08:00`)
    return { subscriber: 's', purpose: purpose as 'care', channel: 'sms', at, zone: 'Asia/Shanghai' }
  })

test.each([
  ['two days, one each', ['03-02 21:59 marketing', '03-03 08:00 marketing'], []],
  ['two on a day', ['03-02 09:00 marketing', '03-02 21:00 marketing'], [/cap 'day'/]],
  ['a day ends where the subscriber is', ['03-02 20:00 marketing', '03-03 09:00 marketing'], []],
  [
    'three within 72 hours',
    ['03-02 09:00 marketing', '03-03 09:00 marketing', '03-05 08:59 marketing'],
    [/cap 'three-days'/],
  ],
  [
    'exactly 72 hours apart is not within',
    ['03-02 09:00 marketing', '03-03 09:00 marketing', '03-05 09:00 marketing'],
    [],
  ],
  ['quiet hours begin with their first minute', ['03-02 22:00 service'], [/quiet hours 'night'/]],
  ['quiet hours end with their last', ['03-02 07:59 care', '03-03 08:00 care'], [/quiet hours 'night'/]],
  ['what the law demands may be said at night', ['03-02 23:00 regulatory'], []],
  ['a gap counts from whatever was said', ['03-02 09:00 service', '03-02 12:59 care'], [/the gap is/]],
  ['exactly the gap is enough', ['03-02 09:00 service', '03-02 13:00 care'], []],
])('the checker: %s', (_, lines, expected) => {
  const found = breaches(sendsOf(lines), policy)
  expect(found).toHaveLength(expected.length)
  for (const [i, pattern] of expected.entries()) expect(found[i]).toMatch(pattern)
})

test('an agenda gives what it was given by time, and at one instant in order', () => {
  const agenda = new Agenda<string>()
  for (const [at, what] of [
    [5, 'a'],
    [1, 'b'],
    [5, 'c'],
    [3, 'd'],
    [1, 'e'],
    [4, 'f'],
  ] as const)
    agenda.put(at, what)
  expect(agenda.next).toBe(1)
  expect(Array.from({ length: 7 }, () => agenda.take())).toEqual(['b', 'e', 'd', 'f', 'a', 'c', undefined])
  expect(agenda.next).toBe(Number.POSITIVE_INFINITY)
})
