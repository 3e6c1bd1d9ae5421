import type { Processor } from './processor.ts'
import type { Stage } from './stage.ts'
import type { ShardStore } from './state-store.ts'
import type { Timers } from './timers.ts'

/** Sees to it that the states which a shard is about to need are in memory: one batch of look-ups for a whole stage. */
export class Residents {
  readonly #store: Pick<ShardStore, 'load'>
  readonly #processor: Pick<Processor, 'isResident' | 'admit'>
  /** All states that exist are in memory: nothing has to be looked up. */
  areComplete = false

  constructor(store: Pick<ShardStore, 'load'>, processor: Pick<Processor, 'isResident' | 'admit'>) {
    this.#store = store
    this.#processor = processor
  }

  /** Loads what the records of a stage need from the `first` on, and the first `most` that come due up to the last of them. */
  async forStage(stage: Stage, first: number, timers: Timers, clock: number, most: number): Promise<void> {
    if (this.areComplete) return
    let latest = clock
    const missing = new Set<string>()
    for (let i = first; i < stage.count; i++) {
      if (stage.faults.has(i)) continue
      stage.select(i)
      latest = Math.max(latest, stage.times[i] as number)
      if (!this.#processor.isResident(stage.key, stage.keyStart, stage.keyEnd)) {
        missing.add(stage.key.toString('utf8', stage.keyStart, stage.keyEnd))
      }
    }
    for (const key of timers.dueKeys(latest, most)) this.#addMissing(key, missing)
    await this.#load(missing)
  }

  /** Loads the first `most` that are due up to `until`. */
  async forTimers(timers: Timers, until: number, most: number): Promise<void> {
    if (!this.areComplete) await this.forKeys(timers.dueKeys(until, most))
  }

  async forKeys(keys: Iterable<string>): Promise<void> {
    if (this.areComplete) return
    const missing = new Set<string>()
    for (const key of keys) this.#addMissing(key, missing)
    await this.#load(missing)
  }

  #addMissing(key: string, missing: Set<string>): void {
    const bytes = Buffer.from(key)
    if (!this.#processor.isResident(bytes, 0, bytes.length)) missing.add(key)
  }

  async #load(keys: ReadonlySet<string>): Promise<void> {
    if (keys.size === 0) return
    const list = [...keys]
    const values = await this.#store.load(list)
    for (const [i, key] of list.entries()) this.#processor.admit(key, values[i] ?? null)
  }
}
