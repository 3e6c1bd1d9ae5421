import { createHash } from 'node:crypto'
import { encodeSms, type SmsEncoding } from '../domain/sms-text.ts'
import type { Clock } from '../flow/clock.ts'
import type { Channel as ChannelName } from '../topology.ts'
import type { AcceptedPart, Channel, ChannelListener, Log, Message } from './channel.ts'

export interface SandboxSettings {
  /** What it stands in for. */
  readonly channel: ChannelName
  /** How long a message takes to be delivered. */
  readonly deliveryMs: number
  /** Messages that are kept to be looked at. */
  readonly keep: number
  /** Share of messages, 0 to 1, that are reported as undelivered; which ones depends on the seed and the command id. */
  readonly failShare: number
  readonly seed: string
}

export const sandboxDefaults = {
  channel: 'sms',
  deliveryMs: 1_500,
  keep: 500,
  failShare: 0,
  seed: 'sandbox',
} as const satisfies SandboxSettings

/** A message as the page shows it. */
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
  readonly sentAt: number
  /** Null until the sandbox has reported it. */
  readonly status: 'delivered' | 'undelivered' | null
  readonly reportedAt: number | null
}

/** Where sandboxes keep their messages to be looked at. */
export interface SandboxShelf {
  /** The newest messages behind `after` (a message's number), newest first. */
  messages(options?: { readonly after?: number; readonly limit?: number }): readonly SandboxMessage[]
  /** Calls back for each message as it is sent and again as it is reported; returns how to stop. */
  onMessage(heard: (message: SandboxMessage) => void): () => void
  /** The number of the next message. */
  next(): number
  /** Takes a message, or what has become of it. */
  show(message: SandboxMessage): void
}

/** Keeps the newest `keep` messages. */
export function createSandboxShelf(keep: number): SandboxShelf {
  const kept: SandboxMessage[] = []
  const listeners = new Set<(message: SandboxMessage) => void>()
  let numbers = 0
  return {
    messages({ after = 0, limit = keep } = {}) {
      return kept
        .filter(({ number }) => number > after)
        .slice(-limit)
        .reverse()
    },
    onMessage(heard) {
      listeners.add(heard)
      return () => listeners.delete(heard)
    },
    next: () => ++numbers,
    show(message) {
      const place = kept.findLastIndex(({ number }) => number === message.number)
      if (place >= 0) kept[place] = message
      else if (message.status === null) kept.push(message)
      if (kept.length > keep) kept.splice(0, kept.length - keep)
      for (const heard of listeners) heard(message)
    },
  }
}

export type SandboxChannel = Channel & Pick<SandboxShelf, 'messages' | 'onMessage'>

/**
 * Stands in for an operator's SMSC, for a voice platform or for a push service: takes every message, keeps it to be looked at, reports
 * delivery a little later.
 */
export function createSandboxChannel(
  settings: SandboxSettings,
  clock: Clock,
  log: Log,
  shelf = createSandboxShelf(settings.keep),
): SandboxChannel {
  const provider = 'sandbox'
  const { channel } = settings
  const pending = new Map<NodeJS.Timeout, () => Promise<void>>()
  const reporting = new Set<Promise<void>>()
  let listener: ChannelListener | undefined
  let sent = 0
  let closing = false

  function fails(commandId: string): boolean {
    const digest = createHash('sha256').update(`${settings.seed}\0${commandId}`).digest()
    return digest.readUInt32BE(0) / 2 ** 32 < settings.failShare
  }

  async function report(shown: SandboxMessage, parts: readonly AcceptedPart[]): Promise<void> {
    const status = fails(shown.commandId) ? 'undelivered' : 'delivered'
    shelf.show({ ...shown, status, reportedAt: clock.now() })
    try {
      for (const { messageId } of parts) await listener?.receipt({ messageId, state: status, error: null })
    } catch {
      log.error({ provider, code: 'KM_DELIVER_FAILED' }, 'a delivery receipt could not be kept')
    }
  }

  function reportLater(task: () => Promise<void>): void {
    const run = () => {
      pending.delete(timer)
      const done = task().then(() => void reporting.delete(done))
      reporting.add(done)
    }
    const timer = setTimeout(run, settings.deliveryMs)
    pending.set(timer, task)
  }

  return {
    provider,

    start(heard) {
      listener = heard
    },

    async send(message: Message, signal: AbortSignal) {
      const sentAt = clock.now()
      if (sentAt >= message.notAfter) return { kind: 'not-sent', code: 'expired', detail: null }
      if (closing || signal.aborted) return { kind: 'not-sent', code: 'stopping', detail: null }
      const { commandId, subscriberId, text } = message
      const { encoding, segments } = sizeOf(channel, text)
      sent++
      const number = shelf.next()
      const parts = Array.from({ length: segments }, (_, i) => {
        const part = i + 1
        return { messageId: `${commandId}.${number}.${part}`, commandId, subscriberId, part, parts: segments }
      })
      try {
        for (const part of parts) await listener?.accepted(part)
      } catch {
        return { kind: 'not-sent', code: 'provider-trouble', detail: null }
      }
      const address = mask(message.address)
      const status = null
      const about = { number, channel, commandId, subscriberId, address, text }
      const shown = { ...about, encoding, segments, sentAt, status }
      shelf.show({ ...shown, reportedAt: null })
      reportLater(() => report({ ...shown, reportedAt: null }, parts))
      return { kind: 'accepted', messageIds: parts.map(({ messageId }) => messageId) }
    },

    messages: shelf.messages,
    onMessage: shelf.onMessage,

    health: () => ({
      ready: listener !== undefined && !closing,
      reason: closing ? 'closed' : 'sandbox',
      outstanding: pending.size,
      accepted: sent,
      refused: 0,
      unknown: 0,
    }),

    /** What is to be reported is reported now. */
    async close() {
      closing = true
      for (const [timer, task] of pending) {
        clearTimeout(timer)
        reporting.add(task())
      }
      pending.clear()
      await Promise.all(reporting)
    },
  }
}

function sizeOf(channel: ChannelName, text: string): Pick<SandboxMessage, 'encoding' | 'segments'> {
  if (channel !== 'sms') return { encoding: null, segments: 1 }
  const { encoding, parts } = encodeSms(text)
  return { encoding, segments: parts.length }
}

/** `+4915112345678` as `•••••••••••78`. */
const mask = (address: string): string =>
  address.slice(-2).padStart(Math.min(maskMost, Math.max(2, address.length - 1)), '•')
/** Push tokens are long. */
const maskMost = 16
