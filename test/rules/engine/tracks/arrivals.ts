import fc from 'fast-check'
import type { TimeZone } from '../../../../services/domain/time-zones.ts'
import { timeZone } from '../../../../services/domain/time-zones.ts'
import type { EventInHand, RecordInHand } from '../../../../services/rules/engine/tracks/track.ts'

export interface Fact {
  readonly time: number
  readonly type: number
  readonly id: string
  readonly value: number
  readonly text: string
}

export const minute = 60_000
export const hour = 3_600_000
export const day = 86_400_000

/** Two changes of the clock lie within 60 days of it in many zones. */
export const march = Date.UTC(2026, 2, 1)
export const zones = [
  'UTC',
  'Asia/Shanghai',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'America/St_Johns',
]

export interface Subscriber extends RecordInHand {
  inexactness: number
}

export const subscriber = (zone: string | TimeZone, since: number, billingDay = 1): Subscriber => ({
  zone: typeof zone === 'string' ? timeZone(zone) : zone,
  billingDay,
  since,
  inexactness: 0,
  inexact() {
    this.inexactness++
  },
})

const encoder = new TextEncoder()

export function inHand(fact: Fact, horizon: number): EventInHand {
  const id = encoder.encode(fact.id)
  const text = encoder.encode(fact.text)
  const bytes = new Uint8Array(3 + id.length + text.length)
  bytes.set(id, 3)
  bytes.set(text, 3 + id.length)
  const idEnd = 3 + id.length
  const spans = { idStart: 3, idEnd, textStart: idEnd, textEnd: idEnd + text.length }
  return { time: fact.time, type: fact.type, bytes, ...spans, horizon }
}

/** By (time, order of types, id), newest first. */
export const newestFirst = (facts: readonly Fact[]): Fact[] =>
  [...facts].sort((a, b) => b.time - a.time || b.type - a.type || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0))

/** How far an event may come behind a later one. */
export const grace = 60 * minute

/**
 * Events with gaps of every size (none, a moment, hours, months) around the clock changes, in an order of arrival in which
 * none comes more than the grace behind the newest.
 */
export function arrivals(value: fc.Arbitrary<number>, most = 40): fc.Arbitrary<Fact[]> {
  const gap = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(0, 1, minute, hour - 1, hour, day) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 2 * hour }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 3 * day }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 70 * day }) },
  )
  const event = fc.record({
    gap,
    value,
    type: fc.integer({ min: 0, max: 2 }),
    delay: fc.oneof(fc.constantFrom(0, grace), fc.integer({ min: 0, max: grace })),
  })
  return fc.array(event, { minLength: 1, maxLength: most }).map((events) => {
    let time = march
    const arriving = events.map(({ gap, value, type, delay }, i) => {
      time += gap
      // Ids that order otherwise than the events do.
      const id = `e${(i * 7) % events.length}-${i}`
      return { fact: { time, type, id, value, text: `t${value}` }, arrives: time + delay }
    })
    return arriving.sort((a, b) => a.arrives - b.arrives).map(({ fact }) => fact)
  })
}

/** Hands the events on with the horizon of their moment. */
export function deliver(facts: readonly Fact[], to: (event: EventInHand, fact: Fact) => void): void {
  let newest = Number.NEGATIVE_INFINITY
  for (const fact of facts) {
    newest = Math.max(newest, fact.time)
    to(inHand(fact, newest - grace), fact)
  }
}

export const newestTime = (facts: readonly Fact[]): number => Math.max(...facts.map(({ time }) => time))
