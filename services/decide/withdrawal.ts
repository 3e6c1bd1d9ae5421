import type { Budgets } from '../budgets/budgets.ts'
import { deterministicId, outreachId } from '../domain/ids.ts'
import { holdsBack } from '../domain/reason-codes.ts'
import type { At } from '../flow/step.ts'
import { noLearning } from '../learning/learning.ts'
import type { Command, Decision } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { topics } from '../topology.ts'
import { isBehind } from './behind.ts'
import { evidenceOf } from './candidates.ts'
import { type Case, type Finding, findingOf } from './gates.ts'
import type { DecideOutput } from './outputs.ts'
import { ownedProduct, replacementsOf } from './owned-products.ts'
import type { DecideState, OpenCommand, Touch } from './state.ts'
import { zonesNow } from './whereabouts.ts'

/**
 * Between a command and its send the subscriber may say no, buy what it offers, complain or call. Then it is taken back: a
 * cancellation of the same id on the same topic, behind the command. Deliver settles what nobody has claimed, and its receipt
 * gives the touch back; what has left has left, and its receipt counts it.
 */
export type TakeBack = (before: DecideState, state: DecideState, subscriber: string, at: At) => Withdrawn
export interface Withdrawn {
  readonly state: DecideState
  readonly outputs: readonly DecideOutput[]
}

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

export function createTakeBack(
  { ruleset, offers, campaigns, policy, calendars, version }: Catalogue,
  budgets: Budgets,
): TakeBack {
  const rules = new Map(ruleset.rules.map((rule) => [rule.id, rule]))
  const offersById = new Map(offers.map((offer) => [offer.id, offer]))
  const campaignsById = new Map(campaigns.map((campaign) => [campaign.id, campaign]))
  const replacements = replacementsOf(offers)

  return function takeBack(before, state, subscriber, at) {
    let next = state
    const outputs: DecideOutput[] = []
    for (const open of state.open) {
      const touch = state.touches.find(({ command_id }) => command_id === open.command_id)
      if (open.withdrawn || open.not_after <= at.now || touch?.state !== 'reserved') continue
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
    { moment_id, expires_at }: OpenCommand,
    touch: Touch,
    { now, knownSince }: At,
  ): readonly Finding[] {
    const offer = touch.offer === null ? undefined : offersById.get(touch.offer)
    const rule = touch.rule === null ? undefined : rules.get(touch.rule)
    const named = state.facts.calendar?.value ?? policy.defaultCalendar
    const { purpose, channel, at } = touch
    const zone = state.facts.time_zone?.value ?? policy.defaultTimeZone
    // The moment's own values are not known any more; the gates that are asked here read none of them.
    const about = { evidence: {}, segments: {}, offers: touch.offer === null ? [] : [touch.offer] }
    const subject: Case = {
      moment: { moment_id, subscriber_id, rule: touch.rule ?? '', purpose, at, expires_at, ...about },
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
    const said = subscribersOwn.flatMap((code) => findingOf(code, subject) ?? [])
    const product = offer && ownedProduct(state.products, offer, replacements)
    if (product === undefined || !holdsBack('ineligible', purpose)) return said
    return [...said, { code: 'ineligible', until: null, facts: { reason: 'owned', product } }]
  }
}

/** The commands of which nothing was heard, with this one asked for back. */
export const withWithdrawn = (state: DecideState, { command_id }: Pick<OpenCommand, 'command_id'>): DecideState => ({
  ...state,
  open: state.open.map((one) => (one.command_id === command_id ? { ...one, withdrawn: true } : one)),
})

function decisionOf(
  subscriber_id: string,
  { command_id, moment_id, expires_at }: OpenCommand,
  { rule, purpose, channel, offer, category }: Touch,
  reasons: readonly Finding[],
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
