import { createHash } from 'node:crypto'
import { encodeSms } from '../../../domain/sms-text.ts'
import type { Clock } from '../../../flow/clock.ts'
import {
  type AcceptedPart,
  type Channel,
  type ChannelListener,
  type Log,
  type Message,
  notSent,
} from '../../channel.ts'
import type { SandboxHands, SandboxMessage, SandboxShelf } from './sandbox-shelf.ts'

export interface SandboxSettings {
  /** What it stands in for. */
  readonly channel: 'sms' | 'push'
  /** How long a message takes to be delivered. */
  readonly deliveryMs: number
  /** Share of messages, 0 to 1, that are reported as undelivered; which ones depends on the command id. */
  readonly failShare: number
}

/** True of that share of all commands, the same ones each time. @param share 0 to 1 */
export function isAmongFailed(share: number, commandId: string): boolean {
  const digest = createHash('sha256').update(`sandbox\0${commandId}`).digest()
  return digest.readUInt32BE(0) / 2 ** 32 < share
}

/**
 * Stands in for an operator's SMSC or for a push service: takes every message, puts it on the shelf to be looked at, reports delivery
 * a little later; and somebody at the phone can answer it.
 */
export function createSandboxChannel(settings: SandboxSettings, clock: Clock, log: Log, shelf: SandboxShelf): Channel {
  const provider = 'sandbox'
  const { channel, failShare } = settings
  const pending = new Map<NodeJS.Timeout, () => Promise<void>>()
  const reporting = new Set<Promise<void>>()
  let listener: ChannelListener | undefined
  let sent = 0
  let closing = false
  shelf.channels.add(channel)

  async function report(number: number, message: Message, parts: readonly AcceptedPart[]): Promise<void> {
    const { commandId, subscriberId } = message
    const isLost = isAmongFailed(failShare, commandId) || shelf.phone(subscriberId).off.includes(channel)
    const status = isLost ? 'undelivered' : 'delivered'
    shelf.change(number, status, clock.now(), isLost ? {} : handsFor(number, message, parts))
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

  /** What somebody at the phone can do with it, now that it is there. */
  function handsFor(number: number, { address }: Message, [first]: readonly AcceptedPart[]): SandboxHands {
    if (channel === 'sms') return { reply: async ({ text }) => listener?.inbound({ address, text }) }
    return {
      open: async () => {
        if (first) await listener?.receipt({ messageId: first.messageId, state: 'clicked', error: null })
        shelf.change(number, 'clicked', clock.now(), {})
      },
      // No push service tells of it.
      dismiss: async () => shelf.change(number, 'dismissed', clock.now(), {}),
    }
  }

  return {
    provider,

    start(heard) {
      listener = heard
    },

    async send(message: Message, signal: AbortSignal) {
      const sentAt = clock.now()
      if (sentAt >= message.notAfter) return notSent('expired')
      if (closing || signal.aborted) return notSent('stopping')
      const { commandId, subscriberId, text, address } = message
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
        return notSent('provider-trouble')
      }
      const about = { number, channel, commandId, subscriberId, address, text }
      shelf.put({ ...about, encoding, segments, sentAt, status: null }, {})
      reportLater(() => report(number, message, parts))
      return { kind: 'accepted', messageIds: parts.map(({ messageId }) => messageId) }
    },

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

function sizeOf(channel: SandboxSettings['channel'], text: string): Pick<SandboxMessage, 'encoding' | 'segments'> {
  if (channel !== 'sms') return { encoding: null, segments: 1 }
  const { encoding, parts } = encodeSms(text)
  return { encoding, segments: parts.length }
}
