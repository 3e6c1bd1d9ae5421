import { shardOf } from '../../services/flow/partition.ts'
import { type ReadEvent, readEvent } from '../../services/records/jsonl.ts'
import { createRandom, type Random } from '../../services/sample/random.ts'

const second = 1_000

/** How a record is spoilt on its way to the log. */
export const spoilings = ['no-header', 'unknown-schema', 'cut-off', 'key-of-another', 'from-the-future'] as const
export type Spoiling = (typeof spoilings)[number]

/** What a source sends at an instant: an event as JSON, or a record that nobody can handle. */
export interface Arrival {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly json: Readonly<Record<string, unknown>>
  readonly event: ReadEvent
  readonly spoilt: Spoiling | undefined
  /** So late that it must change nothing, in whatever order it is read. */
  readonly isLate: boolean
}

export interface Workload {
  readonly begin: number
  /** When the last one is sent. */
  readonly end: number
  /** By the instant of sending. */
  readonly arrivals: readonly Arrival[]
}

export interface WorkloadOptions {
  readonly seed: number
  readonly shards: number
  /** Milliseconds since 1970. */
  readonly begin: number
  readonly lengthMs: number
  readonly subscribersPerSecond: number
  /** Of all types of events. */
  readonly graceMs: number
}

/** Events arrive out of order by so much. */
const reorderMs = 4 * second

/**
 * Subscribers who come one after the other, each with a minute of life: a profile, calls, low balances, recharges, orders,
 * complaints that are opened and closed, consent that is taken back. Events come out of their order within the grace; some
 * come twice, some too late, and some are spoilt.
 */
export function workload(options: WorkloadOptions): Workload {
  const { seed, begin, lengthMs, subscribersPerSecond } = options
  const random = createRandom(seed, 11)
  const arrivals: Arrival[] = []
  const count = Math.round((lengthMs / second) * subscribersPerSecond)
  for (let i = 0; i < count; i++) {
    const since = begin + Math.floor((i * lengthMs) / count)
    arrivals.push(...lifeOf(i, since, random))
  }
  const sorted = [...withLate(arrivals, options, random)].sort((a, b) => a.at - b.at)
  return { begin, end: sorted.at(-1)?.at ?? begin, arrivals: sorted }
}

export const subscriberOf = (number: number): string => `s${String(number).padStart(6, '0')}`
const addressOf = (subscriber: string): string => `+49151${String(10_000_000 + Number(subscriber.slice(1)))}`

/** In Berlin those with an even number live, whose quiet hours fall into a campaign. */
export const zoneOf = (subscriber: string): string =>
  Number(subscriber.slice(1)) % 2 === 0 ? 'Europe/Berlin' : 'Asia/Shanghai'

function lifeOf(number: number, since: number, random: Random): Arrival[] {
  const subscriber_id = subscriberOf(number)
  const arrivals: Arrival[] = []
  let events = 0
  const arrive = (type: string, time: number, fields: object, delay = 0): void => {
    const event_time = Math.floor(time)
    const json = {
      type,
      event_id: `${subscriber_id}-${events++}`,
      subscriber_id,
      event_time,
      source: 'chaos',
      ...fields,
    }
    const once: Arrival = { at: event_time + delay, json, event: eventOf(json), spoilt: undefined, isLate: false }
    arrivals.push(once)
    if (random.chance(0.1)) arrivals.push({ ...once, at: once.at + random.next() * 5 * second })
    if (random.chance(0.02)) arrivals.push({ ...once, spoilt: random.pick(spoilings) })
  }
  const reordered = () => random.next() * reorderMs
  const consent = (state: 'granted' | 'refused', at: number) => {
    const entry = { state, since: Math.floor(at), source: 'crm', evidence_ref: null }
    return { consent: { sms: { marketing: entry, care: entry } } }
  }

  arrive('profile', since, {
    time_zone: zoneOf(subscriber_id),
    language: 'en',
    addresses: { sms: addressOf(subscriber_id) },
    ...consent(random.chance(0.9) ? 'granted' : 'refused', since),
  })
  let at = since + second
  for (let calls = 1 + random.whole(7); calls > 0; calls--) {
    at += second * (0.5 + random.next() * (random.chance(0.2) ? 20 : 6))
    const balance_after = random.chance(0.2) ? random.whole(499) : 5_000
    arrive('cdr', at, { ...call, duration_s: 1 + random.whole(500), balance_after }, reordered())
    if (random.chance(0.15)) arrive('recharge', at + random.next() * 12 * second, recharge(1_000), reordered())
  }
  const somewhen = () => since + second * (2 + random.next() * 28)
  if (random.chance(0.4)) arrive('recharge', somewhen(), recharge(6_000))
  if (random.chance(0.4)) arrive('order', somewhen(), { order_id: `o${number}`, product_id: 'p', action: 'subscribe' })
  if (random.chance(0.2)) {
    const opened = somewhen()
    const ticket = { ticket_id: `t${number}`, category: 'network', severity: 2 }
    arrive('complaint', opened, { ...ticket, status: 'opened' })
    if (random.chance(0.5)) {
      arrive('complaint', opened + second * (5 + random.next() * 20), { ...ticket, status: 'resolved' })
    }
  }
  if (random.chance(0.25)) {
    const refused = somewhen()
    arrive('profile', refused, consent('refused', refused))
    const again = refused + second * (10 + random.next() * 20)
    if (random.chance(0.3)) arrive('profile', again, consent('granted', again))
  }
  return arrivals
}

const call = {
  kind: 'voice',
  direction: 'mo',
  other_party: 'x',
  end_cause: 'normal',
}
const recharge = (amount: number) => ({ amount, currency: 'EUR', method: 'app' })

/** Calls that come too late: behind one of their own topic and shard that is more than the grace ahead. */
function* withLate(arrivals: readonly Arrival[], options: WorkloadOptions, random: Random): Generator<Arrival> {
  yield* arrivals
  let number = 0
  for (const { at, event, json, spoilt } of arrivals) {
    if (event.type !== 'cdr' || spoilt || !random.chance(0.03)) continue
    const time = event.record.event_time - options.graceMs - second - random.next() * 20 * second
    const near = arrivals.find(({ event: { record } }) => {
      return shardOf(record.subscriber_id, options.shards) === shardOf(event.record.subscriber_id, options.shards)
    })
    const late = {
      ...json,
      event_id: `late-${number++}`,
      event_time: Math.floor(time),
      subscriber_id: near?.event.record.subscriber_id,
    }
    yield { at: at + 1, json: late, event: eventOf(late), spoilt: undefined, isLate: true }
  }
}

function eventOf(json: unknown): ReadEvent {
  const reading = readEvent(json)
  if (reading.kind === 'event') return reading.event
  throw new Error(`the workload has an event that is none: ${JSON.stringify(reading.problems)}`)
}
