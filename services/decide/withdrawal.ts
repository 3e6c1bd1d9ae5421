import type { Budgets } from '../budgets/budgets.ts'
import { deterministicId, outreachId } from '../domain/ids.ts'
import { holdsBack, type ReasonCode } from '../domain/reason-codes.ts'
import type { At } from '../flow/step.ts'
import { noLearning } from '../learning/learning.ts'
import type { Command, Decision } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { topics } from '../topology.ts'
import { isBehind } from './behind.ts'
import { evidenceOf } from './candidates.ts'
import { endingOf } from './endings.ts'
import { type Case, type Finding, findingOf } from './gates.ts'
import type { DecideOutput } from './outputs.ts'
import { ownedProduct, replacementsOf } from './owned-products.ts'
import { answered } from './replies.ts'
import type { DecideState, OpenCommand, Touch } from './state.ts'
import type { DecideInput } from './step.ts'
import { zonesNow } from './whereabouts.ts'

/**
 * Between a command and its send the subscriber may say no, buy what it offers, complain or call. Then it is taken back: a
 * cancellation of the same id on the same topic, behind the command. Deliver settles what nobody has claimed, and its receipt
 * gives the touch back; what has left has left, and its receipt counts it. Desk takes it off the list, or the screen.
 */
export type TakeBack = (before: DecideState, state: DecideState, input: DecideInput, at: At) => Withdrawn

export interface Withdrawn {
  readonly state: DecideState
  readonly outputs: readonly DecideOutput[]
}

/** What speaks against a command under way: a reason of the chain, or that what it was for has ended. */
type Against = Omit<Finding, 'code'> & { readonly code: ReasonCode }

/** What the subscriber does to a command under way, in the order of reasons; caps, hours and worth were judged with it. */
const subscribersOwn = [
  'expired',
  'consent',
  'protected',
  'do-not-disturb',
  'open-issue',
  'live-call',
  'cooling',
] as const

/**
 * What a person has before them is worked on for days: what passes by itself (a call, a meeting) leaves it there, and its moment's
 * expiry does.
 */
const fromPeople: readonly (typeof subscribersOwn)[number][] = [
  'expired',
  'consent',
  'protected',
  'open-issue',
  'cooling',
]

export const isForPeople = ({ channel }: Pick<Touch, 'channel'>): boolean => channel === 'task' || channel === 'desk'

/** `takesBack`: as of `Holds`; what people have before them can be taken back wherever it is. */
export function createTakeBack(
  { ruleset, offers, campaigns, policy, calendars, version }: Catalogue,
  budgets: Budgets,
  takesBack: boolean,
): TakeBack {
  const rules = new Map(ruleset.rules.map((rule) => [rule.id, rule]))
  const offersById = new Map(offers.map((offer) => [offer.id, offer]))
  const campaignsById = new Map(campaigns.map((campaign) => [campaign.id, campaign]))
  const replacements = replacementsOf(offers)

  return function takeBack(before, state, input, at) {
    const { subscriber_id: subscriber } = input.value
    const replied = input.type === 'reply' ? answered(state.touches, input.value)?.command_id : undefined
    let next = state
    const outputs: DecideOutput[] = []
    for (const open of state.open) {
      const touch = state.touches.find(({ command_id }) => command_id === open.command_id)
      if (open.withdrawn || open.not_after <= at.now || !touch) continue
      // What a person has begun to do they may be kept from ending: it is on their list, or screen, still.
      // What a person was told in the conversation ends it: its result says so.
      if (isForPeople(touch) && replied === open.command_id) continue
      if (!isForPeople(touch) && (touch.state !== 'reserved' || !takesBack)) continue
      if (open.adopted && isBehind(at)) continue
      const reasons = against(state, subscriber, open, touch, at)
      if (reasons.length === 0) continue
      // Only what is new: the command was judged with the rest, or the rest is not all that was known when it was.
      const earlier = new Set(against(before, subscriber, open, touch, at).map(({ code }) => code))
      if (reasons.every(({ code }) => earlier.has(code))) continue
      next = withWithdrawn(next, open)
      const decision = decisionOf(subscriber, open, touch, reasons, version, at.now)
      const value = cancellationOf(subscriber, open, touch, decision, at.now)
      outputs.push({ topic: topics.decisions, value: decision }, { topic: topics.commands[touch.channel], value })
    }
    return { state: next, outputs }
  }

  function against(
    state: DecideState,
    subscriber_id: string,
    { moment_id, moment_at, expires_at: momentExpires, not_after, attempt }: OpenCommand,
    touch: Touch,
    { now, knownSince }: At,
  ): readonly Against[] {
    const offer = touch.offer === null ? undefined : offersById.get(touch.offer)
    const rule = touch.rule === null ? undefined : rules.get(touch.rule)
    const named = state.facts.calendar?.value ?? policy.defaultCalendar
    const { purpose, channel, at } = touch
    const expires_at = isForPeople(touch) ? not_after : momentExpires
    const zone = state.facts.time_zone?.value ?? policy.defaultTimeZone
    // The moment's own values are not known any more; the gates that are asked here read none of them.
    const about = { evidence: {}, segments: {}, offers: touch.offer === null ? [] : [touch.offer] }
    const subject: Case = {
      moment: { moment_id, subscriber_id, rule: touch.rule ?? '', purpose, at, expires_at, ...about },
      attempt,
      offer,
      channel,
      campaign: rule && campaignsById.get(rule.campaign),
      state,
      policy,
      budgets,
      replacements,
      now,
      zone,
      zones: zonesNow(state, zone),
      calendar: calendars.find(({ id }) => id === named),
      knownSince,
      learning: noLearning,
    }
    const asked = isForPeople(touch) ? fromPeople : subscribersOwn
    const said: Against[] = asked.flatMap((code) => findingOf(code, subject) ?? [])
    const product = offer && ownedProduct(state.products, offer, replacements)
    if (product !== undefined && holdsBack('ineligible', purpose)) {
      said.push({ code: 'ineligible', until: null, facts: { reason: 'owned', product } })
    }
    // Of one whose moment is not known here, when it was commanded is the latest that its moment can be of.
    const ending = endingOf(state, { rule: touch.rule, at: moment_at ?? at })
    if (ending) said.push({ code: 'reason-ended', until: null, facts: { at: ending.at } })
    return said
  }
}

/** The commands of which nothing was heard, with this one asked for back. */
export const withWithdrawn = (state: DecideState, { command_id }: Pick<OpenCommand, 'command_id'>): DecideState => ({
  ...state,
  open: state.open.map((one) => (one.command_id === command_id ? { ...one, withdrawn: true } : one)),
})

function decisionOf(
  subscriber_id: string,
  { command_id, moment_id, expires_at, attempt }: OpenCommand,
  { rule, purpose, channel, offer, category }: Touch,
  reasons: readonly Against[],
  catalogue_version: string,
  decided_at: number,
): Decision {
  const codes = reasons.map(({ code }) => code)
  return {
    decision_id: deterministicId('decision', moment_id, 'withdrawn', command_id),
    subscriber_id,
    decided_at,
    moment_id,
    rule: rule ?? '',
    purpose,
    attempt,
    outcome: 'withdrawn',
    code: codes[0] ?? null,
    codes,
    until: reasons[0]?.until ?? null,
    channel,
    offer,
    category,
    command_id,
    evidence: evidenceOf(reasons),
    candidates: [],
    catalogue_version,
    expires_at,
  }
}

/** Without words, and past its time: who doesn't know yet what a cancellation is takes it for a command that came too late. */
function cancellationOf(
  subscriber_id: string,
  { command_id, moment_id, attempt }: OpenCommand,
  { rule, purpose, channel, offer, category }: Touch,
  { decision_id, code }: Decision,
  now: number,
): Command {
  return {
    command_id,
    subscriber_id,
    issued_at: now,
    outreach_id: outreachId(moment_id),
    moment_id,
    decision_id,
    channel,
    purpose,
    rule: rule ?? '',
    offer,
    category,
    text: '',
    language: '',
    not_after: now,
    attempt,
    cancelled_because: code ?? null,
  }
}
