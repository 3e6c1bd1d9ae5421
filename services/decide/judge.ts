import type { Budgets } from '../budgets/budgets.ts'
import { allUp, type ChannelHealths } from '../channel-health/board.ts'
import type { Holds, Pause } from '../control/holds.ts'
import { nextQuietStart } from '../domain/quiet-hours.ts'
import { holdsBack, type ReasonCode } from '../domain/reason-codes.ts'
import type { At } from '../flow/step.ts'
import { type Learning, noLearning } from '../learning/learning.ts'
import type { DecisionCandidate } from '../records/types.ts'
import type { Catalogue, Offer } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import { awaitsOf, awaitsOfHeldOut } from './awaits.ts'
import { nextBlockedContact } from './blocked-contact.ts'
import { drawsOf, tranchesToAsk } from './budget.ts'
import { candidatesOf, codesOf, evidenceOf } from './candidates.ts'
import type { Chain } from './chains.ts'
import { citationsOf } from './citations.ts'
import { endingOf } from './endings.ts'
import { type Arm, variantInForce, varied } from './experiment.ts'
import { channelsLeft, channelsOf } from './fallback.ts'
import { createForPeople, type ForPeople } from './for-people.ts'
import { type Case, type Facts, type Finding, quietWindows } from './gates.ts'
import { waitingBeside } from './memory.ts'
import { createMessages, type Message, type Unrenderable } from './message.ts'
import { inOrder } from './offer-order.ts'
import { repeated } from './once.ts'
import { furthest, isBarred, type Option, optionsOf } from './options.ts'
import { replacementsOf } from './owned-products.ts'
import { pausedFacts, pauseOf } from './pauses.ts'
import { registerHolds } from './protection.ts'
import type { Candidate, DecideState } from './state.ts'
import { consentInForce } from './subscriber-facts.ts'
import {
  type Asking,
  notAPilot,
  reasonEnded,
  repeats,
  unreached,
  unsaid,
  type Verdict,
  variantStopped,
  withdrawn,
} from './verdict.ts'
import { zonesNow } from './whereabouts.ts'

/** `chain`: what was said of the moment before, so that only its offer's other channels are left. */
export type Judge = (moment: Candidate, state: DecideState, at: At, chain?: Chain) => Verdict | Asking

export interface JudgeSettings {
  /** So many of a subscriber's moments may wait at a time. */
  readonly deferredMost: number
  /** What is paused. */
  readonly holds: Holds
  readonly budgets: Budgets
  /** Through which the system sends. */
  readonly channels: ReadonlySet<Channel>
  /** How they are; default: all are up. */
  readonly health?: ChannelHealths
  /** What is learned of answers; default: nothing. */
  readonly learning?: Learning
}

/** Judges moments under the catalogue's policy. */
export function createJudge(catalogue: Catalogue, settings: JudgeSettings): Judge {
  const { deferredMost, holds, budgets, channels, health = allUp, learning = noLearning } = settings
  const { ruleset, offers, campaigns, policy, calendars } = catalogue
  const messageOf = createMessages(catalogue)
  const rules = new Map(ruleset.rules.map((rule) => [rule.id, rule]))
  const offersById = new Map(offers.map((offer) => [offer.id, offer]))
  const campaignsById = new Map(campaigns.map((campaign) => [campaign.id, campaign]))
  const pilots = new Set(policy.pilots)
  const replacements = replacementsOf(offers)
  const forPeople = createForPeople(catalogue, messageOf)

  return function judge(moment, state, { now, knownSince }, chain) {
    if (moment.offers.length === 0) return { outcome: 'recorded' }
    const zone = state.facts.time_zone?.value ?? policy.defaultTimeZone
    const named = state.facts.calendar?.value ?? policy.defaultCalendar
    const calendar = calendars.find(({ id }) => id === named)
    const rule = rules.get(moment.rule)
    const campaign = rule && campaignsById.get(rule.campaign)
    const { variant, stopped, silence: stop } = variantInForce(campaign, moment.subscriber_id, learning)
    const zones = zonesNow(state, zone)
    const attempt = chain ? chain.attempt + 1 : 1
    const told = { moment, attempt, campaign, state, policy, budgets, replacements, learning }
    const about = { ...told, now, zone, zones, calendar, knownSince }
    const known = moment.offers.flatMap((id) => offersById.get(id) ?? [])
    const all = varied(inOrder(known, moment.segments, policy), variant, offersById)
    const offered = chain ? all.filter(({ id }) => id === chain.offer) : all
    const options = optionsOf(about, offered.length > 0 ? offered : [undefined], {
      of: (offer) => (chain && offer ? channelsLeft(offer, chain) : channelsOf(offer)),
      open: channels,
      health,
    })
    const best = furthest(options)
    const arm = { campaign: rule?.campaign ?? null, variant: variant?.id ?? null, stopped }
    // An expired moment is that, whatever became of its rule.
    if (best.reasons[0]?.code === 'expired') return silence(best, options, arm)
    const ending = endingOf(state, moment)
    if (ending) return reasonEnded(ending)
    if (!rule || offered.length === 0) return withdrawn(moment, rule !== undefined)
    const reserved = rule.audience ? 'rule' : campaign?.audience ? 'campaign' : undefined
    if (reserved && !pilots.has(moment.subscriber_id)) return notAPilot(best.subject.offer, reserved, arm)
    // Another channel for what was said is no repetition.
    const repetition = chain ? undefined : repeated(state, moment, rule.once)
    if (repetition) return repeats(best.subject, rule.once, repetition)
    if (isBarred(best)) return unreached(best, candidatesOf(options, best), arm)
    if (stop) return variantStopped(best.subject.offer, arm, stop)
    const draws = tranchesToAsk(options)
    if (draws) return { outcome: 'asking', draws }
    return best.reasons.length > 0 ? silence(best, options, arm) : say(options, arm)
  }

  /** The first that may be sent, can be said and isn't paused; one that lacks a value, or is held, gives way to those behind it. */
  function say(options: readonly Option[], arm: Arm): Verdict {
    const unrenderable = new Map<Option, Unrenderable>()
    let held: { readonly option: Option; readonly pause: Pause } | undefined
    for (const option of options) {
      const { offer } = option.subject
      if (!offer || option.obstacle || option.reasons.length > 0) continue
      const message = messageOf({ ...option.subject, offer })
      const pause = pauseOf(option, holds)
      if (message.text === undefined) unrenderable.set(option, message)
      else if (pause) held ??= { option, pause }
      else {
        const people = forPeople(option.subject, message, options)
        return command(option, offer, message, candidatesOf(options, option, unrenderable), arm, people)
      }
    }
    const candidates = candidatesOf(options, held?.option, unrenderable)
    return held ? paused(held.option, candidates, held.pause, arm) : unsaid(unrenderable, candidates)
  }

  /**
   * Quiet hours defer only where they come first: another reason that precedes them suppresses for good. What follows
   * them (a cap, say) may have ended by the release, which judges everything again. A moment that would expire before
   * quiet ends can't leave any more and isn't kept waiting.
   */
  function silence(best: Option, options: readonly Option[], arm: Arm): Verdict {
    const { subject, reasons } = best
    const { moment, channel, state } = subject
    const offer = subject.offer ?? null
    const [first] = reasons as readonly [Finding, ...Finding[]]
    const waiting = waitingBeside(state, moment)
    const evidence: Record<string, Facts[string]> = { ...evidenceOf(reasons), ...best.obstacle?.facts }
    const codes = codesOf(best)
    const candidates = candidatesOf(options, best)
    const said = { code: first.code, codes, evidence, offer, channel, candidates, arm }
    if (first.code !== 'quiet-hours' || first.until === null) {
      const awaits = first.code === 'holdout' ? awaitsOfHeldOut(subject, first.facts.of, arm) : null
      return { outcome: 'suppressed', ...said, until: first.until, awaits }
    }
    if (first.until >= moment.expires_at) evidence['quiet-hours.expires_first_at'] = moment.expires_at
    else if (waiting >= deferredMost) evidence['quiet-hours.waiting'] = waiting
    else return { outcome: 'deferred', ...said, until: first.until }
    return { outcome: 'suppressed', ...said, until: first.until }
  }

  /** What would be sent now waits for the pause to end, and is judged again in full then. */
  function paused({ subject }: Option, candidates: readonly DecisionCandidate[], pause: Pause, arm: Arm): Verdict {
    const { moment, channel, state } = subject
    const waiting = waitingBeside(state, moment)
    const isCrowded = waiting >= deferredMost
    const evidence = { ...pausedFacts(pause), ...(isCrowded && { 'paused.waiting': waiting }) }
    const offer = subject.offer ?? null
    const codes: readonly ReasonCode[] = ['paused']
    const said = { code: 'paused', codes, until: null, evidence, offer, channel } as const
    const silenced = { ...said, candidates, arm }
    return isCrowded ? { outcome: 'suppressed', ...silenced } : { outcome: 'paused', ...silenced, pause }
  }

  function command(
    { subject }: Option,
    offer: Offer,
    message: Message,
    candidates: readonly DecisionCandidate[],
    arm: Arm,
    people: ForPeople | undefined,
  ): Verdict {
    const { moment, channel, campaign, state, now, zones } = subject
    const quiet = holdsBack('quiet-hours', moment.purpose)
      ? nextQuietStart(quietWindows(policy, channel), zones, now)
      : Infinity
    return {
      outcome: 'command',
      offer,
      category: offer.category ?? null,
      channel,
      candidates,
      message,
      sender: channel === 'sms' ? (campaign?.sender ?? null) : null,
      // When people work is up to their hours: what is asked of them ends with the task, or the call.
      notAfter: people?.endsAt ?? Math.min(moment.expires_at, quiet, undisturbedUntil(subject)),
      people,
      consentRef: holdsBack('consent', moment.purpose)
        ? (consentInForce(state.facts, channel, moment.purpose, now)?.ref ?? null)
        : null,
      arm,
      awaits: awaitsOf(subject, offer, arm),
      cites: citationsOf(state.facts, moment.purpose),
      draws: drawsOf(subject),
    }
  }
}

/** Until when neither the subscriber's preferences, the policy's blocks nor a stale register speak against the command. */
const undisturbedUntil = (subject: Case): number =>
  holdsBack('protected', subject.moment.purpose)
    ? Math.min(nextBlockedContact(subject), registerHolds(subject))
    : Number.POSITIVE_INFINITY
