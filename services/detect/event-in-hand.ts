import { registerOf } from '../rules/engine/event-registers.ts'
import type { EventInHand } from '../rules/engine/tracks/track.ts'

/** The event that tracks are told of; one object, filled anew for each. */
export class CurrentEvent implements EventInHand {
  time = 0
  type = 0
  bytes: Buffer = Buffer.alloc(0)
  idStart = 0
  idEnd = 0
  textStart = 0
  textEnd = 0
  horizon = 0

  take(registers: Float64Array, type: number, bytes: Buffer, horizon: number): void {
    this.time = registers[registerOf.eventTime] as number
    this.type = type
    this.bytes = bytes
    // Whole numbers, which engines keep apart from doubles.
    this.idStart = (registers[registerOf.eventIdStart] as number) | 0
    this.idEnd = (registers[registerOf.eventIdEnd] as number) | 0
    this.horizon = horizon
  }

  get id(): string {
    return this.bytes.toString('utf8', this.idStart, this.idEnd)
  }
}
