import { dayMs } from '../domain/time-zones.ts'
import type { Context } from '../flow/processor.ts'
import type { DoNotDisturb } from '../records/types.ts'
import type { Lane } from '../rules/engine/lane.ts'
import { latches, latchOf, setLatch } from '../rules/engine/rule-states.ts'
import type { History, Rule } from '../rules/ruleset.ts'
import { eventTypes } from '../topology.ts'
import type { DetectCounters } from './counters.ts'
import type { CurrentEvent } from './event-in-hand.ts'
import { FiredTimes } from './fired-times.ts'
import type { Instant } from './instants.ts'
import { changeOf, evidenceOf, type MomentQueue, segmentsOf } from './moment-queue.ts'
import { profileField } from './profile-changes.ts'
import type { ResidentRecords } from './resident-records.ts'
import { isWithin } from './rule-spans.ts'
import { ToldReasons } from './told-reasons.ts'

/** Ids of moments are remembered so long, which is the longest that one may live. */
const oldestMs = 7 * dayMs
const profileTopic = eventTypes.indexOf('profile')

/**
 * fire: a moment. remember: it counts as the rule's firing, but nobody is told: it may be an old habit. refuse: something
 * else that must hold doesn't, and nothing is spent.
 */
type Verdict = 'fire' | 'remember' | 'refuse'

/** From a trigger that has come true for the record in hand to a moment: `once`, `only`, history, edges, evidence. */
export class Firing {
  readonly fired: FiredTimes
  readonly told: ToldReasons
  private readonly records: ResidentRecords
  private readonly moments: MomentQueue
  private readonly counters: DetectCounters

  constructor(records: ResidentRecords, moments: MomentQueue, counters: DetectCounters) {
    this.fired = new FiredTimes(records)
    this.told = new ToldReasons(records)
    this.records = records
    this.moments = moments
    this.counters = counters
  }

  /** The rule's condition, date or schedule is true. */
  fire(index: number, instant: Instant, triggeredAt: number | null, context: Context): void {
    const { at, asOf } = instant
    if (!this.fired.mayFire(index, at) || this.fired.takeAdopted(index, at)) return
    const verdict = this.judge(index, at, asOf)
    if (verdict === 'refuse') return
    this.fired.add(index, at, context.head)
    if (verdict === 'fire' && !this.isTooOld(at, context)) {
      this.emit(index, at, instant.occurrence(), triggeredAt, {}, null, context)
    } else this.fired.remember(index, at)
  }

  /** A pattern, which remembers by itself what it has fired. False: it didn't count. */
  complete(
    index: number,
    at: number,
    occurrence: string,
    triggeredAt: number | null,
    times: Readonly<Record<string, number>>,
    context: Context,
  ): boolean {
    const verdict = this.judge(index, at, this.presentFor(index, at))
    if (verdict === 'refuse') return false
    if (verdict === 'fire' && !this.isTooOld(at, context)) {
      this.emit(index, at, occurrence, triggeredAt, times, null, context)
    } else this.fired.remember(index, at)
    return true
  }

  /** An interval opens, where `only` allows it, or closes: what was opened ends, whatever holds by then. */
  interval(index: number, at: number, occurrence: string, doNotDisturb: DoNotDisturb, context: Context): void {
    const asOf = this.presentFor(index, at)
    const verdict = this.judge(index, at, asOf)
    if (verdict !== 'fire' && doNotDisturb.phase === 'open') return
    // It is told for as long as it holds back: a complaint opened while the engine was away is open.
    if (context.now >= doNotDisturb.until && this.isTooOld(at, context)) return
    this.emit(index, at, occurrence, null, {}, doNotDisturb, context)
  }

  /** An event of the rule's `until`: what was told before it has no reason any more, which is told once. */
  ended(index: number, event: CurrentEvent, context: Context): void {
    const { time: at } = event
    const { rules, spans } = this.records.loaded
    if (!isWithin(spans.events, index, at) || !this.told.end(index, at) || context.now >= at + oldestMs) return
    const rule = rules[index] as Rule
    this.moments.addEnd(rule, { subscriber: this.records.slab.keyText(), at, occurrence: `${event.id}:ended` }, context)
  }

  /**
   * The instant as of which a timer or a pattern of a time that may be past is judged: not before the subscriber's newest
   * event, since tracks have moved on to it. Settled rules see nothing newer.
   */
  presentFor(index: number, at: number): number {
    return this.records.loaded.laneOfRule[index]?.number === 1 ? at : this.newestSince(at)
  }

  private newestSince(at: number): number {
    let newest = at
    for (let type = 0; type < eventTypes.length; type++) newest = Math.max(newest, this.records.slab.headOf(type))
    return newest
  }

  /** Segments are read by the lane that judges at once alone; a settled rule's as of when it is noticed. */
  private laneOfSegments(lane: Lane, at: number): Lane {
    if (lane.number === 0 || this.records.loaded.ruleset.segments.length === 0) return lane
    const atOnce = this.records.loaded.compiled.lanes[0] as Lane
    atOnce.begin()
    atOnce.asOf(this.newestSince(at))
    return atOnce
  }

  /**
   * Whether a rule's condition has just crossed to true. An edge goes on whether the rule may then fire or not.
   * `condition`, `rearm`: 1, 0, or NaN for unknown (also for no `rearm`).
   */
  crosses(index: number, condition: number, rearm: number): boolean {
    const { states } = this.records
    const edge = this.records.loaded.edgeOfRule[index] as number
    const before = latchOf(states, edge)
    const { trigger } = this.records.loaded.rules[index] as Rule
    const own = 'edge' in trigger ? trigger.edge : undefined
    let latch = before
    if (latch === latches.spent && isRearmed(condition, rearm)) latch = latches.below
    const isFirst = latch === latches.unknown
    const crosses = condition === 1 && (latch === latches.below || (isFirst && own?.initial === true))
    if (condition === 1 && latch !== latches.spent) latch = own?.rearm ? latches.spent : latches.above
    if (condition === 0 && latch !== latches.spent) latch = latches.below
    if (latch !== before) this.setLatch(edge, latch)
    return crosses
  }

  /**
   * Before an event is taken, as of its time: a rule whose condition was true may have fallen since it was looked at last, as
   * time went by. What isn't known has not fallen.
   */
  falls(index: number, condition: number, rearm: number): void {
    const { states } = this.records
    const edge = this.records.loaded.edgeOfRule[index] as number
    const latch = latchOf(states, edge)
    const hasFallen = latch === latches.above ? condition === 0 : latch === latches.spent && isRearmed(condition, rearm)
    if (hasFallen) this.setLatch(edge, latches.below)
  }

  private setLatch(edge: number, latch: number): void {
    const { states, loaded } = this.records
    setLatch(states, loaded.edgeWords, edge, latch)
  }

  /**
   * What a rule told under the version before counts as its firing, also where the present one hasn't got the rule. False:
   * what it has told under the present one leaves no room for it.
   */
  takeOver({ id, once, trigger }: Rule, at: number, occurrence: string): boolean {
    if (trigger.kind === 'interval') return true
    const { loaded } = this.records
    const index = loaded.rules.findIndex((rule) => rule.id === id)
    const rule = loaded.rules[index]
    if (!rule || rule.trigger.kind === 'interval') {
      this.records.putAway(id, at, once)
      return true
    }
    if (rule.until) this.told.begin(index, at)
    if (rule.trigger.kind !== 'pattern') {
      const mayFire = this.fired.mayFire(index, at)
      if (mayFire) this.fired.add(index, at, at)
      return mayFire
    }
    const lane = rule.settle ? 1 : 0
    const mayFire = this.records.loadBook(lane).takeOver(index, at, occurrence)
    this.records.storeBook(lane)
    return mayFire
  }

  /** What else must hold, as of an instant, which stays the lane's. */
  private judge(index: number, at: number, asOf: number): Verdict {
    const { loaded } = this.records
    const lane = loaded.laneOfRule[index] as Lane
    lane.asOf(asOf)
    const only = lane.condition('only', index)
    if (only !== undefined && only !== 1) return 'refuse'
    const history = historyOf(loaded.rules[index] as Rule)
    switch (history?.kind) {
      case 'tag':
        return this.records.slab.headOf(profileTopic) >= 0 && !lane.hasTag(history.tag) ? 'fire' : 'refuse'
      case 'warm-up':
        return at < warmSince(this.records, index) + history.length ? 'remember' : 'fire'
      case 'known':
        return lane.condition('known', index) === 0 ? 'fire' : 'remember'
      default:
        return 'fire'
    }
  }

  /**
   * What has expired is told, too: decide answers it as expired, so that it is found. Not so what is older than ids are
   * remembered: told again by a replay, nobody would know it, and somebody who reads in a year of events isn't told of that year.
   */
  private isTooOld(at: number, context: Context): boolean {
    const isOld = context.now >= at + oldestMs
    if (isOld) this.counters.momentsExpired++
    return isOld
  }

  private emit(
    index: number,
    at: number,
    occurrence: string,
    triggeredAt: number | null,
    times: Readonly<Record<string, number>>,
    doNotDisturb: DoNotDisturb | null,
    context: Context,
  ): void {
    const { loaded, slab } = this.records
    const rule = loaded.rules[index] as Rule
    const lane = loaded.laneOfRule[index] as Lane
    const evidence = { ...evidenceOf(rule, lane), ...changeOf(rule, lane), ...times }
    const segments = segmentsOf(loaded.ruleset.segments, this.laneOfSegments(lane, at))
    const subscriber = slab.keyText()
    const known = triggeredAt !== null && Number.isFinite(triggeredAt) ? triggeredAt : null
    const endedAt = rule.until && this.told.begin(index, at)
    // In front of the moment: whoever reads it knows then that it is over.
    if (endedAt !== undefined) {
      this.moments.addEnd(rule, { subscriber, at: endedAt, occurrence: `${occurrence}:ended-before` }, context)
    }
    this.moments.add(
      rule,
      { subscriber, at, occurrence, triggeredAt: known, evidence, segments, doNotDisturb },
      context,
    )
  }
}

export function historyOf({ trigger }: Rule): History | undefined {
  return trigger.kind === 'condition' || trigger.kind === 'pattern' ? trigger.history : undefined
}

/**
 * From when on a rule sees the subscriber's habits: since both are there. -Infinity: none is older, as the subscriber joined
 * when first seen.
 */
export function warmSince(records: ResidentRecords, index: number): number {
  const { loaded, slab, profile } = records
  const since = sinceOfRule(records, (loaded.rules[index] as Rule).id)
  const joined = profileField(profile, 'tenure_start') ?? Number.NEGATIVE_INFINITY
  const isNew = slab.since >= since && joined >= records.zone().civilDay(slab.since)
  return isNew ? Number.NEGATIVE_INFINITY : Math.max(since, slab.since)
}

/** What arms a rule again counts where the rule isn't true, too. */
const isRearmed = (condition: number, rearm: number): boolean => rearm === 1 && condition !== 1

/** Since when a rule is in force without a gap; -Infinity: from the beginning. */
const sinceOfRule = ({ loaded }: ResidentRecords, id: string): number =>
  loaded.activation?.rulesSince[id] ?? Number.NEGATIVE_INFINITY
