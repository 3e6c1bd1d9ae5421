import type { TimeZone } from '../domain/time-zones.ts'
import { anchorEventId } from '../rules/engine/absence-book.ts'
import { columnKey, factorsInUse, numberKind, trackKey } from '../rules/engine/layout.ts'
import type { PlainRecord } from '../rules/engine/plain-record.ts'
import type { Factor, Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'

/** What the engine knows of a subscriber. Times in milliseconds since 1970. */
export interface Explanation {
  /** As of this instant the factors have these values. */
  readonly at: number
  readonly timeZone: string
  /** The identity ended then; nothing else is known. */
  readonly ended: number | null
  /** Some bound was met: values over busy windows may be a little off. */
  readonly inexact: boolean
  /** Greatest event time by type. */
  readonly newest: Readonly<Partial<Record<EventType, number>>>
  /** null: unknown. */
  readonly factors: Readonly<Record<string, number | boolean | null>>
  /** Last firing by rule. */
  readonly fired: Readonly<Record<string, number>>
  /** Absences that wait, by rule: the event that armed them, its time and the deadline. */
  readonly armed: Readonly<
    Record<string, { readonly event_id: string; readonly since: number; readonly deadline: number }>
  >
}

export function explainRecord(record: PlainRecord, ruleset: Ruleset, zone: TimeZone, at: number): Explanation {
  const armed: Record<string, { event_id: string; since: number; deadline: number }> = {}
  for (const { id, trigger } of ruleset.rules) {
    const anchor = record.absences.get(id)?.anchors[0]
    if (trigger.kind !== 'absence' || !anchor) continue
    armed[id] = { event_id: anchorEventId(anchor.id), since: anchor.time, deadline: anchor.time + trigger.within }
  }
  const newest = eventTypes.flatMap((type) => {
    const source = record.sources.get(type)
    return source ? [[type, source.head] as const] : []
  })
  return {
    at,
    timeZone: zone.name,
    ended: record.ended ?? null,
    inexact: record.inexact,
    newest: Object.fromEntries(newest),
    factors: Object.fromEntries(factorsInUse(ruleset).map((factor) => [factor.id, valueAt(record, factor, zone, at)])),
    fired: Object.fromEntries(record.fired),
    armed,
  }
}

/** A factor's value as of an instant, from a record of whatever layout. */
function valueAt(record: PlainRecord, factor: Factor, zone: TimeZone, at: number): number | boolean | null {
  const source = record.sources.get(factor.from)
  const key = columnKey({ key: trackKey(factor), kind: numberKind(factor) })
  const { window } = factor
  if (factor.aggregate === 'last') {
    const last = source?.lasts.get(trackKey(factor))
    return last ? (factor.type === 'bool' ? last.value !== 0 : last.value) : null
  }
  if (window.kind === 'lifetime') return source?.totals.get(key) ?? 0
  if (window.kind === 'rolling') {
    let sum = 0
    for (const { time, count, value } of source?.lists.get(key) ?? []) {
      if (time <= at && time > at - window.length) sum += factor.aggregate === 'count' ? count : value
    }
    return sum
  }
  const ring = source?.rings.get(window.kind === 'days' ? 'day' : String(window.pane))
  const pane = window.kind === 'days' ? zone.civilDay(at) : Math.floor(at / window.pane)
  const newest = Math.max(pane, ring?.top ?? pane)
  const panes = window.kind === 'days' ? window.days : window.panes
  let sum = 0
  for (const [held, value] of ring?.columns.get(key) ?? []) if (held > newest - panes) sum += value
  return sum
}
