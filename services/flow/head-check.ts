import { CodedError } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import type { Codec, Envelope } from '../records/codec.ts'
import { eventTypes, type Topic } from '../topology.ts'
import type { RecordView } from './event-log.ts'
import type { HeadReader } from './merge.ts'
import { murmur2 } from './partition.ts'
import { type RerunInHand, readRerun } from './reruns.ts'

/** Bytes of a subscriber id at most. */
export const keyBytesMax = 64
const comesOutAtOnce = Number.NEGATIVE_INFINITY
const notReady = Number.NaN

/**
 * Looks at a record when it gets to the head of its topic: reads the time by which it is merged, and finds what makes it
 * a dead letter before any state is touched. Such a record comes out at once and moves no clock.
 */
export class HeadCheck implements HeadReader {
  /** What is wrong with the topic's head; undefined: nothing. */
  readonly faults: (CodedError | undefined)[]
  /** Schema ids that have to be fetched before their records can be read. */
  readonly unlearnt = new Set<number>()
  readonly #topics: readonly Topic[]
  readonly #isEvent: readonly boolean[]
  readonly #codec: Codec
  readonly #shard: ShardId
  readonly #shards: number
  readonly #futureToleranceMs: number
  /** Whose re-runs are looked into; the others are somebody else's. */
  readonly #service: string
  /** Position of the request for which a schema was asked for again that the registry hadn't known. */
  #askedAgain = -1
  readonly #envelope: Envelope = { time: 0, subscriberStart: 0, subscriberEnd: 0 }

  constructor(
    topics: readonly Topic[],
    codec: Codec,
    shard: ShardId,
    shards: number,
    futureToleranceMs: number,
    service = '',
  ) {
    this.#topics = topics
    this.#isEvent = topics.map(({ schema }) => (eventTypes as readonly string[]).includes(schema))
    this.#codec = codec
    this.#shard = shard
    this.#shards = shards
    this.#futureToleranceMs = futureToleranceMs
    this.#service = service
    this.faults = topics.map(() => undefined)
  }

  timeOf(topic: number, record: RecordView): number {
    this.faults[topic] = undefined
    const { value, valueStart, valueEnd } = record
    const schemaId = this.#codec.schemaIdOf(value, valueStart, valueEnd)
    if (schemaId >= 0 && !this.#codec.isLearnt(schemaId)) {
      this.unlearnt.add(schemaId)
      return notReady
    }
    const envelope = this.#envelope
    const name = (this.#topics[topic] as Topic).schema
    if (!this.#codec.readEnvelope(name, value, valueStart, valueEnd, envelope)) {
      return this.#fault(topic, this.#undecodable(name, record))
    }
    const length = envelope.subscriberEnd - envelope.subscriberStart
    if (length < 1 || length > keyBytesMax) {
      const reason = `subscriber_id has ${length} bytes; it must have 1 to ${keyBytesMax}`
      return this.#fault(topic, new CodedError('KM_RECORD_OUT_OF_RANGE', reason))
    }
    if (!sameBytes(record, envelope)) {
      return this.#fault(topic, new CodedError('KM_KEY_MISMATCH', "the record's key is not its subscriber_id"))
    }
    if ((murmur2(record.key, record.keyStart, record.keyEnd) & 0x7fffffff) % this.#shards !== this.#shard) {
      return this.#fault(
        topic,
        new CodedError(
          'KM_PARTITION_MISPLACED',
          `the key does not belong to partition ${this.#shard}: its producer must partition by murmur2 (librdkafka: partitioner=murmur2_random)`,
        ),
      )
    }
    if (this.#isEvent[topic] && envelope.time > record.appendedAt + this.#futureToleranceMs && record.appendedAt > 0) {
      return this.#fault(
        topic,
        new CodedError(
          'KM_EVENT_FUTURE',
          `event_time ${iso(envelope.time)} is more than ${this.#futureToleranceMs} ms ahead of its arrival at ${iso(record.appendedAt)}`,
        ),
      )
    }
    if (name === 'rerun') return this.#timeOfRerun(topic, record, envelope.time)
    return envelope.time
  }

  /** What is to be handled once more is looked at as if it had come now, but it is merged by the time of the request. */
  #timeOfRerun(topic: number, record: RecordView, requestedAt: number): number {
    const { rerun, topic: own, view } = this.#readRerun(topic, record)
    if (!rerun) return comesOutAtOnce
    if (rerun.service !== this.#service || rerun.action !== 'rerun') return requestedAt
    if (own < 0) {
      return this.#fault(topic, new CodedError('KM_RERUN_TOPIC', `${this.#service} does not read '${rerun.topic}'`))
    }
    const schemaId = this.#codec.schemaIdOf(view.value, view.valueStart, view.valueEnd)
    if (schemaId >= 0 && !this.#codec.writerSchema(schemaId) && this.#askedAgain !== record.position) {
      this.#askedAgain = record.position
      this.unlearnt.add(schemaId)
      return notReady
    }
    // What is wrong with it is of the request: the head of its own topic is another record.
    const faultOfHead = this.faults[own]
    const time = this.timeOf(own, view)
    const fault = this.faults[own]
    this.faults[own] = faultOfHead
    if (Number.isNaN(time)) return notReady
    return fault ? this.#fault(topic, fault) : requestedAt
  }

  #readRerun(topic: number, record: RecordView): Partial<RerunInHand> & Pick<RerunInHand, 'topic' | 'view'> {
    try {
      return readRerun(this.#codec, this.#topics, record)
    } catch (error) {
      this.#fault(topic, error instanceof CodedError ? error : new CodedError('KM_RECORD_UNDECODABLE', String(error)))
      return { topic: -1, view: record }
    }
  }

  /** Schemas that will be needed, though no record at hand has them. */
  expect(ids: readonly number[]): void {
    for (const id of ids) if (!this.#codec.isLearnt(id)) this.unlearnt.add(id)
  }

  /** Fetches the schemas that are missing. @throws CodedError KM_REGISTRY_UNAVAILABLE (canRetry) */
  async learn(): Promise<void> {
    for (const id of this.unlearnt) {
      await this.#codec.learn(id)
      this.unlearnt.delete(id)
    }
  }

  #fault(topic: number, error: CodedError): number {
    this.faults[topic] = error
    return comesOutAtOnce
  }

  /** The reason in the codec's own words. */
  #undecodable(name: Topic['schema'], { value, valueStart, valueEnd }: RecordView): CodedError {
    try {
      this.#codec.decode(name, value, valueStart, valueEnd)
    } catch (error) {
      if (error instanceof CodedError) return error
      return new CodedError('KM_RECORD_UNDECODABLE', String(error))
    }
    return new CodedError('KM_RECORD_UNDECODABLE', 'id, subscriber_id and time could not be read')
  }
}

function sameBytes(record: RecordView, envelope: Envelope): boolean {
  const length = record.keyEnd - record.keyStart
  if (length !== envelope.subscriberEnd - envelope.subscriberStart) return false
  for (let i = 0; i < length; i++) {
    if (record.key[record.keyStart + i] !== record.value[envelope.subscriberStart + i]) return false
  }
  return true
}

const iso = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : `${time} ms since 1970`
