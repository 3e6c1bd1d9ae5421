import type { BaseLogger } from 'pino'
import type { DeliverCode } from './codes.ts'
import type { Urgency } from './lane.ts'

/**
 * Port: a way by which messages leave. Adapters: `smpp.ts`, `ivr.ts`, `push.ts`, `webhook.ts` and `sandbox.ts`, chosen by
 * configuration.
 * What an adapter logs never holds an address or a text.
 */
export interface Channel {
  /** Names the adapter in attempts and keys its message ids: 'smpp', 'sandbox'. */
  readonly provider: string
  /** Messages that it takes at once; what comes beyond waits outside, in the order of its urgency. Default 64. */
  readonly width?: number
  /**
   * Commands beyond `width` that are claimed ahead, so that a fast channel needn't wait for commits: each is in doubt after a
   * crash, and cannot be taken back any more but by the sender. As many as leave within a tenth of a second. Default 0.
   */
  readonly ahead?: number
  /** Whether it can send to an address of this kind; default: to any. What isn't reached counts as no address. */
  reaches?(address: string): boolean
  /** Places that are still held by what was accepted: who has been called is talked to on. Default 0. */
  occupied?(): number
  /** Begins to connect, in the background and for ever. Called once, before `send`. Never throws. */
  start(listener: ChannelListener): void
  /**
   * Sends one message. While the provider asks to slow down it is tried again until `signal` aborts. Where the provider can't
   * be reached, or is in trouble, "not sent" comes back within seconds: so the circuit hears of it, and the command waits
   * unclaimed. Nothing leaves at or after `message.notAfter`, and nothing new leaves after the abort. Never rejects.
   */
  send(message: Message, signal: AbortSignal): Promise<Outcome>
  health(): ChannelHealth
  /** Takes nothing more, lets what is under way answer (bounded by the adapter's timeouts), disconnects. */
  close(): Promise<void>
}

export interface Message {
  /** Of this attempt; another attempt of the same command has another one. */
  readonly attemptId: string
  readonly commandId: string
  readonly subscriberId: string
  /** As whose it is shown, where the channel can show another one than its own: of SMS a number, a short code or a name. */
  readonly sender: string | null
  /** E.164 with the plus sign; for push the provider and its token, as `fcm:…`. */
  readonly address: string
  readonly text: string
  /** Missing: there are none. */
  readonly links?: MessageLinks
  readonly urgency: Urgency
  /** Past it nothing leaves; milliseconds since 1970, by the clock that the channel was given. */
  readonly notAfter: number
}

/** What the app at the other end calls to tell of a message, each an address of ours. */
export interface MessageLinks {
  /** By any method; it answers 204. */
  readonly opened: string
  /** The same that stands in the text: it leads on to where the offer does. */
  readonly clicked: string
}

/** What became of a send, as far as the channel knows at once. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly messageIds: readonly string[] }
  /** Definitely refused: it did not leave and would not leave later. */
  | {
      readonly kind: 'refused'
      readonly code: DeliverCode
      readonly detail: string | null
      /** The address itself is why. */
      readonly gone?: AddressGone
    }
  /** Proof that nothing left; the same message may be sent again. */
  | { readonly kind: 'not-sent'; readonly code: DeliverCode; readonly detail: string | null }
  /** It may have left. */
  | { readonly kind: 'unknown'; readonly code: DeliverCode; readonly detail: string | null }

export const notSent = (code: DeliverCode, detail: string | null = null): Outcome => ({
  kind: 'not-sent',
  code,
  detail,
})

/** An address that leads nowhere any more: it isn't sent to again. */
export interface AddressGone {
  readonly address: string
  /** Milliseconds since 1970: an address that was given later may lead somewhere again. Null: it never does. */
  readonly since: number | null
}

/** What a channel tells about later. A promise that rejects means "not durable yet": the provider is asked to repeat. */
export interface ChannelListener {
  /** The provider took a part under this id. Awaited before `send` resolves; also called for answers that came too late. */
  accepted(part: AcceptedPart): Promise<void>
  receipt(receipt: ProviderReceipt): Promise<void>
  inbound(message: InboundMessage): Promise<void>
  /** Something came that can't be understood, and is lost. @param why in a word, for the log */
  unreadable(kind: 'receipt' | 'message', why: string): void
  /** An answer to a message that is known by its id. */
  reply(reply: ProviderReply): Promise<void>
}

export interface AcceptedPart {
  readonly messageId: string
  readonly commandId: string
  readonly subscriberId: string
  /** 1-based. */
  readonly part: number
  readonly parts: number
}

export interface ProviderReceipt {
  readonly messageId: string
  readonly state: 'delivered' | 'clicked' | 'undelivered' | 'rejected' | 'expired' | 'deleted' | 'unknown' | 'under-way'
  /** The provider's own error code, without any free text. */
  readonly error: string | null
  /** What the channel knows better than the state says it. */
  readonly code?: DeliverCode
}

export interface ProviderReply {
  readonly messageId: string
  /** Keys that were pressed. */
  readonly digits: string
  /** What they mean: accepted, refused, opted-out, or what a rule asks for. */
  readonly action: string
}

export interface InboundMessage {
  /** E.164 with the plus sign. */
  readonly address: string
  readonly text: string
}

/** A provider answers, and lets nothing leave: a wrong key, an expired secret. */
export interface ChannelFault {
  readonly code: 'KM_PUSH_CREDENTIALS' | 'KM_WEBHOOK_CREDENTIALS'
  /** No addresses. */
  readonly reason: string
}

export interface ChannelHealth {
  readonly ready: boolean
  /** Why not ready, or a short word on the state; no addresses. */
  readonly reason: string
  /** Submitted and not answered. */
  readonly outstanding: number
  readonly accepted: number
  readonly refused: number
  readonly unknown: number
  /** What people must mend; each message tries it nevertheless, as nothing else would find out that it is mended. */
  readonly faults?: readonly ChannelFault[]
}

export type Log = Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>
