import type { KeyedEffect } from './effects.ts'

/**
 * Effects of a shard that were asked for and have not answered, by lane: what shares a way out and an urgency. A step which
 * looks here before it asks for more keeps one lane that stands still from holding up the others. An effect counts from the
 * moment in which the step asks for it: its group may be committed much later.
 */
export class Lanes<Effect> {
  readonly #laneOf: (effect: Effect) => string
  readonly #inFlight = new Map<string, number>()

  /** Default: one lane for all. */
  constructor(laneOf: ((effect: Effect) => string) | undefined) {
    this.#laneOf = laneOf ?? (() => '')
  }

  inFlight(lane: string): number {
    return this.#inFlight.get(lane) ?? 0
  }

  asked(effect: Effect): void {
    this.#add(effect, 1)
  }

  /** They have answered, failed, or were taken back. */
  ended(effects: readonly KeyedEffect<Effect>[]): void {
    for (const { effect } of effects) this.#add(effect, -1)
  }

  #add(effect: Effect, count: number): void {
    const lane = this.#laneOf(effect)
    this.#inFlight.set(lane, this.inFlight(lane) + count)
  }
}
