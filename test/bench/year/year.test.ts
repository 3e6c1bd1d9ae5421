import { beforeAll, describe, expect, test } from 'vitest'
import { openCatalogue, shippedCatalogue } from '../../../services/platform/catalogue-source.ts'
import type { Codec } from '../../../services/records/codec.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../../services/records/embedded-registry.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { breachesOf } from '../../decide/checker/breaches.ts'
import { Agenda } from './agenda.ts'
import { daysOfYear } from './person.ts'
import { yearSection } from './report.ts'
import { runYear, type Year } from './run.ts'

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

  test('breaks nothing of the policy, and tells no reason that did not hold', () => {
    expect(year.witness.breaches).toEqual([])
    expect(year.witness.unfounded()).toEqual([])
  })

  test('would break a stricter policy: the checker sees what was sent', () => {
    const { policy } = catalogue
    const caps = policy.caps.map((cap) => ({ ...cap, most: cap.most - 1 }))
    const histories = [...year.witness.histories.values()]
    expect(histories).toHaveLength(plan.subscribers)
    const found = histories.flatMap((history) => breachesOf(history, { ...catalogue, policy: { ...policy, caps } }))
    expect(found.some(({ code }) => code === 'cap')).toBe(true)
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
    expect(text).toContain('finds no breach in')
  })

  test('tells the mean beside the cap', () => {
    const { text } = yearSection(year, { plan, policy: catalogue.policy, cpuSeconds: 1, load: 0 })
    const said = year.touches.filter(({ purpose }) => purpose === 'marketing')
    const mean = new Set(said.map(({ command }) => command.moment_id)).size / plan.subscribers
    expect(mean).toBeGreaterThan(0)
    expect(mean).toBeLessThan(5)
    const row = text.split('\n').find((line) => line.startsWith('| marketing |'))
    expect(Math.abs(Number(row?.split(' | ').at(1)) - mean)).toBeLessThanOrEqual(0.006)
    expect(row?.split(' | ').at(-1)).toBe('5 |')
  })
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
