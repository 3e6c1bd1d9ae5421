import type { TimerEntry } from './state-store.ts'

/**
 * Index of deadlines of a shard. The deadline itself lives in the subscriber's state; here is, by subscriber, when to
 * look. In memory it is exact, stored are coarse slots, so that moving a deadline a little costs no write. Cancelling is
 * lazy: a subscriber with nothing due is looked at in vain.
 */
export class Timers {
  readonly #slotMs: number
  /** Binary heap, smallest due time first, and of one due time the smallest key: whoever looks ahead finds the same order. */
  readonly #due: number[] = []
  readonly #keys: string[] = []
  /** Earliest due time in the heap, by key. */
  readonly #earliest = new Map<string, number>()
  #added = new Map<string, TimerEntry>()
  #removed = new Map<string, TimerEntry>()

  constructor(stored: readonly TimerEntry[], slotMs: number) {
    this.#slotMs = slotMs
    for (const { slot, key } of stored) this.#insert(key, slot)
  }

  get size(): number {
    return this.#earliest.size
  }

  /** When the next one is due; Infinity if there is none. */
  get nextDue(): number {
    return this.#due[0] ?? Number.POSITIVE_INFINITY
  }

  /** Looks at the key when the clock reaches `due`, unless it is looked at earlier anyway. */
  arm(key: string, due: number): void {
    if (due >= (this.#earliest.get(key) ?? Number.POSITIVE_INFINITY)) return
    const before = this.#earliest.get(key)
    if (before !== undefined) this.#unstore(key, before)
    this.#insert(key, due)
    this.#store(key, due)
  }

  /** Takes the key whose look is due first and not after `clock`; undefined if there is none. */
  take(clock: number): string | undefined {
    while (this.nextDue <= clock) {
      const due = this.#due[0] as number
      const key = this.#pop()
      if (this.#earliest.get(key) !== due) continue
      this.#earliest.delete(key)
      this.#unstore(key, due)
      return key
    }
    return undefined
  }

  /**
   * Keys that are looked at first up to and including `clock`, at most `most`, without taking them. Some may be listed in
   * vain or twice.
   */
  dueKeys(clock: number, most: number): readonly string[] {
    const found: string[] = []
    const stack = [0]
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      if (i >= this.#due.length || (this.#due[i] as number) > clock) continue
      if (found.length === most) return this.#firstKeys(clock, most)
      found.push(this.#keys[i] as string)
      stack.push(2 * i + 1, 2 * i + 2)
    }
    return found
  }

  /** More are due than are wanted: they are taken out in their order and put back. What was cancelled doesn't count. */
  #firstKeys(clock: number, most: number): readonly string[] {
    const found = new Set<string>()
    const entries: (readonly [key: string, due: number])[] = []
    while (found.size < most && this.nextDue <= clock) {
      const due = this.nextDue
      const key = this.#pop()
      if (this.#earliest.get(key) !== due) continue
      found.add(key)
      entries.push([key, due])
    }
    for (const [key, due] of entries) this.#push(key, due)
    return [...found]
  }

  /** What changed in the stored index since the last call. */
  changes(): { added: TimerEntry[]; removed: TimerEntry[] } {
    const changes = { added: [...this.#added.values()], removed: [...this.#removed.values()] }
    if (changes.added.length > 0) this.#added = new Map()
    if (changes.removed.length > 0) this.#removed = new Map()
    return changes
  }

  #slotOf(due: number): number {
    return Math.floor(due / this.#slotMs) * this.#slotMs
  }

  #store(key: string, due: number): void {
    const entry = { slot: this.#slotOf(due), key }
    const id = `${entry.slot}:${key}`
    if (!this.#removed.delete(id)) this.#added.set(id, entry)
  }

  #unstore(key: string, due: number): void {
    const entry = { slot: this.#slotOf(due), key }
    const id = `${entry.slot}:${key}`
    if (!this.#added.delete(id)) this.#removed.set(id, entry)
  }

  #insert(key: string, due: number): void {
    const known = this.#earliest.get(key)
    if (known !== undefined && known <= due) return
    this.#earliest.set(key, due)
    this.#push(key, due)
  }

  #push(key: string, due: number): void {
    const dues = this.#due
    const keys = this.#keys
    let i = dues.length
    dues.push(due)
    keys.push(key)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(due, key, dues[parent] as number, keys[parent] as string)) break
      dues[i] = dues[parent] as number
      keys[i] = keys[parent] as string
      i = parent
    }
    dues[i] = due
    keys[i] = key
  }

  #pop(): string {
    const dues = this.#due
    const keys = this.#keys
    const top = keys[0] as string
    const due = dues.pop() as number
    const key = keys.pop() as string
    const size = dues.length
    if (size === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= size) break
      const right = child + 1
      if (
        right < size &&
        isBefore(dues[right] as number, keys[right] as string, dues[child] as number, keys[child] as string)
      ) {
        child = right
      }
      if (!isBefore(dues[child] as number, keys[child] as string, due, key)) break
      dues[i] = dues[child] as number
      keys[i] = keys[child] as string
      i = child
    }
    dues[i] = due
    keys[i] = key
    return top
  }
}

const isBefore = (due: number, key: string, otherDue: number, otherKey: string): boolean =>
  due < otherDue || (due === otherDue && key < otherKey)
