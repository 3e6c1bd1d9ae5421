import type { Channel } from '../topology.ts'
import type { Candidate, DecideState, Purpose } from './state.ts'

/**
 * What is said to a subscriber of one moment, channel after channel, until one of them reaches them. There is one of each command
 * that another may follow, and, behind a rollback, of each that was found on the log.
 */
export interface Chain {
  readonly moment_id: string
  readonly purpose: Purpose
  /** null: it was adopted from the log, and the moment is yet to be replayed. */
  readonly moment: Candidate | null
  readonly offer: string | null
  /** Of the last command; 1 for the first. */
  readonly attempt: number
  /** The last command. */
  readonly command_id: string
  /** Of the last command. */
  readonly channel: Channel
  readonly issued_at: number
  /** Since when it is known to have left; null: it isn't. */
  readonly left_at: number | null
  /** Channels that have had their turn, in the order of their names. */
  readonly tried: readonly Channel[]
  /** sent: what becomes of the last command decides · next: another is to be judged · ended: nothing follows. */
  readonly phase: 'sent' | 'next' | 'ended'
  /** When it is looked at whatever is heard; null: it isn't. */
  readonly look_at: number | null
  readonly forget_at: number
}

/** What a command or its decision says of its chain. */
export interface Link {
  readonly moment_id: string
  readonly purpose: Purpose
  readonly offer: string | null
  readonly attempt: number
  readonly command_id: string
  readonly channel: Channel
  readonly issued_at: number
}

export const chainOf = ({ chains }: DecideState, momentId: string): Chain | undefined =>
  chains.find(({ moment_id }) => moment_id === momentId)

/** A chain that the moment is to be judged for again. */
export function openChain(state: DecideState, momentId: string): Chain | undefined {
  const chain = chainOf(state, momentId)
  return chain?.phase === 'next' ? chain : undefined
}

/** A command of the chain, which may be known. `moment` as in `Chain`; the chain keeps the one that it has. */
export function withLink(
  state: DecideState,
  link: Link,
  moment: Candidate | null,
  lookAt: number | null,
  forgetAt: number,
): DecideState {
  const known = chainOf(state, link.moment_id)
  if (!known) {
    const { channel } = link
    const chain = { ...link, moment, left_at: null, tried: [channel], phase: 'sent', look_at: lookAt } as const
    return { ...state, chains: [...state.chains, { ...chain, forget_at: forgetAt }] }
  }
  const tried = [...new Set([...known.tried, link.channel])].sort()
  if (link.attempt > known.attempt) {
    const sent = { phase: 'sent', left_at: null, look_at: lookAt } as const
    return withChain(state, { ...known, ...link, ...sent, moment: known.moment ?? moment, tried })
  }
  return tried.length === known.tried.length ? state : withChain(state, { ...known, tried })
}

export const withChain = (state: DecideState, chain: Chain): DecideState => ({
  ...state,
  chains: state.chains.map((known) => (known.moment_id === chain.moment_id ? chain : known)),
})

/** Nothing follows any more, and nothing of it is needed but that. */
export const ended = (chain: Chain): Chain => ({ ...chain, phase: 'ended', moment: null, left_at: null, look_at: null })

/** Without a chain that no other command can follow. */
export const withoutChain = (state: DecideState, momentId: string): DecideState =>
  chainOf(state, momentId)
    ? { ...state, chains: state.chains.filter(({ moment_id }) => moment_id !== momentId) }
    : state

/** When the first of the chains is to be looked at; Infinity: none is. */
export const nextLook = ({ chains }: DecideState): number =>
  chains.reduce((next, { look_at }) => Math.min(next, look_at ?? Infinity), Infinity)

/** Avro schema of `Chain`; behind the schema of the state's `Candidate`, which it names. */
export const chainFields = {
  moment_id: 'string',
  purpose: 'string',
  moment: ['null', 'Candidate'],
  offer: ['null', 'string'],
  attempt: 'int',
  command_id: 'string',
  channel: 'string',
  issued_at: 'long',
  left_at: ['null', 'long'],
  tried: { type: 'array', items: 'string' },
  phase: 'string',
  look_at: ['null', 'long'],
  forget_at: 'long',
} as const
