import { CodedError, isCoded } from '../domain/errors.ts'
import { deterministicId } from '../domain/ids.ts'
import type { Codec } from '../records/codec.ts'
import type { Command, DeadLetter, Profile, RecordTypes } from '../records/types.ts'
import { allTopics, eventTypes, type SchemaName, serviceNodes, type Topic } from '../topology.ts'

/** A letter's record as it is read now. */
export interface ReadRecord {
  readonly topic: Topic
  readonly value: RecordTypes[SchemaName]
  readonly subscriber: string
  /** Event time, or when it was emitted. */
  readonly time: number
  /** The same for every copy of the record: source and event_id of an event, the id of anything else. */
  readonly identity: string
}

/**
 * Reads a letter's record with the schemas of now. One that the registry didn't know is asked for again.
 * @throws CodedError KM_DEAD_LETTER_NO_RECORD, KM_DEAD_LETTER_CUT, KM_DEAD_LETTER_KIND, and the codec's: it would fail again
 */
export async function readLetterRecord(codec: Codec, letter: DeadLetter): Promise<ReadRecord> {
  const { value: bytes } = letter
  const topic = allTopics.find(({ name }) => name === letter.topic)
  if (!topic) {
    const message = `it is about a ${letter.topic} and holds no record; a timer is tried again by itself`
    throw new CodedError('KM_DEAD_LETTER_NO_RECORD', message)
  }
  if (isCut(letter)) {
    const message = `it holds only the beginning of the record; the whole one is at ${letter.topic}, shard ${letter.shard}, position ${letter.position}`
    throw new CodedError('KM_DEAD_LETTER_CUT', message)
  }
  const reads: readonly Topic[] = Object.values(serviceNodes).find(({ name }) => name === letter.service)?.reads ?? []
  if (!reads.includes(topic) || topic.schema === 'rerun') {
    const message = `'${letter.service}' does not read ${letter.topic}: a record that it could not write is made anew from its input`
    throw new CodedError('KM_DEAD_LETTER_KIND', message)
  }
  const schemaId = codec.schemaIdOf(bytes, 0, bytes.length)
  if (schemaId >= 0 && codec.writerSchema(schemaId) === undefined) await codec.learn(schemaId)
  const value = codec.decode(topic.schema, bytes, 0, bytes.length)
  return readOf(topic, value)
}

export function readOf(topic: Topic, value: RecordTypes[SchemaName]): ReadRecord {
  const [id, subscriber, time] = Object.values(value) as [string, string, number]
  const isEvent = 'event_id' in value && 'source' in value
  const identity = isEvent ? deterministicId('event', topic.schema, value.source, value.event_id) : id
  return { topic, value, subscriber, time, identity }
}

export const isEventTopic = ({ schema }: Topic): boolean => (eventTypes as readonly string[]).includes(schema)

const isCut = ({ reason }: DeadLetter): boolean => / \(cut: it had \d+ bytes\)$/.test(reason)

/**
 * What may not be handled again, though it could be read.
 * @throws CodedError KM_DEAD_LETTER_CONSENT, KM_DEAD_LETTER_ENDS_IDENTITY
 */
export function refuseUnsafe(service: string, { topic, value }: ReadRecord): void {
  if (topic.schema === 'command') {
    const { purpose } = value as Command
    if (purpose !== 'marketing' && purpose !== 'care') return
    const message = `a command for ${purpose} rests on a consent of when it was decided, which deliver cannot ask again`
    throw new CodedError('KM_DEAD_LETTER_CONSENT', `${message}; it is purged, and the next moment is judged anew`)
  }
  // What decide knows goes by the times of what was said, whatever came first.
  if (service !== serviceNodes.detect.name || topic.schema !== 'profile' || (value as Profile).status !== 'deactivated')
    return
  const message = 'it ends the identity, with all that came since; send a new profile event with the time of now'
  throw new CodedError('KM_DEAD_LETTER_ENDS_IDENTITY', message)
}

export const codeOf = (error: unknown): { readonly code: string; readonly message: string } =>
  isCoded(error)
    ? { code: error.code, message: error.message }
    : { code: 'KM_RECORD_UNDECODABLE', message: String(error) }
