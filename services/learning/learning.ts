import type { Channel } from '../topology.ts'

/** What acceptances are told apart by. */
export interface Cell {
  readonly offer: string
  readonly channel: Channel
  /** The one of the offer's `by` that fits; null: none does. */
  readonly segment: string | null
}

/** What was learned of a cell, as of an instant: numbers of commands, the older ones counting less where that is declared. */
export interface Learned {
  readonly accepted: number
  readonly others: number
}

/** A variant that gets no new exposures. */
export interface Stop {
  readonly since: number
  readonly reason: string
}

/**
 * What steps see of what was learned. It changes between two inputs and never while one is handled. It may be some seconds old, and
 * differ between processes by as much.
 */
export interface Learning {
  /** `halfLife`: milliseconds; undefined: what is old counts as much as what is new. */
  learned(cell: Cell, now: number, halfLife: number | undefined): Learned | undefined
  /** Up to when outcomes are counted in what is known; null: none are. */
  readonly talliedAt: number | null
  /** By the edition of its campaign and its id. */
  stopOf(experiment: string, variant: string): Stop | undefined
}

/** Nothing is known, and nothing stopped. */
export const noLearning: Learning = {
  learned: () => undefined,
  talliedAt: null,
  stopOf: () => undefined,
}
