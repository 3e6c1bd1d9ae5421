import { type EventType, eventTypes } from '../../topology.ts'
import type { AwayFiring } from './away-firings.ts'
import type { Layout, TrackLayout } from './layout.ts'
import type { PatternLayout } from './patterns/pattern-layout.ts'
import type { StateKind } from './rule-states.ts'

/**
 * A record as objects, by the names of its parts and not by their places: for migration to another layout, for `explain`,
 * and for what happens rarely (profiles).
 *
 * Value of a record, in words:
 *   0     layout number | sections present << 16
 *   1     flags: see `recordFlags`
 *   2     first sight: second of the earliest event time
 *   3 ..  for each section present its length, of one of a type with more (see `typeSection`); then the sections
 * A record that `ended` has no sections, but in place of first sight the time of its end.
 */
export interface PlainRecord {
  /** In which it was written. */
  readonly layout: Layout
  /** Number of the subscriber's zone; undefined: not known. */
  zone: number | undefined
  /** 1..31; undefined: not known. */
  billingDay: number | undefined
  /** Number of the subscriber's calendar; undefined: not known. */
  calendar: number | undefined
  /** The identity ended at this time (profile deactivated); nothing else is kept. */
  ended: number | undefined
  /** A bound was met somewhere, so that some value is not exact. */
  inexact: boolean
  /** Earliest event time, in whole seconds. */
  since: number
  sources: Map<EventType, PlainSource>
  /** Words of the blocks, by key. */
  tracks: Map<string, { readonly layout: TrackLayout; readonly words: Int32Array }>
  /** Fields of the profile that decide how time is read, and dates; each with the time of the event that set it. */
  profile: Map<ProfileField, { readonly value: number; readonly since: number }>
  /** By lane; undefined: nothing is kept. */
  patterns: ({ readonly layout: PatternLayout; readonly words: Int32Array } | undefined)[]
  /** By the key of the edge. */
  latches: Map<string, number>
  /** By rule; of dates that are waited for, by timer. */
  states: Map<Exclude<StateKind, 'earlier'>, Map<string, number>>
  /** Firings before the last, by rule. */
  earlier: Map<string, readonly number[]>
  /** Events that wait for the grace to pass. */
  held: Int32Array | undefined
  /** What rules have told that are away (see `awayTrack`). */
  away: AwayFiring[]
  /** What an earlier version still has to decide (see `remnantTrack`). */
  remnant: Int32Array | undefined
}

export interface PlainSource {
  /** Greatest event time. */
  readonly head: number
  /** Id of the newest event by (time, id); empty where no rule needs it. */
  readonly newest: Buffer
  /** Duplicate ring, oldest first: two words each (see `RecordSlab.takeEvent`). */
  readonly seen: Int32Array
}

export const profileFields = [
  'time_zone',
  'billing_day',
  'calendar',
  'birth_date',
  'tenure_start',
  'contract_end',
] as const
/** Numbers of zones and calendars, day of the month, dates as day numbers. */
export type ProfileField = (typeof profileFields)[number]

/** Sections of a record by their bits; those of event types come first, in the order of types. */
export const sections = {
  tracks: eventTypes.length,
  profile: eventTypes.length + 1,
  /** Of lane 0; lane 1 follows. */
  patterns: eventTypes.length + 2,
  states: eventTypes.length + 4,
  held: eventTypes.length + 5,
} as const

/**
 * Number of a block among the tracks, behind all of them, which is none: the time of a change in two words, and the words of
 * the record as the version knew it that was in force before, and still has to decide what was due until then.
 */
export const remnantTrack = 0xffff

/** Another such block, before it: firings of rules that the layout hasn't got (see `AwayFiring`). */
export const awayTrack = 0xfffe

/** Words before the lengths of the sections. */
export const headWords = 3

/** Flags of a record: zone + 1 in the lower 16 bits, ended, inexact, billing day (5 bits), calendar + 1 (9 bits). */
export const recordFlags = { ended: 1 << 16, inexact: 1 << 17, billingDayShift: 18, calendarShift: 23 } as const

/**
 * Length of a section: in the lower 18 bits. Of an event type's also bytes of the newest id (8 bits) and the number of
 * seen ids (6 bits); it holds: greatest event time (2 words), newest id, seen ids (2 words each).
 */
export const typeSection = { lengthMask: 0x3ffff, idShift: 18, seenShift: 26 } as const

export const emptyRecord = (layout: Layout): PlainRecord => ({
  layout,
  zone: undefined,
  billingDay: undefined,
  calendar: undefined,
  ended: undefined,
  inexact: false,
  since: 0,
  sources: new Map(),
  tracks: new Map(),
  profile: new Map(),
  patterns: [],
  latches: new Map(),
  states: new Map(),
  earlier: new Map(),
  held: undefined,
  away: [],
  remnant: undefined,
})
