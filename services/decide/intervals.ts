import { holdsBack } from '../domain/reason-codes.ts'
import type { Moment } from '../records/types.ts'
import type { Channel } from '../topology.ts'
import type { Interval, Purpose } from './state.ts'

/** A hotline call keeps these silent; the agent's prompt is what the call is for. */
const silencedByCall: readonly Channel[] = ['sms', 'ivr', 'push']

/**
 * Opens or closes an interval. The change with the latest `at` holds, whatever came first: a closing that arrives before
 * its opening is remembered and keeps it shut. At the same instant the closing wins, as [t, t) is empty. Expiry is not
 * asked: an opening that comes late still holds back what it can. A closing is remembered until `forgetAt`. One that
 * lingers closes later, if it closes something: what was open until then, or turns out to have been.
 */
export function applyInterval(intervals: readonly Interval[], moment: Moment, forgetAt: number): readonly Interval[] {
  const change = moment.do_not_disturb
  if (!change) return intervals
  const index = intervals.findIndex((known) => known.rule === moment.rule && known.key === change.key)
  const known = intervals[index]
  const open = change.phase === 'open'
  const superseded = known && (known.at > moment.at || (known.at === moment.at && (open || !known.open)))
  if (superseded) {
    const lingering = known.open || !open || known.at >= change.until ? null : known.lingers_until
    return lingering === null ? intervals : intervals.with(index, { ...known, open: true, until: lingering })
  }
  const lingers_until = change.lingers_until ?? null
  if (lingers_until !== null && known?.open && moment.at < known.until) {
    return intervals.with(index, { ...known, at: moment.at, until: lingers_until, lingers_until })
  }
  const interval: Interval = {
    rule: moment.rule,
    key: change.key,
    code: change.code,
    open,
    at: moment.at,
    until: open ? change.until : Math.max(forgetAt, lingers_until ?? 0),
    lingers_until,
    channels: change.channels,
    purposes: change.purposes,
  }
  return known ? intervals.with(index, interval) : [...intervals, interval]
}

/** Of the open intervals with the code that silence the channel for the purpose at `now`, the one that ends last. */
export function openInterval(
  intervals: readonly Interval[],
  code: Interval['code'],
  channel: Channel,
  purpose: Purpose,
  now: number,
): Interval | undefined {
  let last: Interval | undefined
  for (const interval of intervals) {
    if (interval.code !== code || !interval.open || now < interval.at || now >= interval.until) continue
    if (!silences(interval, channel, purpose)) continue
    if (!last || interval.until > last.until) last = interval
  }
  return last
}

function silences(interval: Interval, channel: Channel, purpose: Purpose): boolean {
  const { code, channels, purposes } = interval
  const forChannel =
    channels.length > 0 ? channels.includes(channel) : code !== 'live-call' || silencedByCall.includes(channel)
  return forChannel && (purposes.length > 0 ? purposes.includes(purpose) : holdsBack(code, purpose))
}
