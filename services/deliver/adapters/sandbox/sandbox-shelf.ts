import { CodedError } from '../../../domain/errors.ts'
import type { SmsEncoding } from '../../../domain/sms-text.ts'
import type { Channel as ChannelName } from '../../../topology.ts'
import type { Message } from '../../channel.ts'

/** A message as pages show it. */
export interface SandboxMessage {
  /** Counts up from 1 since the start, through all channels of a shelf. */
  readonly number: number
  readonly channel: ChannelName
  readonly commandId: string
  readonly subscriberId: string
  /** Masked but for the last two digits. */
  readonly address: string
  readonly text: string
  /** Of an SMS; null: of another channel. */
  readonly encoding: SmsEncoding | null
  readonly segments: number
  /** Milliseconds since 1970 by the engine's clock, as all times here. */
  readonly sentAt: number
  /** Null until something is known of it. */
  readonly status: SandboxStatus | null
  /** When the status was last another one; null as it is. */
  readonly reportedAt: number | null
  /** What can be done with it at the phone now. */
  readonly can: readonly SandboxAct['act'][]
  /** What was answered to it at the phone, texts and keys, oldest first; the newest twenty. */
  readonly answers: readonly { readonly text: string; readonly at: number }[]
}

export type SandboxStatus =
  | 'delivered'
  | 'undelivered'
  /** Of push. */
  | 'clicked'
  | 'dismissed'
  /** Of calls. */
  | 'ringing'
  | 'talking'
  | 'declined'
  | 'no-reply'
  | 'hung-up'

/** What somebody at the phone does with a message. */
export type SandboxAct =
  | { readonly act: 'reply'; readonly text: string }
  | { readonly act: 'key'; readonly key: string }
  | { readonly act: 'open' | 'dismiss' | 'answer' | 'decline' | 'hang-up' }

/** What a channel does of an act; resolves once it is told, and rejects where it can't be told now. */
export type SandboxHands = {
  readonly [Act in SandboxAct['act']]?: (act: Extract<SandboxAct, { act: Act }>) => Promise<void>
}

/** A subscriber's phone, as somebody has set it. */
export interface SandboxPhone {
  /** How long somebody is still at it, so that calls ring for them; 0: nobody is. */
  readonly attendMs: number
  /** Channels that don't get through to it. */
  readonly off: readonly ChannelName[]
}

/** A phone that something was sent to. */
export interface PhoneEntry {
  readonly subscriberId: string
  readonly messages: number
  /** Of the newest message. */
  readonly channel: ChannelName
  readonly sentAt: number
}

export interface PhoneView {
  readonly subscriberId: string
  /** Seconds for which calls still wait to be answered by hand; 0: they are answered by themselves. */
  readonly attend_s: number
  readonly off: readonly ChannelName[]
  /** Newest first. */
  readonly messages: readonly SandboxMessage[]
}

/** Where sandboxes keep their messages, to be looked at and answered. */
export interface SandboxShelf {
  /** The newest messages behind `after` (a message's number), newest first. */
  messages(options?: {
    readonly after?: number
    readonly limit?: number
    readonly subscriber?: string
  }): readonly SandboxMessage[]
  /** The number of the next message. */
  next(): number
  /** Takes a message that has been sent. */
  put(message: SentMessage, hands: SandboxHands): void
  /** What has become of it, and what can be done with it then. Nothing, where the message isn't kept any more. */
  change(number: number, status: SandboxStatus, at: number, hands: SandboxHands): void
  /** @returns the message as it is then. @throws CodedError KM_SANDBOX_MESSAGE_UNKNOWN, _GONE, KM_SANDBOX_CANNOT */
  act(number: number, act: SandboxAct, at: number): Promise<SandboxMessage>
  phone(subscriberId: string): SandboxPhone
  setPhone(subscriberId: string, changes: Partial<SandboxPhone>): void
  /** The channels that have a sandbox here. */
  readonly channels: Set<ChannelName>
}

export type SentMessage = Omit<SandboxMessage, 'can' | 'answers' | 'address' | 'reportedAt'> & Pick<Message, 'address'>

const answersMost = 20
/** Phones whose settings are kept; the one that was set longest ago is forgotten first. */
const phonesMost = 1_000

/** Keeps the newest messages. @param keep how many, 1 or more @param now real milliseconds since some moment */
export function createSandboxShelf(keep: number, now: () => number = () => performance.now()): SandboxShelf {
  const kept: { readonly hands: SandboxHands; readonly message: SandboxMessage }[] = []
  const phones = new Map<string, { readonly attendedUntil: number; readonly off: readonly ChannelName[] }>()
  let numbers = 0

  const placeOf = (number: number) => kept.findLastIndex(({ message }) => message.number === number)

  function phone(subscriberId: string): SandboxPhone {
    const { attendedUntil = 0, off = [] } = phones.get(subscriberId) ?? {}
    return { attendMs: Math.max(0, attendedUntil - now()), off }
  }

  return {
    channels: new Set(),

    messages({ after = 0, limit = keep, subscriber } = {}) {
      return kept
        .map(({ message }) => message)
        .filter(({ number, subscriberId }) => number > after && subscriberId === (subscriber ?? subscriberId))
        .slice(-limit)
        .reverse()
    },

    next: () => ++numbers,

    put(sent, hands) {
      const message = { ...sent, address: mask(sent.address), reportedAt: null, can: actsOf(hands), answers: [] }
      kept.push({ hands, message })
      if (kept.length > keep) kept.splice(0, kept.length - keep)
    },

    change(number, status, at, hands) {
      const place = placeOf(number)
      const known = kept[place]
      if (!known) return
      const message = { ...known.message, status, reportedAt: at, can: actsOf(hands) }
      kept[place] = { hands, message }
    },

    async act(number, act, at) {
      const known = kept[placeOf(number)]
      if (!known) throw absent(number, numbers)
      const hand = known.hands[act.act] as ((act: SandboxAct) => Promise<void>) | undefined
      if (!hand) throw impossible(known.message, act)
      await hand(act)
      const place = placeOf(number)
      const then = kept[place]
      if (!then) throw absent(number, numbers)
      const text = act.act === 'reply' ? act.text : act.act === 'key' ? act.key : undefined
      if (text === undefined) return then.message
      const message = { ...then.message, answers: [...then.message.answers, { text, at }].slice(-answersMost) }
      kept[place] = { ...then, message }
      return message
    },

    phone,

    setPhone(subscriberId, changes) {
      const { attendMs, off } = { ...phone(subscriberId), ...changes }
      phones.delete(subscriberId)
      phones.set(subscriberId, { attendedUntil: now() + attendMs, off })
      const [oldest] = phones.keys()
      if (phones.size > phonesMost && oldest !== undefined) phones.delete(oldest)
    },
  }
}

const actsOf = (hands: SandboxHands) => Object.keys(hands) as SandboxAct['act'][]

function absent(number: number, newest: number): CodedError {
  return number <= newest
    ? new CodedError(
        'KM_SANDBOX_MESSAGE_GONE',
        `message ${number} is no longer kept: sms.sandbox_keep says how many are`,
      )
    : new CodedError('KM_SANDBOX_MESSAGE_UNKNOWN', `there is no message ${number}; the newest is ${newest}`)
}

function impossible({ number, channel, status, can }: SandboxMessage, { act }: SandboxAct): CodedError {
  const now =
    can.length > 0 ? `what can be done with it now: ${can.join(', ')}` : 'nothing can be done with it any more'
  return new CodedError('KM_SANDBOX_CANNOT', `message ${number} (${channel}, ${status ?? 'sent'}): no '${act}'; ${now}`)
}

/** `+4915112345678` as `•••••••••••78`. */
const mask = (address: string): string =>
  address.slice(-2).padStart(Math.min(maskMost, Math.max(2, address.length - 1)), '•')
/** Push tokens are long. */
const maskMost = 16
