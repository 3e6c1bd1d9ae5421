import type { KeyedEffect } from './effects.ts'
import type { Line, Places, Stand, Turn } from './places.ts'

/**
 * A shard's part in the places outside: which of its effects hold one, who of its subscribers stands in line, and whose turn
 * it is. What the shard holds is given back when it ends, except for what is under way outside: that answers by itself.
 */
export class Lanes<Effect> {
  readonly #places: Places<Effect> | undefined
  readonly #line: Line | undefined
  /** Asked for, and not begun. */
  readonly #asked = new Set<Effect>()
  readonly #turns: Turn[] = []
  /** The lane of the turn that is being taken. */
  #lane: string | undefined

  /** @param onTurn hears that it is somebody's turn. Without places there is always room. */
  constructor(places: Places<Effect> | undefined, onTurn: () => void) {
    this.#places = places
    this.#line = places?.line((turn) => {
      this.#turns.push(turn)
      onTurn()
    })
  }

  /** So many effects may be asked for now. */
  room(lane: string): number {
    if (!this.#places) return Number.POSITIVE_INFINITY
    return lane === this.#lane ? 1 : this.#places.room(lane)
  }

  isClosed(lane: string): boolean {
    return this.#places?.isClosed(lane) ?? false
  }

  /** Turns that were called and not taken. */
  get called(): readonly Turn[] {
    return this.#turns
  }

  asked(effect: Effect): void {
    if (!this.#places) return
    this.#asked.add(effect)
    this.#places.asked(effect)
    this.#lane = undefined
  }

  begun(effect: Effect): void {
    // The shard may have ended while the effect was on its way here.
    if (!this.#asked.delete(effect)) this.#places?.asked(effect)
  }

  /** They have answered, failed, or were taken back. */
  ended(effects: readonly KeyedEffect<Effect>[]): void {
    for (const { effect } of effects) {
      this.#asked.delete(effect)
      this.#places?.ended(effect)
    }
  }

  /** Where the subscriber stood in line before, and stands now. */
  stand(key: string, before: readonly Stand[], now: readonly Stand[]): void {
    for (const stand of before) if (!now.some((other) => isSame(stand, other))) this.#line?.leave(key, stand)
    for (const stand of now) this.#line?.join(key, stand)
  }

  /** The first `count` that were called; fewer, if the shard has stopped taking any meanwhile. */
  takeTurns(count: number): readonly Turn[] {
    return this.#turns.splice(0, count)
  }

  /** `action` finds room for one effect in the turn's lane. */
  take(turn: Turn, action: () => void): void {
    turn.take(() => {
      this.#lane = turn.stand.lane
      try {
        action()
      } finally {
        this.#lane = undefined
      }
    })
  }

  /** The shard takes nothing more: it is others' turn. */
  leave(): void {
    this.#line?.close()
    for (const turn of this.#turns.splice(0)) turn.pass()
  }

  /** The shard has ended. */
  close(): void {
    this.leave()
    for (const effect of this.#asked) this.#places?.ended(effect)
    this.#asked.clear()
  }
}

const isSame = (one: Stand, other: Stand): boolean => one.lane === other.lane && one.party === other.party
