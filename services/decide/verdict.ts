import type { Draw } from '../budgets/budgets.ts'
import type { Pause } from '../control/holds.ts'
import type { ReasonCode } from '../domain/reason-codes.ts'
import type { Stop } from '../learning/learning.ts'
import type { CommandAwaits, DecisionCandidate } from '../records/types.ts'
import type { Offer } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import type { Citations } from './citations.ts'
import type { Ending } from './ending.ts'
import { type Arm, noArm } from './experiment.ts'
import type { ForPeople } from './for-people.ts'
import type { Case, Facts } from './gates.ts'
import type { Message, Unrenderable } from './message.ts'
import type { Once, Repeated } from './once.ts'
import type { Option } from './options.ts'
import type { Candidate } from './state.ts'

/** What is to be done with a moment. */
export type Verdict =
  | { readonly outcome: 'recorded' }
  | ({ readonly outcome: 'suppressed' } & Silence)
  | ({ readonly outcome: 'deferred'; readonly until: number } & Silence)
  | ({ readonly outcome: 'paused'; readonly pause: Pause } & Silence)
  | {
      readonly outcome: 'command'
      readonly offer: Offer
      readonly category: string | null
      readonly channel: Channel
      readonly candidates: readonly DecisionCandidate[]
      readonly message: Message
      /** As whose a short message is shown; null: as the settings say. */
      readonly sender: string | null
      /** What leaves, leaves before this: the moment's expiry, the next quiet or blocked time, or a check that becomes stale. */
      readonly notAfter: number
      /** Of the channels of people. */
      readonly people: ForPeople | undefined
      readonly consentRef: string | null
      readonly arm: Arm
      readonly awaits: CommandAwaits | null
      readonly cites: Citations
      /** What it takes of budgets. */
      readonly draws: readonly Draw[]
    }

/** It can't be said yet what is to be done: tranches of budgets have to be asked for. */
export interface Asking {
  readonly outcome: 'asking'
  readonly draws: readonly Draw[]
}

/** Why nothing was said, and what would have been. */
export interface Silence {
  readonly code: ReasonCode
  readonly codes: readonly ReasonCode[]
  readonly until: number | null
  readonly evidence: Facts
  readonly offer: Offer | null
  readonly channel: Channel | null
  readonly candidates: readonly DecisionCandidate[]
  readonly arm: Arm
  /** Of what the holdout kept back. */
  readonly awaits?: CommandAwaits | null
  /** Command, else moment, of what was said in its place: if that doesn't leave, the moment may be judged again. */
  readonly lostTo?: string
}

/** Suppressed for a reason outside the chain: nothing else is judged. */
function outside(code: ReasonCode, evidence: Facts): Verdict & { readonly outcome: 'suppressed' } {
  const none = { until: null, offer: null, channel: null, candidates: [], arm: noArm }
  return { outcome: 'suppressed', code, codes: [code], evidence, ...none }
}

/** Of none that may be sent is there a message: the first of them says what it lacks. */
export function unsaid(
  unrenderable: ReadonlyMap<Option, Unrenderable>,
  candidates: readonly DecisionCandidate[],
): Verdict & { readonly outcome: 'suppressed' } {
  const [first] = unrenderable
  const evidence = Object.fromEntries(
    Object.entries(first?.[1].facts ?? {}).map(([name, value]) => [`unrenderable.${name}`, value]),
  )
  const { offer = null, channel = null } = first?.[0].subject ?? {}
  return { ...outside('unrenderable', evidence), offer, channel, candidates }
}

/** No channel by which anything of it may be said can be used: the first says why. */
export function unreached(
  { subject, obstacle }: Option,
  candidates: readonly DecisionCandidate[],
  arm: Arm,
): Verdict & { readonly outcome: 'suppressed' } {
  const { code = 'channel-down', facts = {}, until = null } = obstacle ?? {}
  return { ...outside(code, facts), until, offer: subject.offer ?? null, channel: subject.channel, candidates, arm }
}

/** The command before has reached the subscriber after all. */
export const reachedLate = (commandId: string): Verdict & { readonly outcome: 'suppressed' } =>
  outside('reached', { 'reached.command_id': commandId })

/** What becomes of a shadow rule's moment. */
export const shadow: Verdict = outside('shadow', {})

/** While the engine catches up, `waiting` others of the subscriber wait already. */
export const crowded = (waiting: number): Verdict => outside('crowded', { 'crowded.waiting': waiting })

/** What it was told for has ended: there was nothing to wait for, or it waited too long. */
export const reasonEnded = ({ at }: Ending): Verdict => outside('reason-ended', { 'reason-ended.at': at })

/** The moment's rule, or all that it offers, has left the catalogue. */
export const withdrawn = (moment: Candidate, hasRule: boolean): Verdict =>
  outside(
    'rule-withdrawn',
    hasRule ? { 'rule-withdrawn.offers': moment.offers.join(' ') } : { 'rule-withdrawn.rule': moment.rule },
  )

/** What it belongs to is for pilots only. */
export const notAPilot = (offer: Offer | undefined, by: 'rule' | 'campaign', arm: Arm): Verdict => ({
  ...outside('not-a-pilot', { 'not-a-pilot.by': by }),
  offer: offer ?? null,
  arm,
})

/** The subscriber's variant was stopped, and what those get who are in it is nothing. */
export function variantStopped(offer: Offer | undefined, arm: Arm, { since, reason }: Stop): Verdict {
  const evidence = {
    'variant-stopped.variant': arm.variant,
    'variant-stopped.since': since,
    'variant-stopped.why': reason,
  }
  return { ...outside('variant-stopped', evidence), offer: offer ?? null, arm }
}

/** The rule's `once` has had its moment already. */
export function repeats({ channel, offer }: Case, once: Once, { last, until }: Repeated): Verdict {
  const evidence = { 'repeated.last_at': last, 'repeated.once': once }
  return { ...outside('repeated', evidence), until, offer: offer ?? null, channel }
}
