import type { Channel as ChannelName } from '../topology.ts'
import type { Outcome } from './channel.ts'
import type { Purpose } from './lane.ts'

/** A send, to be run once. It holds an address: it is never logged. All times are milliseconds since 1970. */
export interface SendEffect {
  readonly attemptId: string
  readonly commandId: string
  readonly subscriberId: string
  readonly channel: ChannelName
  readonly purpose: Purpose
  /** As of the command; a pause may hold it up to the send. */
  readonly campaigns: readonly string[]
  readonly issuedAt: number
  readonly claimedAt: number
  readonly address: string
  readonly text: string
  readonly sender: string | null
  /** An answer is awaited until then; 0: none is. */
  readonly awaitedUntil: number
  /** Where the offer's link leads; null: it has none. */
  readonly link: string | null
  /** Past it nothing leaves. */
  readonly notAfter: number
  /** Not sent until then: give it back. */
  readonly giveUpAt: number
}

export interface SendResult {
  readonly attemptId: string
  readonly commandId: string
  readonly subscriberId: string
  readonly outcome: Outcome
}
