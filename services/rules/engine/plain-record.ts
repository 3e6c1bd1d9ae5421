import type { EventType } from '../../topology.ts'
import type { DateField } from './layout.ts'

/**
 * A record as objects, by the names of its tracks and not by their places: for migration to another layout, for
 * `explain`, and for what happens rarely (profiles, calendar timers). The words' format is documented here; generated
 * code (`generate.ts`) reads and writes the same.
 *
 * Value of a record:
 *   0  layout number | sections present << 16 (sources in layout order, profile, absences, firings)
 *   1  (time zone number + 1) | ended << 16 | inexact << 17
 *   2  words of each section present; then the sections. A record that `ended` has no sections, but the time of its end.
 */
export interface PlainRecord {
  /** Number of the subscriber's zone; undefined: not known. */
  zone: number | undefined
  /** The identity ended at this time (profile deactivated); nothing else is kept. */
  ended: number | undefined
  /** A bound was met somewhere, so that some value is not exact. */
  inexact: boolean
  sources: Map<EventType, PlainSource>
  profile: PlainProfile | undefined
  /** What was asked of the runtime's timers for absences; 0: nothing. */
  asked: number
  /** Newest times of `absent` matches, ascending. */
  answers: Map<string, number[]>
  absences: Map<string, PlainAbsence>
  /** Last firing by rule. */
  fired: Map<string, number>
}

export interface PlainSource {
  /** Greatest event time. */
  head: number
  /** Id of the newest event by (time, id); undefined where no rule needs it. */
  newest: Buffer | undefined
  /** Duplicate ring, oldest first: two halves of a hash, and the low word of the time. */
  seen: (readonly [number, number, number])[]
  totals: Map<string, number>
  lasts: Map<string, PlainLast>
  rings: Map<string, PlainRing>
  /** Times, ascending, with how many events are in each entry and their sum. */
  lists: Map<string, { time: number; count: number; value: number }[]>
}

export interface PlainLast {
  readonly time: number
  readonly value: number
  readonly id: Buffer
}

export interface PlainRing {
  /** Newest pane. */
  top: number
  /** By column key, then pane. */
  columns: Map<string, Map<number, number>>
}

export interface PlainProfile {
  /** Each field with the time of the event that set it; a field that was never named is undefined. Dates are day numbers. */
  zoneSince: number | undefined
  dates: Map<DateField, { readonly day: number; readonly since: number }>
  tags: { readonly names: readonly string[]; readonly since: number } | undefined
  /** By rule: day number of the local date that is waited for. */
  pending: Map<string, number>
}

export interface PlainAbsence {
  readonly after: string
  /** Up to this deadline everything is decided. */
  spent: number | undefined
  anchors: { time: number; id: Buffer }[]
}

export const dateFields: readonly DateField[] = ['birth_date', 'tenure_start', 'contract_end']
export const maskWords = (panes: number): number => (panes + 31) >> 5
/** Flags in the second word of a record. */
export const endedFlag = 1 << 16
export const inexactFlag = 1 << 17
/** Day number that stands for none. */
export const noDay = -2_147_483_648

export function emptyRecord(): PlainRecord {
  return {
    zone: undefined,
    ended: undefined,
    inexact: false,
    sources: new Map(),
    profile: undefined,
    asked: 0,
    answers: new Map(),
    absences: new Map(),
    fired: new Map(),
  }
}
