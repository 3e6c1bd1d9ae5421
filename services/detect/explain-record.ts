import type { PatternProgress } from '../rules/engine/patterns/progress.ts'
import { type PlainRecord, sections } from '../rules/engine/plain-record.ts'
import type { Rule } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'
import type { LoadedRuleset } from './loaded-ruleset.ts'
import type { ResidentRecords } from './resident-records.ts'

/** What the engine knows of a subscriber. Times in milliseconds since 1970. */
export interface Explanation {
  /** As of this instant the factors have these values. */
  readonly at: number
  readonly timeZone: string
  /** The identity ended then; nothing else is known. */
  readonly ended: number | null
  /** Some bound was met: values over busy windows may be a little off. */
  readonly inexact: boolean
  /** Earliest event time, in whole seconds. */
  readonly since: number
  /** Greatest event time by type. */
  readonly newest: Readonly<Partial<Record<EventType, number>>>
  /** null: unknown. Of a factor in both lanes the value of the one that judges at once. */
  readonly factors: Readonly<Record<string, number | boolean | string | null>>
  /** Last firing by rule. */
  readonly fired: Readonly<Record<string, number>>
  /** How far patterns have come, by rule. */
  readonly patterns: Readonly<Record<string, PatternProgress>>
}

/** Of a record in today's layout, which is the one in hand. */
export function explainRecord(
  record: PlainRecord,
  loaded: LoadedRuleset,
  timeZone: string,
  at: number,
  patterns: Explanation['patterns'],
): Explanation {
  const factors: Record<string, number | boolean | string | null> = {}
  for (const lane of [...loaded.compiled.lanes].reverse()) {
    lane.begin()
    lane.asOf(at)
    for (const plan of lane.factors) if (!plan.factor.hidden) factors[plan.factor.id] = lane.told(plan) ?? null
  }
  const newest = eventTypes.flatMap((type) => {
    const source = record.sources.get(type)
    return source ? [[type, source.head] as const] : []
  })
  return {
    at,
    timeZone,
    ended: record.ended ?? null,
    inexact: record.inexact,
    since: record.since * 1000,
    newest: Object.fromEntries(newest),
    factors,
    fired: Object.fromEntries(record.states.get('fired') ?? []),
    patterns,
  }
}

/** How far the patterns of the record in hand have come, by rule. */
export function patternProgress(records: ResidentRecords, at: number): Explanation['patterns'] {
  const { loaded } = records
  const progress: Record<string, PatternProgress> = {}
  for (const { number, rules } of loaded.compiled.lanes) {
    if (records.slab.locate(sections.patterns + number) < 0) continue
    const book = records.loadBook(number)
    for (const index of rules) {
      const own = book.progress(index, at)
      if (own) progress[(loaded.rules[index] as Rule).id] = own
    }
  }
  return progress
}
