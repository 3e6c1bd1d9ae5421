import { wallTime } from './civil-time.ts'
import { timeZone } from './time-zones.ts'

/** [start, end) in minutes after local midnight, 0..1439; start > end crosses midnight, start = end is never quiet. */
export interface QuietWindow {
  readonly start: number
  readonly end: number
}

/** Windows that together never end are followed this far. Nothing that waits lives as long (7 days). */
const horizonMs = 8 * 24 * 60 * 60_000

/**
 * The instant at which it is no longer quiet, if it is quiet at `at`; else undefined. Windows that touch or overlap, and
 * those of several zones (a country with more than one is quiet if it is quiet in any), count as one.
 * A start that the wall clock shows twice takes the earlier, an end the later; one that it skips is the first instant
 * after the gap. @throws CodedError KM_TIME_ZONE_UNKNOWN
 */
export function quietUntil(windows: readonly QuietWindow[], zones: readonly string[], at: number): number | undefined {
  let until = at
  for (let moved = true; moved && until - at < horizonMs; ) {
    const end = Math.max(...occurrences(windows, zones, until, 0).map(endIfInside(until)))
    moved = end > until
    if (moved) until = end
  }
  return until > at ? until : undefined
}

/** The first start of quiet after `at`, at which it is not quiet; Infinity if there is none within three days. */
export function nextQuietStart(windows: readonly QuietWindow[], zones: readonly string[], at: number): number {
  return Math.min(
    ...occurrences(windows, zones, at, 3).map(([start, end]) => (start > at && start < end ? start : Infinity)),
  )
}

const endIfInside =
  (at: number) =>
  ([start, end]: Occurrence) =>
    start <= at && at < end ? end : Number.NEGATIVE_INFINITY

type Occurrence = readonly [start: number, end: number]

/** Windows that begin on the civil date of `at`, on the date before, or up to `days` after it. */
function occurrences(windows: readonly QuietWindow[], zones: readonly string[], at: number, days: number) {
  const found: Occurrence[] = []
  for (const zone of zones) {
    const today = timeZone(zone).civilDay(at)
    for (let day = today - 1; day <= today + days; day++) {
      for (const { start, end } of windows) {
        if (start === end) continue
        found.push([wallTime(day, start, zone, 'earlier'), wallTime(start < end ? day : day + 1, end, zone, 'later')])
      }
    }
  }
  return found
}
