import type { Metrics } from '../telemetry/metrics.ts'
import { eventTypes } from '../topology.ts'
import { createCounters, type DetectCounters } from './counters.ts'

/** Nothing goes without being counted: by the engine's counter, the reason in the metric. */
const reasons = {
  ended: 'identity-ended',
  momentsExpired: 'moment-expired',
  inexact: 'window-entries-merged',
  seenOverflows: 'seen-id-pushed-out',
  patternOverflows: 'pattern-mark-pushed-out',
  firingOverflows: 'firing-pushed-out',
  heldOverflows: 'settled-before-its-time',
  calendarEnds: 'calendar-ends',
} as const satisfies Partial<Record<keyof DetectCounters, string>>

/** Carries what an engine counted since the last call over to the metrics of the process. */
export function createCounting({
  events,
  late,
  duplicates,
  moments,
  shadowMoments,
  dropped,
}: Metrics): (counters: DetectCounters) => void {
  const told = createCounters()
  return (counters) => {
    for (const [topic, type] of eventTypes.entries()) {
      const taken = counters.events[topic] ?? 0
      const before = told.events[topic] ?? 0
      if (taken > before) events.inc({ type }, taken - before)
      if (counters.late[type] > told.late[type]) late.inc({ type }, counters.late[type] - told.late[type])
      told.events[topic] = taken
      told.late[type] = counters.late[type]
    }
    if (counters.duplicates > told.duplicates) duplicates.inc(counters.duplicates - told.duplicates)
    told.duplicates = counters.duplicates
    for (const name of Object.keys(reasons) as (keyof typeof reasons)[]) {
      if (counters[name] > told[name]) dropped.inc({ reason: reasons[name] }, counters[name] - told[name])
      told[name] = counters[name]
    }
    for (const [rule, { kind, count }] of counters.moments) {
      const before = told.moments.get(rule)?.count ?? 0
      if (count > before) moments.inc({ kind, rule }, count - before)
      told.moments.set(rule, { kind, count })
    }
    for (const [rule, count] of counters.shadowMoments) {
      const before = told.shadowMoments.get(rule) ?? 0
      if (count > before) shadowMoments.inc({ rule }, count - before)
      told.shadowMoments.set(rule, count)
    }
  }
}
