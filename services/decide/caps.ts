import { type CivilUnit, civilPeriod } from '../domain/civil-time.ts'
import { dayMs } from '../domain/time-zones.ts'
import type { Cap, Policy } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import type { Purpose, Touch } from './state.ts'
import type { SubscriberFacts } from './subscriber-facts.ts'
import { leftBy } from './touches.ts'

/** Longer than any civil period of that unit, with its days of 25 hours. */
const civilMs: Readonly<Record<CivilUnit, number>> = {
  day: 2 * dayMs,
  week: 8 * dayMs,
  month: 32 * dayMs,
  'billing-month': 32 * dayMs,
  year: 367 * dayMs,
}

const reachOf = ({ window }: Cap): number => (window.kind === 'rolling' ? window.length : civilMs[window.unit])

/** How long a touch is kept: a month at least, so that a policy which is made stricter finds what was sent before it. */
export const touchesKeptMs = ({ caps, gaps }: Policy): number =>
  Math.max(civilMs.month, ...caps.map(reachOf), ...Object.values(gaps))

/** What caps tell touches and candidates apart by. */
export interface Kind {
  readonly purpose: Purpose
  readonly channel: Channel
  /** Of the offer; null: not known, so that it may be any. */
  readonly category: string | null
}

/** A touch of this kind counts for the cap, and is held back by it. */
const covers = ({ purposes, channels, categories }: Cap, { purpose, channel, category }: Kind): boolean =>
  purposes.includes(purpose) &&
  (channels?.includes(channel) ?? true) &&
  (!categories || category === null || categories.includes(category))

/**
 * For how long what was sent may hold back a message of this kind: the longest window of the caps that cover it, and its gap. A
 * civil period is taken as long as it can be. 0: nothing is remembered for it.
 */
export const capsReachMs = ({ caps, gaps }: Policy, kind: Kind): number =>
  Math.max(gaps[kind.purpose] ?? 0, ...caps.filter((cap) => covers(cap, kind)).map(reachOf))

/** By which calendar the subscriber's civil periods go. */
export interface CivilPlace {
  readonly zone: string
  /** 1..31 */
  readonly billingDay: number
}

/** `zone` is where the subscriber is; a billing month begins on day 1 where the profile doesn't say when. */
export const civilPlace = ({ billing_day }: SubscriberFacts, zone: string): CivilPlace => ({
  zone,
  billingDay: Number(billing_day?.value ?? 1),
})

export interface CapUse {
  readonly cap: Cap
  /** Touches in its window, with those that may leave in it yet. */
  readonly count: number
  /** Of these, those that may yet leave. */
  readonly underWay: number
  readonly isReached: boolean
  /** Of one that is reached: when the window has room again, whenever what is under way leaves; null: never, the cap is 0. */
  readonly until: number | null
}

/** Of the caps that leave no room for one more touch of this kind at `now`, the one that lasts longest. */
export function capReached(
  policy: Policy,
  touches: readonly Touch[],
  kind: Kind,
  now: number,
  place: CivilPlace,
): CapUse | undefined {
  let worst: CapUse | undefined
  for (const cap of policy.caps) {
    if (!covers(cap, kind)) continue
    const use = capUse(cap, touches, now, place)
    if (use.isReached && (!worst || (use.until ?? Infinity) > (worst.until ?? Infinity))) worst = use
  }
  return worst
}

/** How far a cap is used up at `now`. What is under way may leave now, and as late as its last instant: it counts until then. */
export function capUse(cap: Cap, touches: readonly Touch[], now: number, { zone, billingDay }: CivilPlace): CapUse {
  const times = timesOf(touches.filter((touch) => touch.state !== 'released' && covers(cap, touch)))
  const underWay = times.filter((time) => time > now).length
  const { window, most } = cap
  if (window.kind === 'civil') {
    const countSince = (start: number) => times.filter((time) => time >= start).length
    let period = civilPeriod(window.unit, now, zone, billingDay)
    const count = countSince(period.start)
    // Those that may leave in the next period as well take up its places, too.
    while (most > 0 && countSince(period.end) >= most) period = civilPeriod(window.unit, period.end, zone, billingDay)
    return { cap, count, underWay, isReached: count >= most, until: most === 0 ? null : period.end }
  }
  const inside = times.filter((time) => time > now - window.length).sort((a, b) => a - b)
  // There is room when all but `most - 1` of them are `length` old. With `most` 0 there never is.
  const leaves = inside[inside.length - most]
  const isReached = inside.length >= most
  const until = leaves === undefined ? null : leaves + window.length
  return { cap, count: inside.length, underWay, isReached, until }
}

/** What was said of one moment through several channels counts once: when the last of it left, or may leave at the latest. */
function timesOf(touches: readonly Touch[]): readonly number[] {
  const last = new Map<string, number>()
  for (const touch of touches) {
    const name = touch.moment_id ?? touch.command_id
    const time = leftBy(touch)
    last.set(name, Math.max(time, last.get(name) ?? time))
  }
  return [...last.values()]
}
