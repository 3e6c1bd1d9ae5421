import type { Context } from '../flow/processor.ts'
import type { DoNotDisturb } from '../records/types.ts'
import type { Lane } from '../rules/engine/lane.ts'
import { latches, latchOf, setLatch, setState, stateOf } from '../rules/engine/rule-states.ts'
import type { History, Rule } from '../rules/ruleset.ts'
import { eventTypes } from '../topology.ts'
import type { DetectCounters } from './counters.ts'
import { evidenceOf, type MomentQueue, segmentsOf } from './moment-queue.ts'
import { profileField } from './profile-changes.ts'
import type { ResidentRecords } from './resident-records.ts'

const profileTopic = eventTypes.indexOf('profile')

/**
 * fire: a moment. remember: it counts as the rule's firing, but nobody is told: it may be an old habit. refuse: something
 * else that must hold doesn't, and nothing is spent.
 */
type Verdict = 'fire' | 'remember' | 'refuse'

/** From a trigger that has come true for the record in hand to a moment: `once`, `only`, history, edges, evidence. */
export class Firing {
  private readonly records: ResidentRecords
  private readonly moments: MomentQueue
  private readonly counters: DetectCounters

  constructor(records: ResidentRecords, moments: MomentQueue, counters: DetectCounters) {
    this.records = records
    this.moments = moments
    this.counters = counters
  }

  /**
   * The rule's condition, date or schedule is true. `at`: when it became so; `asOf`: the instant of what else is asked for;
   * `occurrence` is asked for only if it fires.
   */
  fire(
    index: number,
    at: number,
    asOf: number,
    occurrence: () => string,
    triggeredAt: number | null,
    context: Context,
  ): void {
    if (!this.mayFire(index, at)) return
    this.fireNow(index, at, asOf, occurrence, triggeredAt, context)
  }

  /**
   * The same for an event that is handled once more: it may be older than what the rule has fired since. Told of such a time
   * are rules alone that fire as often as they come true: of others it isn't known what they told around it.
   */
  fireAgo(index: number, at: number, asOf: number, occurrence: () => string, context: Context): void {
    if (this.mayFireAgo(index, at)) this.fireNow(index, at, asOf, occurrence, null, context)
  }

  mayFireAgo(index: number, at: number): boolean {
    const last = this.lastFired(index)
    return at < last ? (this.records.loaded.rules[index] as Rule).once === 0 : this.mayFire(index, at)
  }

  private fireNow(
    index: number,
    at: number,
    asOf: number,
    occurrence: () => string,
    triggeredAt: number | null,
    context: Context,
  ): void {
    const verdict = this.judge(index, at, asOf)
    if (verdict === 'refuse') return
    if (at > this.lastFired(index)) this.setFired(index, at)
    if (verdict === 'fire') this.emit(index, at, occurrence(), triggeredAt, {}, null, context)
    else setState(this.records.states, this.edges, 'remembered', index, at)
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
    if (verdict === 'fire') this.emit(index, at, occurrence, triggeredAt, times, null, context)
    return verdict !== 'refuse'
  }

  /** An interval opens, where `only` allows it, or closes: what was opened ends, whatever holds by then. */
  interval(index: number, at: number, occurrence: string, doNotDisturb: DoNotDisturb, context: Context): void {
    const asOf = this.presentFor(index, at)
    const verdict = this.judge(index, at, asOf)
    if (verdict !== 'fire' && doNotDisturb.phase === 'open') return
    this.emit(index, at, occurrence, null, {}, doNotDisturb, context)
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
    if (latch === latches.spent && rearm === 1) latch = latches.below
    const isFirst = latch === latches.unknown
    const crosses = condition === 1 && (latch === latches.below || (isFirst && own?.initial === true))
    if (condition === 1 && latch !== latches.spent) latch = own?.rearm ? latches.spent : latches.above
    if (condition === 0 && latch !== latches.spent) latch = latches.below
    if (latch !== before) setLatch(states, this.edges, edge, latch)
    return crosses
  }

  // ---- what is kept of firings

  lastFired(index: number): number {
    return stateOf(this.records.states, this.edges, 'fired', index)
  }
  setFired(index: number, at: number): void {
    setState(this.records.states, this.edges, 'fired', index, at)
  }

  /** Edges of the ruleset: as many latches are kept where one is. */
  get edges(): number {
    return this.records.loaded.compiled.layout.edges.length
  }

  /** At most one moment an instant, and none within `once` of the last; what fired is not taken back. */
  mayFire(index: number, at: number): boolean {
    const last = this.lastFired(index)
    return last < 0 || this.isOpenAgain(index, last, at)
  }

  /** The same of a rule that fired last at `last`. */
  isOpenAgain(index: number, last: number, at: number): boolean {
    const { once, id } = this.records.loaded.rules[index] as Rule
    if (once === 'lifetime') return false
    // What a rule told before it was away doesn't hold it back; once in a life it is told for good.
    return last < sinceOfRule(this.records, id) || (at > last && at - last >= once)
  }

  /**
   * What a rule told under the version before counts as its firing. False: what it has told under the present one leaves no
   * room for it.
   */
  takeOver({ id }: Rule, at: number): boolean {
    const { loaded } = this.records
    const index = loaded.rules.findIndex((rule) => rule.id === id)
    const rule = loaded.rules[index]
    if (!rule || rule.trigger.kind === 'interval') return true
    if (rule.trigger.kind !== 'pattern') {
      const mayFire = this.mayFire(index, at)
      if (mayFire) this.setFired(index, at)
      return mayFire
    }
    const lane = rule.settle ? 1 : 0
    const mayFire = this.records.loadBook(lane).takeOver(index, at)
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
    // An interval is worth telling for as long as it holds back: a complaint opened while the engine was away is open.
    if (context.now >= (doNotDisturb?.until ?? at + rule.expires)) {
      this.counters.momentsExpired++
      return
    }
    const lane = loaded.laneOfRule[index] as Lane
    const evidence = { ...evidenceOf(rule, lane), ...times }
    const segments = segmentsOf(loaded.ruleset.segments, this.laneOfSegments(lane, at))
    const subscriber = slab.keyText()
    const known = triggeredAt !== null && Number.isFinite(triggeredAt) ? triggeredAt : null
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

/** Since when a rule is in force without a gap; -Infinity: from the beginning. */
const sinceOfRule = ({ loaded }: ResidentRecords, id: string): number =>
  loaded.activation?.rulesSince[id] ?? Number.NEGATIVE_INFINITY
