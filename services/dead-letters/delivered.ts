import { deterministicId, type ShardId } from '../domain/ids.ts'
import type { RecordBatch } from '../flow/event-log.ts'
import { shardOf } from '../flow/partition.ts'
import { type EventType, type Topic, topics } from '../topology.ts'
import { type ReadRecord, readOf } from './identity.ts'
import { eachOf, eachRecord, type Reading } from './read-records.ts'

/** Newest records of a shard of a topic that are looked through, at most. */
const recordsMost = 5_000_000

export interface Delivered {
  /** Identities of events of which another copy was on the log in time: they count already. */
  readonly inTime: ReadonlySet<string>
  /** Identities of which that isn't known: the log holds more than is looked through. */
  readonly unknown: ReadonlySet<string>
}

/** A copy of an event on its own topic. */
interface Copy {
  readonly identity: string
  readonly lateId: string
  readonly place: string
  readonly appendedAt: number
}

/**
 * Which events came again by themselves (a producer that was mended sent them once more) and count: the memory of seen ids
 * covers the grace only, and a re-run has no grace, so that the log is asked. A copy that was late, or is a dead letter itself,
 * doesn't count. Reads each shard that is concerned once, and decodes only what is of these subscribers.
 */
export async function deliveredInTime(reading: Reading, events: readonly ReadRecord[]): Promise<Delivered> {
  const { log } = reading
  const unknown = new Set<string>()
  const copies: Copy[] = []
  for (const [topic, byShard] of grouped(events, log.shards)) {
    const [ends = []] = await log.ends([topic.name])
    for (const [shard, wanted] of byShard) {
      const end = ends[shard] ?? 0
      const from = Math.max(0, end - recordsMost)
      if (from > 0) for (const { identity } of wanted) unknown.add(identity)
      const subscribers = new Set(wanted.map(({ subscriber }) => subscriber))
      const identities = new Set(wanted.map(({ identity }) => identity))
      await eachOf(log, topic.name, shard, from, end, async (batch) => {
        if (!subscribers.has(batch.key.toString('utf8', batch.keyStart, batch.keyEnd))) return
        const copy = await copyOf(reading, topic, shard, batch)
        if (copy && identities.has(copy.identity)) copies.push(copy)
      })
    }
  }
  if (copies.length === 0) return { inTime: new Set(), unknown }
  const without = await countNotAtAll(reading, copies)
  return { inTime: new Set(copies.filter((copy) => !without.has(copy)).map(({ identity }) => identity)), unknown }
}

/** Events by topic and by the shard of their subscriber. */
function grouped(events: readonly ReadRecord[], shards: number): Map<Topic, Map<ShardId, ReadRecord[]>> {
  const byTopic = new Map<Topic, Map<ShardId, ReadRecord[]>>()
  for (const event of events) {
    const shard = shardOf(event.subscriber, shards)
    const byShard = byTopic.get(event.topic) ?? new Map<ShardId, ReadRecord[]>()
    byTopic.set(event.topic, byShard.set(shard, [...(byShard.get(shard) ?? []), event]))
  }
  return byTopic
}

async function copyOf(
  { codec }: Reading,
  topic: Topic,
  shard: ShardId,
  { value, valueStart, valueEnd, position, appendedAt }: RecordBatch,
): Promise<Copy | undefined> {
  const id = codec.schemaIdOf(value, valueStart, valueEnd)
  if (id < 0) return undefined
  if (!codec.isLearnt(id)) await codec.learn(id)
  try {
    const event = codec.decode(topic.schema as EventType, value, valueStart, valueEnd)
    return {
      identity: readOf(topic, event).identity,
      lateId: deterministicId('late', topic.schema, event.source, event.event_id),
      place: placeOf(topic.name, shard, position),
      appendedAt: Math.max(0, appendedAt),
    }
  } catch {
    return undefined
  }
}

/** The copies that are on the late path, or are dead letters of detect. */
async function countNotAtAll(reading: Reading, copies: readonly Copy[]): Promise<ReadonlySet<Copy>> {
  const without = new Set<Copy>()
  const byLateId = new Map<string, Copy[]>()
  const byPlace = new Map(copies.map((copy) => [copy.place, copy]))
  for (const copy of copies) byLateId.set(copy.lateId, [...(byLateId.get(copy.lateId) ?? []), copy])
  await eachRecord(reading, topics.late, ({ late_event_id, appended_at }) => {
    for (const copy of byLateId.get(late_event_id) ?? []) if (copy.appendedAt === appended_at) without.add(copy)
  })
  await eachRecord(reading, topics.deadLetters, ({ service, topic, shard, position }) => {
    const copy = service === 'detect' ? byPlace.get(placeOf(topic, shard, position)) : undefined
    if (copy) without.add(copy)
  })
  return without
}

const placeOf = (topic: string, shard: number, position: number): string => `${topic} ${shard} ${position}`
