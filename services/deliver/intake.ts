import { deterministicId } from '../domain/ids.ts'
import { meaningOfWords, type ReplyMeaning, type ReplyWords } from '../domain/reply-words.ts'
import type { Clock } from '../flow/clock.ts'
import type { Receipt, Reply } from '../records/types.ts'
import { type Channel as ChannelName, topics } from '../topology.ts'
import type { ChannelListener, Log, ProviderReceipt } from './channel.ts'
import type { DeliverCode } from './codes.ts'
import type { Contact, EdgeIndex, SentPart } from './edge-index.ts'
import { type ReceiptOutput, receiptOutput } from './receipt.ts'

export interface ReplyOutput {
  readonly topic: typeof topics.events.reply
  readonly value: Reply
}

/** Puts a record on the log, keyed by its subscriber; resolves when it is durable. */
export type Append = (output: ReceiptOutput | ReplyOutput) => Promise<void>

/** Why something that a channel told is of nobody; empty: it isn't. */
export type ToldCode =
  | ''
  | 'KM_DELIVER_RECEIPT_UNKNOWN'
  | 'KM_DELIVER_REPLY_UNKNOWN'
  | 'KM_DELIVER_SENDER_UNKNOWN'
  | 'KM_DELIVER_UNREADABLE'

/** Counts what a channel has told. */
export type CountTold = (kind: 'receipt' | 'reply' | 'message', code: ToldCode) => void

export interface IntakeParts {
  readonly channel: ChannelName
  readonly provider: string
  readonly edge: EdgeIndex
  readonly append: Append
  /** What replies mean at present. */
  readonly words: () => ReplyWords
  readonly clock: Clock
  readonly log: Log
  readonly count: CountTold
}

/** What a provider's final states mean here. */
const meanings: Readonly<
  Record<
    Exclude<ProviderReceipt['state'], 'under-way' | 'delivered' | 'clicked'>,
    { readonly status: Receipt['status']; readonly code: DeliverCode }
  >
> = {
  undelivered: { status: 'failed', code: 'undelivered' },
  rejected: { status: 'failed', code: 'rejected' },
  expired: { status: 'failed', code: 'validity-expired' },
  deleted: { status: 'failed', code: 'deleted' },
  unknown: { status: 'unknown', code: 'state-unknown' },
}

/** Characters of a message that are kept: more than ten short messages hold. */
const textMost = 2_048

/**
 * Takes what a channel tells later: resolves it through the edge index and puts receipts and replies on the log.
 * Delivered is a command all of whose parts are; failed is one of whose parts one definitely failed.
 */
export function createIntake({
  channel,
  provider,
  edge,
  append,
  words,
  clock,
  log,
  count,
}: IntakeParts): ChannelListener {
  async function take(receipt: ProviderReceipt, part: SentPart): Promise<void> {
    if (receipt.state === 'under-way') return
    count('receipt', '')
    const about = {
      subscriber_id: part.subscriberId,
      command_id: part.commandId,
      channel,
      received_at: clock.now(),
    }
    if (receipt.state === 'delivered') {
      if (await edge.delivered(part)) {
        await append(receiptOutput({ ...about, status: 'delivered', parts: part.parts }))
      }
      return
    }
    if (receipt.state === 'clicked') return append(receiptOutput({ ...about, status: 'clicked', parts: part.parts }))
    const detail = receipt.error === null ? null : `error ${receipt.error}`
    const { status, code } = meanings[receipt.state]
    await append(receiptOutput({ ...about, status, code: receipt.code ?? code, detail, parts: part.parts }))
  }

  /** A yes or no is one to what asked for it, though a notice came after that; all else to what came last. */
  async function answered(
    address: string,
    contact: Contact,
    meaning: ReplyMeaning | null,
    at: number,
  ): Promise<string> {
    if (meaning !== 'accepted' && meaning !== 'refused') return contact.commandId
    const awaited = await edge.awaitedAt(address, at)
    return awaited?.subscriberId === contact.subscriberId ? awaited.commandId : contact.commandId
  }

  return {
    async accepted(part) {
      const early = await edge.remember(provider, part)
      if (early) await take(early, part)
    },

    async receipt(receipt) {
      if (receipt.state === 'under-way') return
      const part = await edge.resolve(provider, receipt)
      if (part) return take(receipt, part)
      const { messageId, state, error } = receipt
      const code = 'KM_DELIVER_RECEIPT_UNKNOWN'
      count('receipt', code)
      log.info(
        { provider, code, messageId, state, error },
        'a receipt of an id that is not known: it is kept for an hour, should the answer to its submit still come',
      )
    },

    async reply({ messageId, digits, action }) {
      const part = await edge.sent(provider, messageId)
      if (!part) {
        const code = 'KM_DELIVER_REPLY_UNKNOWN'
        count('reply', code)
        log.warn({ provider, code, messageId, action }, 'an answer to a message that is not known any more')
        return
      }
      count('reply', '')
      await append({
        topic: topics.events.reply,
        value: {
          event_id: deterministicId(provider, messageId, 'reply', digits),
          subscriber_id: part.subscriberId,
          event_time: clock.now(),
          source: `deliver-${provider}`,
          channel,
          text: null,
          digits,
          action,
          in_reply_to: part.commandId,
        },
      })
    },

    unreadable(kind, why) {
      const code = 'KM_DELIVER_UNREADABLE'
      count(kind, code)
      log.warn({ provider, code, kind, why }, 'what a channel told is not understood')
    },

    async inbound({ address, text }) {
      const contact = await edge.whoIsAt(address)
      if (!contact) {
        const code = 'KM_DELIVER_SENDER_UNKNOWN'
        count('message', code)
        log.warn({ provider, code }, 'a message from an address that nothing was sent to')
        return
      }
      count('message', '')
      const at = await edge.firstTold(address, text, clock.now())
      const { subscriberId } = contact
      const action = meaningOfWords(text, words()) ?? null
      await append({
        topic: topics.events.reply,
        value: {
          event_id: deterministicId(provider, subscriberId, String(at), text),
          subscriber_id: subscriberId,
          event_time: at,
          source: `deliver-${provider}`,
          channel,
          text: text.slice(0, textMost),
          digits: null,
          action,
          in_reply_to: await answered(address, contact, action, at),
        },
      })
    },
  }
}
