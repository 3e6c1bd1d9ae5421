/** What is to happen, by time; at one instant in the order in which it was put in. */
export class Agenda<T> {
  readonly #heap: { readonly at: number; readonly order: number; readonly what: T }[] = []
  #order = 0

  /** When the first of it is; Infinity of nothing. */
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  put(at: number, what: T): void {
    const heap = this.#heap
    const entry = { at, order: this.#order++, what }
    let i = heap.length
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as (typeof heap)[number]
      if (above.at < at || (above.at === at && above.order < entry.order)) break
      heap[i] = above
      i = parent
    }
    heap[i] = entry
  }

  /** Takes the first of it; undefined of nothing. */
  take(): T | undefined {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (!first || !last || heap.length === 0) return first?.what
    let i = 0
    for (let child = 1; child < heap.length; child = 2 * i + 1) {
      const [left, right] = [heap[child] as typeof last, heap[child + 1]]
      const isRight = right !== undefined && isBefore(right, left)
      const below = isRight ? right : left
      if (!isBefore(below, last)) break
      heap[i] = below
      i = isRight ? child + 1 : child
    }
    heap[i] = last
    return first.what
  }
}

interface Placed {
  readonly at: number
  readonly order: number
}

const isBefore = (a: Placed, b: Placed): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
