import { CodedError } from '../domain/errors.ts'
import { deterministicId } from '../domain/ids.ts'
import type { DeadLetter, Rerun } from '../records/types.ts'
import { type Topic, topics } from '../topology.ts'
import type { RecordView } from './event-log.ts'
import { keyBytesMax } from './head-check.ts'
import type { Context } from './processor.ts'
import { readRerun } from './reruns.ts'
import type { ShardParts } from './shard-parts.ts'

const reasonLengthMax = 500
const noBytes = Buffer.alloc(0)

type Parts = Pick<ShardParts<never, never>, 'node' | 'shard' | 'codec' | 'clock' | 'observer'>
type Place = Pick<DeadLetter, 'topic' | 'position' | 'key' | 'value' | 'appended_at'>

/** Puts what a shard could not handle into its outbox: with the reason, the place and the bytes. */
export class DeadLetters {
  readonly #parts: Parts
  readonly #context: Pick<Context, 'clock' | 'emit'>

  constructor(parts: Parts, context: Pick<Context, 'clock' | 'emit'>) {
    this.#parts = parts
    this.#context = context
  }

  ofRecord(topic: number, record: RecordView, error: unknown): void {
    const { node, codec } = this.#parts
    const { name, schema } = node.reads[topic] as Topic
    if (schema === 'rerun') {
      const rerun = this.#rerunIn(() => readRerun(codec, node.reads, record).rerun)
      if (rerun) {
        this.ofRerun(rerun, error)
        return
      }
    }
    const place = {
      topic: name,
      position: record.position,
      key: record.key.subarray(record.keyStart, record.keyEnd),
      value: record.value.subarray(record.valueStart, record.valueEnd),
      appended_at: Math.max(record.appendedAt, 0),
    }
    this.#write(place, error, record)
  }

  /** Of a dead letter's record that failed again: the letter is about the record, at its own place. */
  ofRerun(rerun: Rerun, error: unknown): void {
    const { topic, position, value, appended_at, attempt, origin_id } = rerun
    const place = { topic, position, key: Buffer.from(rerun.subscriber_id), value, appended_at }
    this.#write(place, error, undefined, { shard: rerun.shard, attempt, origin_id })
  }

  #rerunIn(read: () => Rerun): Rerun | undefined {
    try {
      return read()
    } catch {
      return undefined
    }
  }

  /**
   * Of something without a record. `position` tells one from another: the time since when a timer fails, so that all its
   * failures are one letter, and the number of the last commit for the result of an effect.
   */
  ofKey(key: string, what: string, position: number, error: unknown): void {
    this.#write(
      { topic: what, position, key: Buffer.from(key), value: noBytes, appended_at: this.#now },
      error,
      undefined,
    )
  }

  #write(
    place: Place,
    error: unknown,
    record: RecordView | undefined,
    again?: { readonly shard: number; readonly attempt: number; readonly origin_id: string },
  ): void {
    const { node, codec, observer } = this.#parts
    const shard = again?.shard ?? this.#parts.shard
    const code = error instanceof CodedError ? error.code : 'KM_STEP_FAILED'
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, reasonLengthMax)
    const subscriber = place.key.length <= keyBytesMax ? place.key.toString() : ''
    // A position tells records apart; timers and results of one group have the same.
    const about = again ? `attempt ${again.attempt}` : record ? '' : subscriber
    const value = codec.encode(topics.deadLetters, {
      dead_letter_id: deterministicId(
        'dead-letter',
        node.name,
        place.topic,
        String(shard),
        String(place.position),
        about,
      ),
      subscriber_id: subscriber,
      failed_at: this.#now,
      service: node.name,
      shard,
      code,
      reason,
      ...place,
      ...(again && { attempt: again.attempt, origin_id: again.origin_id }),
    })
    this.#context.emit(topics.deadLetters, subscriber, value)
    observer.deadLetter(this.#parts.shard, code, reason, place.topic, record)
  }

  get #now(): number {
    return Math.max(this.#parts.clock.now(), this.#context.clock, 0)
  }
}
