import type { KeyedEffect } from './effects.ts'
import type { AppendRecord } from './event-log.ts'

/** What a shard gathers between two commits, beside the states that its processor changed. */
export class Group<Effect> {
  readonly outputs: AppendRecord[] = []
  readonly effects: KeyedEffect<Effect>[] = []
  /** Records by topic, in the order of the service's topics. */
  readonly records: number[]
  /** Records and timers in all. */
  count = 0
  /** When the first of it came, of `Scheduler.now`. */
  startedAt = 0
  /** Something was taken: positions or timers have moved. */
  touched = false

  constructor(topics: number) {
    this.records = new Array(topics).fill(0)
  }

  /** Somebody waits for what it puts out. */
  get isAwaited(): boolean {
    return this.outputs.length > 0 || this.effects.length > 0
  }

  /** Takes back what was put out behind these counts, by something that threw. Returns the effects. */
  takeBack(outputs: number, effects: number): readonly KeyedEffect<Effect>[] {
    this.outputs.length = outputs
    return this.effects.splice(effects)
  }
}
