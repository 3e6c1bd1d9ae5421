import type { Codec } from '../records/codec.ts'
import { firstHeld, firstHeldBytes, hold, holdsTooMuch, takeFirst } from '../rules/engine/held-events.ts'
import type { CurrentEvent } from './event-in-hand.ts'
import type { ResidentRecords } from './resident-records.ts'

/** Puts a held event, which lies at the beginning of `bytes`, through the lane of settled rules. */
export type RunHeld = (type: number, bytes: Buffer, length: number) => void

/**
 * Events that wait until the grace of all types that settled rules read has passed, so that these rules see them in the order
 * of event time, type and id, in whatever order they came.
 */
export class SettledLane {
  private readonly codec: Codec
  private readonly records: ResidentRecords
  private bytes = Buffer.alloc(4096)
  private readonly taken = { type: -1 }

  constructor(codec: Codec, records: ResidentRecords) {
    this.codec = codec
    this.records = records
  }

  /** The event in hand waits. */
  hold(event: CurrentEvent, start: number, end: number): void {
    const { held, layouts } = this.records
    layouts.holds(this.codec.schemaIdOf(event.bytes, start, end))
    hold(held, event.time, event.type, event.bytes, start, end, event.idStart, event.idEnd)
  }

  /** The subscriber has too many of them: the first one's time has come. */
  get isFull(): boolean {
    return holdsTooMuch(this.records.held)
  }

  /** Event time of the first that waits; Infinity: none does. */
  get first(): number {
    return firstHeld(this.records.held)
  }

  /** Takes the first one out. */
  release(run: RunHeld): void {
    const { held } = this.records
    const needed = firstHeldBytes(held)
    // Another buffer than that of before: its event may be in hand still.
    if (needed > this.bytes.length) this.bytes = Buffer.alloc(2 * needed)
    const length = takeFirst(held, this.bytes, this.taken)
    run(this.taken.type, this.bytes, length)
  }
}
