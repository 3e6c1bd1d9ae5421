import type { ReadEvent } from '../../../services/records/jsonl.ts'
import type { Command, Receipt, Reply } from '../../../services/records/types.ts'
import { createRandom } from '../../../services/sample/random.ts'
import type { Channel } from '../../../services/topology.ts'
import { receiptOf } from '../receipt-of.ts'
import type { Person } from './person.ts'

const minute = 60_000
const hour = 60 * minute

/** How a channel is, and how people are with it. Chances from 0 to 1. */
interface ChannelManners {
  readonly fails: number
  /** Nothing is ever known of it. */
  readonly vanishes: number
  /** Of what arrives, for marketing; an offer that was asked for by nobody. */
  readonly accepted: number
  readonly refused: number
  readonly optsOut: number
}

/** Rough figures of outreach that comes at the right moment; what the year is made with, not what it finds. */
const manners: Readonly<Record<Channel, ChannelManners>> = {
  sms: { fails: 0.015, vanishes: 0.005, accepted: 0.08, refused: 0.03, optsOut: 0.006 },
  push: { fails: 0.1, vanishes: 0.02, accepted: 0.1, refused: 0.01, optsOut: 0.003 },
  ivr: { fails: 0.25, vanishes: 0.01, accepted: 0.12, refused: 0.12, optsOut: 0.01 },
  desk: { fails: 0.02, vanishes: 0, accepted: 0.35, refused: 0.2, optsOut: 0.002 },
  task: { fails: 0.2, vanishes: 0, accepted: 0.25, refused: 0.15, optsOut: 0.004 },
}

/** What became of a command that was put on a channel. */
export interface Answer {
  /** It left, at the instant of the command. */
  readonly left: boolean
  readonly receipts: readonly Receipt[]
  readonly response: 'none' | 'accepted' | 'refused' | 'opted-out'
  /** When the subscriber responds. */
  readonly respondsAt: number
}

/** What the channel and the subscriber make of a command. The same for the same seed, person and command. */
export function answerTo(command: Command, person: Person, seed: number): Answer {
  const { command_id, channel, issued_at, purpose } = command
  const random = createRandom(seed, 14, person.number, hashOf(command_id))
  const { fails, vanishes, accepted, refused, optsOut } = manners[channel]
  const receipt = (status: Receipt['status'], after: number, code: string | null) =>
    receiptOf(command, status, after, code)
  const dice = random.next()
  if (dice < fails) {
    const receipts = [receipt('failed', 500 + random.whole(20_000), 'refused')]
    return { left: false, receipts, response: 'none', respondsAt: 0 }
  }
  const receipts = [receipt('accepted', 100 + random.whole(900), null)]
  if (dice < fails + vanishes) {
    receipts.push(receipt('unknown', 10 * minute, 'no-report'))
    return { left: true, receipts, response: 'none', respondsAt: 0 }
  }
  // Of some the telephone is off, for hours.
  const arrives = random.chance(0.03) ? random.whole(8 * hour) : 1_500 + random.whole(20_000)
  receipts.push(receipt('delivered', arrives, null))
  const respondsAt = issued_at + arrives + Math.floor(minute * (1 + 40 * -Math.log(1 - random.next())))
  // Care and service ask for little: a top-up, a click; nobody opts out of them.
  const yes = Math.min(0.6, (purpose === 'marketing' ? 1 : 2) * accepted * person.openness)
  const said = random.next()
  if (said < yes) return { left: true, receipts, response: 'accepted', respondsAt }
  if (purpose !== 'marketing') return { left: true, receipts, response: 'none', respondsAt: 0 }
  if (said < yes + refused) return { left: true, receipts, response: 'refused', respondsAt }
  if (said < yes + refused + optsOut) return { left: true, receipts, response: 'opted-out', respondsAt }
  return { left: true, receipts, response: 'none', respondsAt: 0 }
}

/** What the response is on the log: a reply, and what follows from it. `topUp`: what is left of the account then. */
export function eventsOf(
  command: Command,
  { response, respondsAt }: Answer,
  topUp: (amount: number) => number,
): ReadEvent[] {
  const { command_id, subscriber_id, channel, offer } = command
  const head = (what: string, source: string) => ({
    event_id: `${command_id}-${what}`,
    subscriber_id,
    event_time: respondsAt,
    source,
  })
  const reply = (action: string, text: string): ReadEvent => {
    const record: Reply = { ...head('reply', 'smsc'), channel, action, text, in_reply_to: command_id }
    return { type: 'reply', record }
  }
  switch (response) {
    case 'accepted': {
      const product = offer ?? 'unnamed'
      if (product.includes('recharge')) {
        const record = { ...head('recharge', 'billing'), amount: 5_000, currency: 'CNY', method: 'app' as const }
        return [reply('accepted', '1'), { type: 'recharge', record: { ...record, balance_after: topUp(5_000) } }]
      }
      const order = { ...head('order', 'crm'), order_id: `o-${command_id}`, product_id: product, price: 1_500 }
      return [reply('accepted', '1'), { type: 'order', record: { ...order, action: 'subscribe' } }]
    }
    case 'refused':
      return [reply('refused', '0')]
    case 'opted-out': {
      const refused = {
        state: 'refused',
        since: respondsAt,
        source: channel,
        evidence_ref: `reply-${command_id}`,
      } as const
      const consent = { [channel]: { marketing: refused } }
      return [reply('opted-out', 'TD'), { type: 'profile', record: { ...head('opt-out', 'crm'), consent } }]
    }
    case 'none':
      return []
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
