import type { Clock } from '../../../flow/clock.ts'
import type { PushAddress } from '../../../records/types.ts'
import type { MessageLinks } from '../../channel.ts'
import type { DeliverCode } from '../../codes.ts'
import type { Urgency } from '../../lane.ts'
import type { Obstacle } from '../unanswered.ts'

/**
 * Port: a push service, to which tokens of its own lead. Adapters: `fcm.ts`, `apns.ts` and `webpush.ts`; `push.ts` makes one channel
 * of all of them, which keeps the rate, waits and tries again. What an adapter must keep:
 *
 * - `send` asks the service for one notification. Only what an answer proves not to have been taken is asked again at once, as
 *   with a new access token.
 * - One rule about what left. Not taken, which is proof: no connection; a 4xx, which is the service's own no; what HTTP/2 says
 *   was not processed. In doubt, which is `unknown`: silence, a lost connection, a 5xx (whoever stands before the service says
 *   it, too), an answer that can't be understood.
 * - What would be refused whoever it is for (credentials, the project, the topic) is `not-sent` with `channel-down`: it is a fault
 *   of the setup, not of the token, and no token is given up for it.
 * - Nothing leaves at or after `notAfter`, and nothing new once the signal has aborted.
 * - What it logs holds no token and no text.
 */
export interface PushProvider {
  /** As addresses name it. */
  readonly name: PushAddress['provider']
  /** Never rejects; bounded by the adapter's own timeouts. */
  send(token: string, notification: PushNotification, signal: AbortSignal): Promise<PushOutcome>
  /** A short word on how it is; no token. */
  reason(): string
  close(): Promise<void>
}

/** What is to be shown on a device. */
export interface PushNotification {
  readonly attemptId: string
  readonly commandId: string
  readonly text: string
  /** For the app to call; missing: there are none. They go with what is shown as `push-data.ts` has it. */
  readonly links?: MessageLinks
  readonly urgency: Urgency
  /** Past it, it isn't shown; milliseconds since 1970, by the clock that the adapter was given. */
  readonly notAfter: number
}

/** What became of it. */
export type PushOutcome =
  | { readonly kind: 'accepted'; readonly messageId: string }
  /** Refused for good. */
  | { readonly kind: 'refused'; readonly code: DeliverCode; readonly detail: string | null }
  /** Refused, as the token leads nowhere any more. */
  | {
      readonly kind: 'gone'
      /** Since when, milliseconds since 1970: an app that registered later may have the same token again. Null: for ever. */
      readonly since: number | null
      readonly detail: string | null
    }
  /** Proof that it did not leave. */
  | {
      readonly kind: 'not-sent'
      readonly code: 'throttled' | 'channel-down' | 'expired' | 'stopping'
      readonly detail: string | null
      /** The service asks not to be asked for so long. */
      readonly silentMs?: number
      /** The service answered that we may not send, whoever it is for: it is told to people, as it doesn't mend itself. */
      readonly isSetupFault?: true
    }
  | {
      readonly kind: 'unknown'
      readonly code: 'no-answer' | 'connection-lost' | 'bad-answer'
      readonly detail: string | null
    }

/** How a service is, by what became of the last notification. */
export const reasonOf = (outcome: PushOutcome): string =>
  outcome.kind === 'accepted' || outcome.kind === 'gone' ? 'ok' : (outcome.detail ?? outcome.code)

/** Why a notification may not leave any more; undefined: it may. */
export function obstacleTo(
  { notAfter }: PushNotification,
  signal: AbortSignal,
  clock: Pick<Clock, 'now'>,
): Obstacle | undefined {
  if (signal.aborted) return 'stopping'
  return clock.now() >= notAfter ? 'expired' : undefined
}
