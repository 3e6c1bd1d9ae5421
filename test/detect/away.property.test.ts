import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inSuccession } from '../../services/catalogue/activation.ts'
import { createSchedule } from '../../services/catalogue/schedule.ts'
import type { RulesetSchedule } from '../../services/detect/ruleset-switch.ts'
import { catalogueOf } from './rulesets.ts'
import { ShardDriver } from './shard-driver.ts'

/*
 * Rules are withdrawn and come back, at random, with restarts in between: each tells what a model tells that remembers all
 * that it has ever told.
 */
const hour = 3_600_000
const day = 24 * hour
const start = Date.parse('2026-03-02T00:00Z')

interface Known {
  readonly body: string
  /** Infinity: once in a life. */
  readonly once: number
  /** How long it must stand for itself before it is told: what falls into an absence of the rule is lost. */
  readonly waits: number
}

/** All of them come true with each call. */
const known: Readonly<Record<string, Known>> = {
  first: { body: 'on: cdr, when: calls >= 1', once: Number.POSITIVE_INFINITY, waits: 0 },
  weekly: { body: 'on: cdr, when: calls >= 1', once: 7 * day, waits: 0 },
  own: { body: 'on: cdr, when: event.duration_s >= 1', once: 7 * day, waits: 0 },
  settled: { body: 'settle: grace, on: cdr, when: calls >= 1', once: 3 * day, waits: 0 },
  silent: {
    body: 'pattern: [{ call: { on: cdr } }, { not: { on: recharge, for: 1h } }]',
    once: 5 * day,
    waits: hour,
  },
  'silent-for-good': {
    body: 'settle: grace, pattern: [{ call: { on: cdr } }, { not: { on: recharge, for: 1h } }]',
    once: Number.POSITIVE_INFINITY,
    waits: hour,
  },
}
const ids = Object.keys(known)
const onceOf = ({ once }: Known) => (Number.isFinite(once) ? `${once / hour}h` : 'lifetime')
const ruleOf = (id: string): string => {
  const own = known[id] as Known
  return `- { id: ${id}, moment: change, title: { en: ${id} }, purpose: care, expires: 7d, once: ${onceOf(own)}, ${own.body} }\n`
}
const factors = '- { id: calls, title: { en: a }, from: cdr, aggregate: count, window: { rolling: 1h } }\n'
const another = '- { id: other, moment: change, title: { en: o }, purpose: care, on: bill, when: event.amount >= 0 }\n'

const catalogues = new Map<string, ReturnType<typeof catalogueOf>>()
function catalogueWith(there: readonly string[]): ReturnType<typeof catalogueOf> {
  const key = there.join(' ')
  const made = catalogues.get(key) ?? catalogueOf(factors, another + there.map(ruleOf).join(''))
  catalogues.set(key, made)
  return made
}

/** In half hours, so that changes, calls and ends of `once` never fall together. */
const action = fc.record({
  forward: fc.constantFrom(3, 5, 12, 48, 96, 200),
  kind: fc.constantFrom('call' as const, 'call' as const, 'change' as const, 'restart' as const),
  there: fc.subarray(ids),
  subscriber: fc.constantFrom('anna', 'bert'),
})
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never
interface Timed extends Action {
  readonly at: number
}

const timed = (actions: readonly Action[]): readonly Timed[] => {
  let at = start
  return actions.map((own, i) => {
    at += own.forward * (hour / 2)
    // Calls at seven minutes past, changes at nineteen, each a little later than the one before.
    return { ...own, at: at + (own.kind === 'call' ? 7 : 19) * 60_000 + i * 1000 }
  })
}

/** `forgets`: as if a rule that is withdrawn forgot what it told. */
function expected(actions: readonly Timed[], forgets = false): string[] {
  const told = new Map<string, number>()
  const changes = actions.filter(({ kind }) => kind === 'change')
  const isThere = (id: string, from: number, to: number) => {
    const last = changes.findLast(({ at }) => at <= from)
    return [last, ...changes.filter(({ at }) => at > from && at <= to)].every((own) => !own || own.there.includes(id))
  }
  return actions.flatMap(({ kind, at, subscriber, there }) => {
    if (kind === 'change' && forgets) {
      for (const key of told.keys()) if (!there.includes(key.split(' ')[1] ?? '')) told.delete(key)
    }
    if (kind !== 'call') return []
    return ids.flatMap((id) => {
      const { once, waits } = known[id] as Known
      const instant = at + waits
      const last = told.get(`${subscriber} ${id}`)
      if (!isThere(id, at, instant) || (last !== undefined && instant - last < once)) return []
      told.set(`${subscriber} ${id}`, instant)
      return [`${new Date(instant).toISOString()} ${subscriber} ${id}`]
    })
  })
}

function found(actions: readonly Timed[]): string[] {
  const schedule = createSchedule()
  const later = actions
    .filter(({ kind }) => kind === 'change')
    .map(({ at, there }) => ({ catalogue: catalogueWith(there), activatesAt: at }))
  for (const version of inSuccession(catalogueWith(ids), later)) schedule.add(version)
  const inForce: RulesetSchedule = (clock) => {
    const own = schedule.at(clock)
    return { ...own, ruleset: own.catalogue.ruleset }
  }
  const driver = new ShardDriver({
    ruleset: inForce(Number.NEGATIVE_INFINITY).ruleset,
    schedule: inForce,
    defaultTimeZone: 'UTC',
  })
  for (const [i, { kind, at, subscriber }] of actions.entries()) {
    if (kind === 'restart') {
      driver.commit()
      driver.restart(inForce(Number.isFinite(driver.head) ? driver.head : start).ruleset)
    } else if (kind === 'call') {
      const base = { event_id: `e${i}`, subscriber_id: subscriber, event_time: at, source: 'x', duration_s: 60 }
      const call = { kind: 'voice', direction: 'mo', other_party: 'p', end_cause: 'normal' } as const
      driver.send({ type: 'cdr', value: { ...base, ...call, balance_after: null } })
    }
  }
  driver.advance((actions.at(-1)?.at ?? start) + day)
  return driver.moments().map(({ at, subscriber_id, rule }) => `${new Date(at).toISOString()} ${subscriber_id} ${rule}`)
}

it('a rule that is away and comes back tells what one tells that remembers all', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 3, maxLength: 30 }).map(timed), (actions) => {
      expect(found(actions).toSorted()).toEqual(expected(actions).toSorted())
    }),
    { numRuns: 100 },
  )
})

it('and one that forgets would tell more in many of the streams', () => {
  const streams = fc.sample(fc.array(action, { minLength: 3, maxLength: 30 }).map(timed), { numRuns: 100, seed: 5 })
  const telling = streams.filter((actions) => expected(actions, true).length > expected(actions).length)
  expect(telling.length).toBeGreaterThan(15)
})
