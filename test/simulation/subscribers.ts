import { type ReceiptFields, receiptOutput } from '../../services/deliver/receipt.ts'
import type { Codec } from '../../services/records/codec.ts'
import { recordsOf } from '../../services/records/to-log.ts'
import type { Order, Profile, Reply } from '../../services/records/types.ts'
import { createRandom } from '../../services/sample/random.ts'
import { type Channel, channels, topics } from '../../services/topology.ts'
import type { Surroundings, Taken } from './providers.ts'
import type { SimulatedLog } from './simulated-log.ts'
import type { World } from './world.ts'

const minute = 60_000
const hour = 60 * minute

/**
 * What becomes of messages behind the provider, and what subscribers do then. Receipts come at once, late, twice, in any order, as
 * unknown, or never; some subscribers say yes, no or STOP, or buy what they were offered. Providers are away for hours, and some
 * subscribers say STOP while a message waits for them.
 */
export function answering(world: World, log: SimulatedLog, codec: Codec, seed: number): Surroundings {
  const random = createRandom(seed, 6)
  const away = new Map<Channel, number>()
  const waiting = new Set<string>()
  let number = 0

  function goAway(channel: Channel): void {
    const millis = (0.5 + 2 * random.next()) * hour
    away.set(channel, world.now + millis)
    world.after(millis + 20 * hour * random.next(), `${channel} goes away`, () => goAway(channel))
  }
  for (const channel of channels) world.after(20 * hour * random.next(), `${channel} goes away`, () => goAway(channel))

  function headOf(subscriber_id: string) {
    return { event_id: `answer-${number++}`, subscriber_id, event_time: Math.floor(world.time), source: 'subscriber' }
  }

  /** Who says no to everything wants something again some day: else there would soon be nobody to write to. */
  function thinkAgain(subscriber: string, channel: Channel): void {
    world.after((1 + 6 * random.next()) * hour, `${subscriber} thinks again`, () => {
      const head = headOf(subscriber)
      const entry = { state: 'granted', since: head.event_time, source: 'crm', evidence_ref: null } as const
      const value: Profile = { ...head, consent: { [channel]: { marketing: entry } } }
      log.take(recordsOf([{ type: 'profile', record: value }], codec))
    })
  }

  function tell(
    { commandId: command_id, subscriberId: subscriber_id, channel }: Taken,
    delay: number,
    said: Said,
  ): void {
    world.after(delay, `the ${channel} provider reports ${said.status}`, () => {
      const about = { command_id, subscriber_id, channel, received_at: Math.floor(world.time) }
      const { value } = receiptOutput({ ...about, ...said })
      log.take([{ topic: topics.receipts.name, key: subscriber_id, value: codec.encode(topics.receipts, value) }])
    })
  }

  function report(taken: Taken): void {
    const soon = random.next() * 2 * minute
    const fate = random.next()
    if (fate < 0.15) tell(taken, soon, { status: 'failed', code: 'undelivered' })
    else if (fate < 0.25) tell(taken, soon, { status: 'unknown', code: 'state-unknown' })
    else if (fate < 0.85) {
      const delay = fate < 0.4 ? random.next() * 3 * hour : soon
      tell(taken, delay, { status: 'delivered' })
      if (random.chance(0.1)) tell(taken, delay + random.next() * hour, { status: 'delivered' })
    }
  }

  function answer(taken: Taken): void {
    const { subscriberId } = taken
    if (!random.chance(0.25)) return
    const what = random.next()
    world.after(random.next() * 4 * hour, `${subscriberId} answers`, () => {
      const head = headOf(subscriberId)
      if (what < 0.3) {
        const order = {
          ...head,
          order_id: head.event_id,
          product_id: random.chance(0.5) ? 'flat-rate' : 'extra-minutes',
        }
        const value: Order = { ...order, action: 'subscribe' }
        log.take(recordsOf([{ type: 'order', record: value }], codec))
        return
      }
      reply(taken, what < 0.6 ? 'yes' : what < 0.85 ? 'no' : 'STOP')
    })
  }

  function reply({ commandId, subscriberId, channel }: Taken, text: string): void {
    const in_reply_to = random.chance(0.7) ? commandId : null
    const value: Reply = { ...headOf(subscriberId), channel, text, in_reply_to }
    log.take(recordsOf([{ type: 'reply', record: value }], codec))
    if (text === 'STOP') thinkAgain(subscriberId, channel)
  }

  return {
    isAway: (channel) => world.now < (away.get(channel) ?? 0),
    took(taken) {
      report(taken)
      answer(taken)
    },
    kept(taken) {
      if (waiting.has(taken.commandId)) return
      waiting.add(taken.commandId)
      if (random.chance(0.4)) {
        world.after(random.next() * 20 * minute, `${taken.subscriberId} wants nothing`, () => reply(taken, 'STOP'))
      }
    },
  }
}

type Said = Pick<ReceiptFields, 'status' | 'code'>
