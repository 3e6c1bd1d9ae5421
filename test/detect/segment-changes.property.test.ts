import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Moment } from '../../services/records/types.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { ShardDriver, type TestEvent } from './shard-driver.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const grace = 10 * minute
const start = Date.parse('2026-03-02T06:30Z')

const rule = (id: string, body: string) =>
  `- { id: ${id}, moment: change, title: { en: ${id} }, purpose: care, expires: 7d, ${body} }\n`
const loaded = loadCatalogue([
  {
    path: 'policy.yaml',
    text: 'default_time_zone: UTC\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\n',
  },
  {
    path: 'factors/f.yaml',
    text: '- { id: paid, title: { en: a }, from: recharge, value: amount, aggregate: sum, window: { rolling: 6h } }\n',
  },
  {
    path: 'segments/s.yaml',
    text: `
- { id: gold, dimension: value, title: { en: a }, when: paid >= 10 }
- { id: silver, dimension: value, title: { en: a }, when: paid >= 5 }
- { id: bronze, dimension: value, title: { en: a }, when: paid >= 2 }
`,
  },
  {
    path: 'rules/r.yaml',
    text:
      rule('each', 'segment: { of: value }') +
      rule('down', 'segment: { of: value, from: gold, to: [silver, bronze] }') +
      rule('settled', 'segment: { of: value }, settle: grace') +
      rule('daily', 'segment: { of: value }, settle: grace, every: day, at: "09:00"'),
  },
])
if (!loaded.catalogue) throw new Error(loaded.problems.map(String).join('\n'))
const { ruleset } = loaded.catalogue

const step = fc.record({
  minutes: fc.constantFrom(1, 2, 5, 9, 60, 150, 355, 360, 400, 1500),
  amount: fc.integer({ min: 0, max: 12 }),
  restarts: fc.constantFrom(false, false, false, true),
  delay: fc.integer({ min: 0, max: grace }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Timed extends Step {
  readonly time: number
  readonly event: TestEvent
}

function timed(steps: readonly Step[]): readonly Timed[] {
  let time = start
  return steps.map((own, i) => {
    time += own.minutes * minute
    const base = { event_id: `e${i}`, subscriber_id: 's', event_time: time, source: 'x' }
    const event: TestEvent = {
      type: 'recharge',
      value: { ...base, amount: own.amount, currency: 'EUR', method: 'app' },
    }
    return { ...own, time, event }
  })
}

interface Change {
  readonly at: number
  readonly from: string
  readonly to: string
}

/** From all events, at the instants of looking. */
function changes(events: readonly Timed[], looks: readonly number[]): readonly Change[] {
  const found: Change[] = []
  let last: string | undefined
  for (const at of looks) {
    const paid = events
      .filter(({ time }) => time > at - 6 * hour && time <= at)
      .reduce((sum, { amount }) => sum + amount, 0)
    const now = paid >= 10 ? 'gold' : paid >= 5 ? 'silver' : paid >= 2 ? 'bronze' : undefined
    if (now === undefined || now === last) continue
    if (last !== undefined) found.push({ at, from: last, to: now })
    last = now
  }
  return found
}

function mornings(events: readonly Timed[], until: number): readonly number[] {
  const first = events[0]?.time ?? start
  const found: number[] = []
  for (let at = Math.floor(first / day) * day + 9 * hour; at <= until; at += day) if (at > first) found.push(at)
  return found
}

const told = (moments: readonly Moment[], id: string): readonly unknown[] =>
  moments
    .filter((moment) => moment.rule === id)
    .map(({ at, evidence }) => ({ at, from: evidence.segment_from, to: evidence.segment_to }))

/** In the order in which they arrive; a process may end behind each. */
function run(arriving: readonly { readonly at: number; readonly of: Timed }[]): readonly Moment[] {
  const shard = new ShardDriver({ ruleset, defaultTimeZone: 'UTC' })
  for (const { at, of } of arriving) {
    shard.advance(at)
    shard.send(of.event)
    if (!of.restarts) continue
    shard.commit()
    shard.restart()
  }
  shard.advance((arriving.at(-1)?.at ?? start) + 3 * day)
  return shard.moments()
}

describe('changes of segment', () => {
  it('are those that all events tell, whatever was known in memory', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const events = timed(steps)
        const moments = run(events.map((of) => ({ at: of.time, of })))
        const each = changes(
          events,
          events.map(({ time }) => time),
        )
        expect(told(moments, 'each')).toEqual(each)
        expect(told(moments, 'down')).toEqual(each.filter(({ from, to }) => from === 'gold' && to !== 'gold'))
      }),
      { numRuns: 150 },
    )
  })

  it('of settled rules are the same in any order of arrival within the grace', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const events = timed(steps)
        const arriving = events
          .map((of) => ({ at: of.time + of.delay, of }))
          .toSorted((a, b) => a.at - b.at || a.of.time - b.of.time)
        const moments = run(arriving)
        const until = (arriving.at(-1)?.at ?? start) + 3 * day - grace
        const each = changes(
          events,
          events.map(({ time }) => time),
        )
        expect(told(moments, 'settled')).toEqual(each)
        expect(told(moments, 'daily')).toEqual(changes(events, mornings(events, until)))
      }),
      { numRuns: 150 },
    )
  })
})
