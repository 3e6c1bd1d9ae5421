import type { CodedError } from '../domain/errors.ts'
import type { RecordView } from './event-log.ts'
import type { Merge } from './merge.ts'

/**
 * Records that were merged and wait to be handled: columns instead of objects, used again for every stage. It is itself
 * the view of the record that `select` points at.
 */
export class Stage implements RecordView {
  readonly size: number
  count = 0
  readonly topics: Uint8Array
  readonly times: Float64Array
  /** Why a record can't be handled; by index. */
  readonly faults = new Map<number, CodedError>()
  readonly #keys: Buffer[]
  readonly #values: Buffer[]
  /** keyStart, keyEnd, valueStart, valueEnd of each record. */
  readonly #bounds: Int32Array
  readonly #positions: Float64Array
  readonly #appendedAt: Float64Array

  position = 0
  appendedAt = 0
  key: Buffer
  keyStart = 0
  keyEnd = 0
  value: Buffer
  valueStart = 0
  valueEnd = 0

  constructor(size: number) {
    const empty = Buffer.alloc(0)
    this.size = size
    this.topics = new Uint8Array(size)
    this.times = new Float64Array(size)
    this.#keys = new Array(size).fill(empty)
    this.#values = new Array(size).fill(empty)
    this.#bounds = new Int32Array(4 * size)
    this.#positions = new Float64Array(size)
    this.#appendedAt = new Float64Array(size)
    this.key = empty
    this.value = empty
  }

  /** Takes what comes next from the merge, as much as it gives and there is room for. `faults`: of the heads, by topic. */
  fillFrom(merge: Merge, faults: readonly (CodedError | undefined)[]): void {
    this.count = 0
    if (this.faults.size > 0) this.faults.clear()
    while (this.count < this.size) {
      const topic = merge.next()
      if (topic < 0) return
      const fault = faults[topic]
      if (fault) this.faults.set(this.count, fault)
      this.#add(topic, merge.time(topic), merge.head(topic))
      merge.take(topic)
    }
  }

  /** Positions by topic from which to go on when the records from `first` on are still to be handled; `taken`: the merge's. */
  positionsAt(first: number, taken: readonly number[]): number[] {
    const positions = [...taken]
    for (let i = this.count - 1; i >= first; i--) positions[this.topics[i] as number] = this.#positions[i] as number
    return positions
  }

  #add(topic: number, time: number, record: RecordView): void {
    const i = this.count++
    this.topics[i] = topic
    this.times[i] = time
    this.#keys[i] = record.key
    this.#values[i] = record.value
    const at = 4 * i
    this.#bounds[at] = record.keyStart
    this.#bounds[at + 1] = record.keyEnd
    this.#bounds[at + 2] = record.valueStart
    this.#bounds[at + 3] = record.valueEnd
    this.#positions[i] = record.position
    this.#appendedAt[i] = record.appendedAt
  }

  /** Makes this the view of record i. */
  select(i: number): void {
    const at = 4 * i
    this.key = this.#keys[i] as Buffer
    this.value = this.#values[i] as Buffer
    this.keyStart = this.#bounds[at] as number
    this.keyEnd = this.#bounds[at + 1] as number
    this.valueStart = this.#bounds[at + 2] as number
    this.valueEnd = this.#bounds[at + 3] as number
    this.position = this.#positions[i] as number
    this.appendedAt = this.#appendedAt[i] as number
  }
}
