import { holdsBack } from '../domain/reason-codes.ts'
import type { Receipt } from '../records/types.ts'
import type { Offer, Policy } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import type { Chain } from './chains.ts'
import type { Purpose } from './state.ts'

/** By which channels an offer may be said, as it lists them. */
export const channelsOf = (offer: Offer | undefined): readonly Channel[] => offer?.channels ?? ['sms']

/** Those that have not had their turn in the chain. */
export const channelsLeft = (offer: Offer | undefined, { tried }: Chain): readonly Channel[] =>
  channelsOf(offer).filter((channel) => !tried.includes(channel))

/**
 * Messages that rest on consent are never said twice: where the one before may have left, nothing follows. What serves the
 * subscriber, or must be said, is rather said twice than not at all.
 */
const mayRepeat = (purpose: Purpose): boolean => !holdsBack('consent', purpose)

/** What a receipt of the chain's last command means for it. */
export type Step = 'next' | 'end' | 'left'

/** An operator who cancels a command doesn't want it to be said another way. */
const finalCodes = new Set(['cancelled'])

/**
 * What becomes of a chain on a receipt of its last command: `next`, where that provably didn't leave or definitively failed;
 * `left`, where it is now up to the channel to report its delivery.
 */
export function stepOf({ status, code }: Receipt, { purpose, channel }: Chain, policy: Policy): Step {
  switch (status) {
    case 'failed':
    case 'expired':
      return finalCodes.has(code ?? '') ? 'end' : 'next'
    case 'unknown':
      return mayRepeat(purpose) ? 'next' : 'end'
    case 'accepted':
      return policy.channels?.[channel]?.deliveredWithin === undefined ? 'end' : 'left'
    default:
      return 'end'
  }
}

/** The subscriber has got it. */
export const isSuccess = ({ status }: Receipt): boolean => got.has(status)
const got: ReadonlySet<Receipt['status']> = new Set(['delivered', 'answered', 'opened', 'clicked', 'replied'])

/**
 * Until when the channel's word on a command is waited for; null: only its word ends the waiting. It counts from when the command
 * is known to have left; for what may be repeated, from when it was commanded: silence is enough.
 */
export function silentUntil({ purpose, channel, issued_at, left_at }: Chain, policy: Policy): number | null {
  const within = policy.channels?.[channel]?.deliveredWithin
  if (within === undefined) return null
  const since = left_at ?? (mayRepeat(purpose) ? issued_at : null)
  return since === null ? null : since + within
}
