import type { Outcome, ProviderReceipt } from '../../channel.ts'
import type { DeliverCode } from '../../codes.ts'
import type { CallEnded, EndCause } from './dialler.ts'

/** How a call ended; `missed`: the switch doesn't know it any more; `silent`: the switch said nothing, though it should have. */
export type End = Pick<CallEnded, 'cause' | 'detail'> | 'missed' | 'silent'

/** A call whose phone rang has disturbed somebody: it has left. */
export interface CallFacts {
  readonly answered: boolean
  /** The message was played to its end while somebody, or something, listened; `failed`: the switch could not play it. */
  readonly said: boolean | 'failed'
  readonly key: string | null
  readonly machine: boolean
}

type Unheard = Exclude<Outcome, { kind: 'accepted' }>

const unheard: Readonly<Record<Exclude<EndCause, 'declined' | 'no-reply'>, Pick<Unheard, 'kind' | 'code'>>> = {
  busy: { kind: 'not-sent', code: 'busy' },
  unreachable: { kind: 'not-sent', code: 'unreachable' },
  congestion: { kind: 'not-sent', code: 'throttled' },
  trouble: { kind: 'not-sent', code: 'provider-trouble' },
  unallocated: { kind: 'refused', code: 'unallocated' },
  barred: { kind: 'refused', code: 'refused' },
  cleared: { kind: 'unknown', code: 'state-unknown' },
  unclear: { kind: 'unknown', code: 'state-unknown' },
}

/**
 * What a call is that ended before the switch said that it rings. Null: it rang all the same, as only somebody who hears a phone
 * can decline it or let it ring.
 */
export function outcomeUnheard(end: End): Outcome | null {
  if (end === 'missed') return { kind: 'unknown', code: 'connection-lost', detail: null }
  if (end === 'silent') return { kind: 'unknown', code: 'no-answer', detail: null }
  if (end.cause === 'declined' || end.cause === 'no-reply') return null
  return { ...unheard[end.cause], detail: end.detail }
}

/** What is told of a call that rang, once it has ended. */
export function receiptOf(facts: CallFacts, end: End): Omit<ProviderReceipt, 'messageId'> {
  const isTold = typeof end === 'object'
  const error = isTold ? end.detail : null
  if (facts.key !== null) return { state: 'delivered', error: null }
  if (facts.machine) return { state: 'undelivered', code: 'answering-machine', error }
  if (facts.said === 'failed') return { state: 'undelivered', code: 'not-said', error: null }
  if (facts.said) return { state: 'delivered', error: null }
  if (!isTold) return { state: 'unknown', error: null }
  // Part of it may have been heard.
  if (facts.answered) return { state: 'unknown', code: 'hung-up', error }
  return { state: 'undelivered', code: unanswered(end.cause), error }
}

function unanswered(cause: EndCause): DeliverCode {
  // A mobile phone is busy once its owner pushes the call away.
  if (cause === 'declined' || cause === 'busy') return 'declined'
  return cause === 'no-reply' || cause === 'cleared' ? 'no-reply' : 'undelivered'
}
