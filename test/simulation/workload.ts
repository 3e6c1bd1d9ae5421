import { shardOf } from '../../services/flow/partition.ts'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { createRandom } from '../../services/sample/random.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** What is put on the log at an instant. */
export interface Arrival {
  readonly at: number
  readonly event: ReadEvent
}

export interface Workload {
  readonly shards: number
  /** First instant. */
  readonly begin: number
  /** No event is later. */
  readonly end: number
  readonly arrivals: readonly Arrival[]
}

/** How late an event may be; the workload keeps to the default of all types. */
const grace = 10 * minute
/** Events arrive out of order by so much. */
const reorderMs = 3 * minute

/**
 * Some days of some subscribers: calls, low balances, recharges, complaints that are opened and closed, consent that is given
 * and taken back. Events come out of their order within the grace; some come twice, now or days later; some too late.
 */
export function workload(seed: number, days: number): Workload {
  const random = createRandom(seed, 3)
  const shards = 4
  const begin = Date.parse('2026-03-02T00:00:00Z')
  const end = begin + days * day
  const subscribers = Array.from({ length: 12 }, (_, i) => `s${i}`)
  const arrivals: Arrival[] = []
  let number = 0
  const head = (subscriber_id: string, event_time: number) => ({
    event_id: `e${number++}`,
    subscriber_id,
    event_time: Math.floor(event_time),
    source: 'simulation',
  })
  const arrive = (event: ReadEvent, delay = random.next() * reorderMs) => {
    const at = event.record.event_time + delay
    arrivals.push({ at, event })
    if (random.chance(0.1)) arrivals.push({ at: at + random.next() * 5 * minute, event })
    // Its duplicate days later is behind everything: late, whatever the engine remembers.
    if (random.chance(0.02)) arrivals.push({ at: at + day + random.next() * day, event })
  }
  const call = (subscriber: string, at: number, balance: number | null): ReadEvent => ({
    type: 'cdr',
    record: {
      ...head(subscriber, at),
      kind: 'voice',
      direction: 'mo',
      other_party: 'x',
      duration_s: 1 + random.whole(600),
      cell_id: null,
      roaming_country: null,
      end_cause: 'normal',
      charge: null,
      balance_after: balance,
    },
  })

  for (const [i, subscriber] of subscribers.entries()) {
    const since = begin + i * 1_000
    const profile = head(subscriber, since)
    arrivals.push({
      at: since,
      event: {
        type: 'profile',
        record: { ...profile, time_zone: 'Europe/Berlin', language: 'en', ...consent('granted', since) },
        address: { ...profile, sms: `+4915100000${String(i).padStart(2, '0')}` },
      },
    })
    // Some call a lot, and some fall silent for days.
    const pace = (1 + random.whole(6)) * hour
    for (let at = since + hour; at < end; at += random.next() * 2 * pace) {
      if (random.chance(0.04)) at += (1 + 2 * random.next()) * day
      if (at < end) arrive(call(subscriber, at, random.chance(0.3) ? random.whole(900) : 5_000))
      if (random.chance(0.15)) {
        const recharge = { ...head(subscriber, at + 3 * hour * random.next()), amount: 1_000, currency: 'EUR' }
        if (recharge.event_time < end) {
          arrive({ type: 'recharge', record: { ...recharge, method: 'voucher', balance_after: null } } as ReadEvent)
        }
      }
    }
    let state: 'granted' | 'refused' = 'granted'
    for (let at = since + day * random.next() * 2; at < end; at += day * (0.3 + 2 * random.next())) {
      state = state === 'granted' ? 'refused' : 'granted'
      arrive({ type: 'profile', record: { ...head(subscriber, at), ...consent(state, at) } })
    }
    for (let at = since + day * random.next() * 4; at < end; at += day * (1 + 3 * random.next())) {
      const ticket = `t${number}`
      arrive(complaint(head(subscriber, at), ticket, 'opened'))
      const closed = at + hour + random.next() * day
      if (closed < end) arrive(complaint(head(subscriber, closed), ticket, 'resolved'))
    }
  }
  return { shards, begin, end, arrivals: [...withLate(arrivals)].sort((a, b) => a.at - b.at) }

  /** Calls that come too late: behind one of their own shard that is more than the grace ahead, so in any reading. */
  function* withLate(all: readonly Arrival[]): Generator<Arrival> {
    yield* all
    for (const { at, event } of all) {
      if (event.type !== 'cdr' || !random.chance(0.03)) continue
      const time = event.record.event_time - grace - minute - random.next() * hour
      const near = subscribers.filter((id) => shardOf(id, shards) === shardOf(event.record.subscriber_id, shards))
      if (time <= begin + 2 * hour) continue
      yield { at: at + 1, event: call(near[random.whole(near.length)] ?? 's0', time, 5_000) }
    }
  }
}

const consent = (state: 'granted' | 'refused', since: number) => {
  const entry = { state, since: Math.floor(since), source: 'crm', evidence_ref: null } as const
  return { consent: { sms: { marketing: entry, care: entry } } }
}

const complaint = (
  head: { event_id: string; subscriber_id: string; event_time: number; source: string },
  ticket_id: string,
  status: 'opened' | 'resolved',
): ReadEvent =>
  ({
    type: 'complaint',
    record: { ...head, ticket_id, category: 'network', status, severity: 2, cell_id: null },
  }) as ReadEvent
