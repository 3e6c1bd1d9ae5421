import type { TimeZone } from '../../../domain/time-zones.ts'

/**
 * The block of one track in the record in hand: some words of the track's own, which move when the record is resized. A block that
 * holds nothing doesn't exist: a subscriber who never roamed pays nothing for roaming factors.
 */
export interface Block {
  /** Words of the chunk that holds the record; another array after `resize`. */
  readonly words: Int32Array
  /** Where the block begins in `words`; -1: it doesn't exist. After `resize`: where it is now. */
  readonly at: number
  /** Its length in words. */
  readonly length: number
  /** Inserts (d > 0, zeroed) or removes words at `offset` into the block; a block that doesn't exist comes to be. Length 0: it is gone. */
  resize(offset: number, d: number): void
}

/** What tracks may ask of the record in hand and of the event in hand. */
export interface RecordInHand {
  readonly zone: TimeZone
  /** 1..31; 1 where the profile doesn't say. */
  readonly billingDay: number
  /** Earliest event time of the subscriber's record (first sight). */
  readonly since: number
  /** A bound was met: the value may be a little off from now on. */
  inexact(): void
}

/** The event in hand, as generated code read it. */
export interface EventInHand {
  readonly time: number
  /** Place of its type in the order of types. */
  readonly type: number
  /** Its event_id. */
  readonly bytes: Uint8Array
  readonly idStart: number
  readonly idEnd: number
  /** The value's text where it is one (`text` tracks); start and end in `bytes`. */
  readonly textStart: number
  readonly textEnd: number
  /** Nothing older than this arrives any more, of any type that a track reads: newest time less the greatest of their graces. */
  readonly horizon: number
}

/**
 * A kind of memory over events, compiled for its parameters. Values are doubles; texts are their 52-bit hash (`textHash`),
 * bools 1 and 0. Whatever the order in which the same events are added, the same is read (while no bound was met).
 */
export interface Track {
  /** Puts the event in. `value` is never NaN (1 for a count). Returns whether anything that could be read changed. */
  add(block: Block, event: EventInHand, value: number, record: RecordInHand): boolean
}

/** Reads one factor off a track's block; NaN: unknown. `block.at` may be -1. Never changes anything. */
export type Read = (block: Block, at: number, record: RecordInHand) => number

/** How a track's content is shown to people: rows of times (or periods) and values, newest first. */
export interface WindowRow {
  /** Milliseconds since 1970; of a period its beginning. */
  readonly from: number
  readonly to?: number
  readonly events?: number
  readonly value?: number | string
  readonly event_id?: string
}

/**
 * Like a track, but of several columns over the same events: a value each, by the column's place; NaN: the event has
 * nothing to add there (a count's own value is 1). `values` is the caller's, and may be longer.
 */
export interface ColumnsTrack {
  add(block: Block, event: EventInHand, values: Float64Array, record: RecordInHand): boolean
}

/** What every kind of track tells besides. */
export interface Kept<Parameters> {
  /** Plain data: what the track was created for; kept with the layout. */
  readonly parameters: Parameters
  /** Words that a block of it has at most. */
  readonly wordsMost: number
  /**
   * The block that goes on from one kept under other parameters of the same kind (more or fewer panes, other columns):
   * what both hold. No words: nothing is left. Rare, so it may allocate.
   */
  carry(from: Parameters, words: Int32Array, at: number, length: number): Int32Array
}
