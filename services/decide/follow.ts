import type { At } from '../flow/step.ts'
import type { Command, Receipt, Reply } from '../records/types.ts'
import type { Catalogue, Offer } from '../rules/catalogue.ts'
import { type Chain, chainOf, ended, withChain, withLink, withoutChain } from './chains.ts'
import { channelsLeft, channelsOf, isSuccess, silentUntil, stepOf } from './fallback.ts'
import { forgetAt, withDeferred, withoutWaiting } from './memory.ts'
import { answered } from './replies.ts'
import type { Candidate, DecideState, Unrecorded } from './state.ts'

/** What is to be done about chains, and the state in which they stand then. */
export interface Followed {
  readonly state: DecideState
  /** To be judged for another channel. `late`: no more, as this has reached the subscriber after all. */
  readonly next?: readonly { readonly moment: Candidate; readonly late?: Chain }[]
  /** Commands of further attempts that were found on the log without their decision. */
  readonly found?: readonly { readonly candidate: Candidate; readonly command: Unrecorded }[]
}

/** Follows what becomes of commands, as far as others may come behind them, under the policy of a catalogue. */
export interface Follow {
  /** A command is said: others may follow if its offer has another channel. */
  said(state: DecideState, candidate: Candidate, command: Command): DecideState
  /** A receipt came. */
  hear(state: DecideState, receipt: Receipt, at: At): Followed
  /** The subscriber answered: they have got what they answer, whatever its channel says. */
  heed(state: DecideState, reply: Reply): Followed
  /** Time passed: what waited in vain for a word of its channel is taken not to have been delivered. */
  look(state: DecideState, at: At): Followed
  /** A moment came that was decided before: what was adopted of it can go on. */
  fill(state: DecideState, candidate: Candidate): Followed
}

/** See `Follow`. */
export function createFollow({ offers, policy }: Pick<Catalogue, 'offers' | 'policy'>): Follow {
  const offersById = new Map(offers.map((offer) => [offer.id, offer]))
  const offerOf = ({ offer }: Chain): Offer | undefined => offersById.get(offer ?? '')

  /** Its next command has its turn, if there is any channel for it, and is judged once its moment is known. */
  function goOn(state: DecideState, chain: Chain): Followed {
    const offer = offerOf(chain)
    if (offer && channelsLeft(offer, chain).length === 0) return { state: withChain(state, ended(chain)) }
    const { moment } = chain
    const open: Chain = { ...chain, phase: 'next', look_at: null }
    return { state: withChain(state, open), ...(moment && { next: [{ moment }] }) }
  }

  function success(state: DecideState, chain: Chain): Followed {
    // A moment that waits for its first decision has nothing to do with it.
    const waiting = chain.phase === 'next' ? waitingFor(state, chain) : undefined
    const done = withChain(state, ended(chain))
    if (!waiting) return { state: done }
    const { moment } = waiting
    return moment ? { state: done, next: [{ moment, late: chain }] } : { state: withoutWaiting(done, chain.moment_id) }
  }

  return {
    said(state, candidate, command) {
      const { moment_id, purpose, offer = null, attempt, command_id, channel, issued_at } = command
      const link = { moment_id, purpose, offer, attempt, command_id, channel, issued_at }
      if (!chainOf(state, moment_id) && channelsOf(offersById.get(offer ?? '')).length < 2) return state
      const forget = forgetAt(candidate.expires_at, issued_at)
      const linked = withLink(state, link, candidate, null, forget)
      const chain = chainOf(linked, moment_id)
      if (!chain) return linked
      const isLast = channelsLeft(offerOf(chain), chain).length === 0
      return withChain(linked, isLast ? ended(chain) : { ...chain, look_at: silentUntil(chain, policy) })
    },

    hear(state, receipt, { now }) {
      const { command_id, received_at } = receipt
      const touch = state.touches.find((one) => one.command_id === command_id)
      const chain = state.chains.find((one) => one.command_id === command_id) ?? chainOf(state, touch?.moment_id ?? '')
      if (!chain || chain.phase === 'ended') return { state }
      if (isSuccess(receipt)) return success(state, chain)
      if (chain.command_id !== command_id || chain.phase !== 'sent') return { state }
      switch (stepOf(receipt, chain, policy)) {
        case 'next':
          return goOn(state, chain)
        case 'end':
          return { state: withChain(state, ended(chain)) }
        case 'left': {
          const left_at = chain.left_at ?? Math.max(chain.issued_at, Math.min(received_at, now))
          const left = { ...chain, left_at }
          return { state: withChain(state, { ...left, look_at: silentUntil(left, policy) }) }
        }
      }
    },

    heed(state, reply) {
      const chain = chainOf(state, answered(state.touches, reply)?.moment_id ?? '')
      return !chain || chain.phase === 'ended' ? { state } : success(state, chain)
    },

    look(state, { clock }) {
      let after = state
      const next: { readonly moment: Candidate }[] = []
      for (const chain of state.chains) {
        if (chain.look_at === null || chain.look_at > clock) continue
        const until = silentUntil(chain, policy)
        if (until === null || until > clock) {
          after = withChain(after, { ...chain, look_at: until })
          continue
        }
        const went = goOn(after, chain)
        after = went.state
        next.push(...(went.next ?? []))
      }
      return { state: after, next, found: foundOf(after) }
    },

    fill(state, candidate) {
      const chain = chainOf(state, candidate.moment_id)
      if (!chain || chain.phase === 'ended') return { state }
      if (chain.attempt === 1 && channelsOf(offerOf(chain)).length < 2) {
        return { state: withoutChain(state, candidate.moment_id) }
      }
      const filled = { ...chain, moment: candidate }
      const known = chain.moment ? state : withChain(state, filled)
      const found = foundOf(known).filter(({ candidate: of }) => of.moment_id === candidate.moment_id)
      if (chain.phase === 'sent') return { state: known, found }
      const waiting = waitingFor(state, chain)
      if (!waiting) return { ...goOn(known, filled), found }
      return { state: waiting.moment ? known : withDeferred(known, { ...waiting, moment: candidate }), found }
    },
  }
}

const waitingFor = ({ deferred }: DecideState, { moment_id }: Chain) =>
  deferred.find((entry) => entry.moment_id === moment_id)

const foundOf = (state: DecideState): NonNullable<Followed['found']> =>
  state.unrecorded.flatMap((command) => {
    const candidate = command.attempt > 1 ? chainOf(state, command.moment_id)?.moment : null
    return candidate ? [{ candidate, command }] : []
  })
