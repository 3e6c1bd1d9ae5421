import type { KafkaMessage } from 'kafkajs'
import type { RecordBatch } from '../../event-log.ts'

const nothing = Buffer.alloc(0)

/** A cursor over the messages that kafkajs decoded; makes no further object per record. */
export class KafkaRecordBatch implements RecordBatch {
  readonly count: number
  readonly nextPosition: number
  readonly bytes: number
  readonly atEnd: boolean
  readonly keyStart = 0
  readonly valueStart = 0
  key: Buffer = nothing
  keyEnd = 0
  value: Buffer = nothing
  valueEnd = 0
  position = -1

  readonly #messages: readonly KafkaMessage[]
  /** Offset of the first message if none is missing up to the last, else -1: each offset is a string to be parsed. */
  readonly #contiguousFrom: number
  #next = 0
  #time = ''
  #appendedAt = 0

  /** The first `count` of the messages. */
  constructor(messages: readonly KafkaMessage[], nextPosition: number, atEnd: boolean, count = messages.length) {
    this.#messages = messages
    this.count = count
    this.nextPosition = nextPosition
    this.atEnd = atEnd
    let bytes = 0
    for (let i = 0; i < count; i++) {
      const message = messages[i] as KafkaMessage
      bytes += (message.key?.length ?? 0) + (message.value?.length ?? 0)
    }
    this.bytes = bytes
    const first = Number(messages[0]?.offset ?? 0)
    const last = Number(messages[count - 1]?.offset ?? -1)
    this.#contiguousFrom = last - first === count - 1 ? first : -1
  }

  next(): boolean {
    if (this.#next >= this.count) return false
    const message = this.#messages[this.#next] as KafkaMessage
    this.position = this.#contiguousFrom < 0 ? Number(message.offset) : this.#contiguousFrom + this.#next
    this.#next++
    this.key = message.key ?? nothing
    this.keyEnd = this.key.length
    this.value = message.value ?? nothing
    this.valueEnd = this.value.length
    return true
  }

  get appendedAt(): number {
    const { timestamp } = this.#messages[this.#next - 1] as KafkaMessage
    if (timestamp !== this.#time) {
      this.#time = timestamp
      this.#appendedAt = Number(timestamp)
    }
    return this.#appendedAt
  }

  /** What of the batch lies before position `to`. */
  before(to: number): KafkaRecordBatch {
    if (this.nextPosition <= to) return this
    let count = this.count
    while (count > 0 && Number(this.#messages[count - 1]?.offset) >= to) count--
    return new KafkaRecordBatch(this.#messages, to, this.atEnd, count)
  }
}

/** Says that there is nothing from `position` on. */
export const emptyBatch = (position: number): KafkaRecordBatch => new KafkaRecordBatch([], position, true)
