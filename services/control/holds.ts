import type { Outreach, Scope } from './scope.ts'

/** A pause, from when it began. */
export interface Pause {
  readonly id: string
  readonly scope: Scope
  /** Milliseconds since 1970. */
  readonly since: number
  readonly author: string
  readonly reason: string | null
  /** A record that this release can't read stands for what it may say: marketing and care are held. */
  readonly isUnreadable: boolean
}

/** A command, as far as a cancellation asks. */
export interface Cancellable {
  readonly id: string
  readonly campaigns: readonly string[]
  /** Milliseconds since 1970. */
  readonly issued_at: number
}

/**
 * What steps see of pauses and cancellations. It changes between two inputs and never while one is handled, so that a step
 * which asks twice is answered alike.
 */
export interface Holds {
  /** The pause that holds the outreach, of several the first; undefined: none does. */
  pauseOf(outreach: Outreach): Pause | undefined
  isInForce(pauseId: string): boolean
  /**
   * It isn't known at present what is paused, and the purpose waits until it is: marketing and care. For them a wrong message
   * costs more than a late one.
   */
  isUnknown(purpose: Outreach['purpose']): boolean
  isCancelled(command: Cancellable): boolean
  /** What waits for a pause looks again by itself after so many milliseconds of the engine's time. */
  readonly lookAgainMs: number
  /** What was commanded may wait before it is sent, so that it can be taken back; false: it counts as sent. */
  readonly takesBack: boolean
}

export const lookAgainMs = 300_000

/** Where nobody can pause anything: simulate, and a state that is only looked at. */
export const noHolds: Holds = {
  pauseOf: () => undefined,
  isInForce: () => false,
  isUnknown: () => false,
  isCancelled: () => false,
  lookAgainMs,
  takesBack: false,
}
