import type { ReadEvent } from '../../services/records/jsonl.ts'
import { createRandom } from '../../services/sample/random.ts'
import { type Channel, channels } from '../../services/topology.ts'
import { type Arrival, type Workload, workload } from './workload.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/**
 * The workload with more to say: addresses for push and voice, which some lack or get later; consent by channel, given and taken back;
 * calls with the hotline, of which some never end; orders of who wants to leave.
 */
export function workloadOfChannels(seed: number, days: number): Workload {
  const base = workload(seed, days)
  const { begin, end } = base
  const random = createRandom(seed, 8)
  const arrivals: Arrival[] = []
  let number = 0
  const head = (subscriber_id: string, event_time: number) => ({
    event_id: `c${number++}`,
    subscriber_id,
    event_time: Math.floor(event_time),
    source: 'simulation',
  })
  const arrive = (event: ReadEvent) => {
    const at = event.record.event_time + random.next() * 2 * minute
    arrivals.push({ at, event })
    if (random.chance(0.1)) arrivals.push({ at: at + random.next() * 5 * minute, event })
  }
  const profile = (subscriber: string, at: number, said: object, address?: object): ReadEvent => {
    const about = head(subscriber, at)
    return {
      type: 'profile',
      record: { ...about, ...said },
      ...(address && { address: { ...about, ...address } }),
    } as ReadEvent
  }
  const reachable = (subscriber: string, at: number, others: readonly ('ivr' | 'push')[]) =>
    profile(
      subscriber,
      at,
      { addressed: others },
      {
        ...(others.includes('ivr') && { ivr: '+4915100009999' }),
        ...(others.includes('push') && { push: [{ provider: 'fcm', token: `token-of-${subscriber}` }] }),
      },
    )

  const subscribers = new Set(base.arrivals.map(({ event }) => event.record.subscriber_id))
  for (const [i, subscriber] of [...subscribers].entries()) {
    const since = begin + i * second + 2
    arrivals.push({ at: since, event: profile(subscriber, since, consentBy(channels, 'granted', since)) })
    const has = (['ivr', 'push'] as const).filter(() => random.chance(0.7))
    if (has.length > 0) arrivals.push({ at: since, event: reachable(subscriber, since, has) })
    if (has.length < 2) {
      const at = since + random.next() * 3 * day
      if (at < end) arrive(reachable(subscriber, at, ['ivr', 'push']))
    }
    const state: Partial<Record<Channel, 'granted' | 'refused'>> = {}
    for (let at = since + random.next() * day; at < end; at += (0.2 + random.next()) * day) {
      const channel = channels[random.whole(channels.length)] ?? 'push'
      const next = state[channel] === 'refused' ? 'granted' : 'refused'
      state[channel] = next
      arrive(profile(subscriber, at, consentBy([channel], next, Math.floor(at))))
    }
    for (let at = since + random.next() * day; at < end; at += (0.3 + random.next()) * day) {
      const call_id = `call-${number}`
      const contact = { call_id, agent_id: 'agent-0', topic: null, line: 'hotline' } as const
      const call = (time: number, phase: 'connected' | 'ended'): ReadEvent => ({
        type: 'contact',
        record: { ...head(subscriber, time), ...contact, phase },
      })
      arrive(call(at, 'connected'))
      if (random.chance(0.9)) arrive(call(at + (5 + 40 * random.next()) * minute, 'ended'))
    }
    for (let at = since + random.next() * 2 * day; at < end; at += (0.1 + 1.5 * random.next()) * day) {
      const order = { order_id: `o${number}`, product_id: 'contract', action: 'unsubscribe', price: null } as const
      arrive({ type: 'order', record: { ...head(subscriber, at), ...order, contract_end: null } })
    }
  }
  const all = [...base.arrivals, ...arrivals.filter(({ event }) => event.record.event_time < end)]
  return { ...base, arrivals: all.sort((a, b) => a.at - b.at) }
}

const consentBy = (by: readonly Channel[], state: 'granted' | 'refused', since: number) => {
  const entry = { state, since, source: 'crm', evidence_ref: null } as const
  return { consent: Object.fromEntries(by.map((channel) => [channel, { marketing: entry, care: entry }])) }
}
