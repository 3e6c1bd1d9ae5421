import { CodedError } from '../domain/errors.ts'
import { type ShardId, shardId } from '../domain/ids.ts'
import type { EventLog } from '../flow/event-log.ts'
import { decodeOutbox } from '../flow/outbox.ts'
import { shardOf } from '../flow/partition.ts'
import { decodeProgress, type Progress } from '../flow/progress.ts'
import type { ShardStore, StateStore } from '../flow/state-store.ts'
import type { Codec } from '../records/codec.ts'
import { type ServiceNode, serviceNodes } from '../topology.ts'
import { copiedTopics, copyLog } from './copy-log.ts'
import { writeShard } from './write-shard.ts'

/** Log and states of one system. */
export interface Stores {
  readonly log: EventLog
  readonly store: StateStore
}

export interface SplitReport {
  readonly records: number
  readonly states: number
  readonly timers: number
}

/** A shard of the old system as it was found at rest. */
interface RestingShard {
  readonly node: ServiceNode
  readonly shard: ShardId
  readonly owner: ShardStore
  readonly progress: Progress
}

/**
 * Makes of a system another one with more shards: every record of its log and every state, timer and progress of its
 * services. The old system must be stopped and at the end of its log; it stays as it is, so that it can be gone back to.
 *
 * The number must be a multiple: then each new shard has its subscribers of one old shard only, so that the order of
 * their records stays, and what the processors keep by shard (layouts, schemas) holds for both.
 * @throws CodedError KM_SHARDS_NUMBER, KM_SHARDS_BUSY (the old system runs, or has something left to do),
 *   KM_SHARDS_NOT_EMPTY (the new one has records or states already: give it other prefixes)
 */
export async function splitShards(
  from: Stores & { readonly codec: Codec },
  to: Stores,
  say: (line: string) => void,
): Promise<SplitReport> {
  const [few, many] = [from.log.shards, to.log.shards]
  if (many <= few || many % few !== 0) {
    throw new CodedError(
      'KM_SHARDS_NUMBER',
      `${few} shards become a multiple of them (${2 * few}, ${3 * few}…), not ${many}`,
    )
  }
  await refuseUsed(to)
  const resting = await claimAll(from)
  const before = await endsOf(from.log)
  say(`${resting.length} shards of services are at rest; copies the log`)
  const records = await copyLog(from.log, to.log, from.codec)
  say(`${records} records copied; copies the states`)

  const ends = await endsOf(to.log)
  let states = 0
  let timers = 0
  for (const one of resting) {
    for (let number: number = one.shard; number < many; number += few) {
      const shard = shardId(number)
      const isOf = (key: string) => shardOf(key, many) === shard
      const written = await writeShard(await claimNew(to, one.node, shard), one.owner, {
        isOf,
        progress: progressOf(one.progress, one.node, (name) => ends.get(name)?.[number] ?? 0, isOf),
      })
      states += written.states
      timers += written.timers
    }
  }
  await refuseMoved(from, resting, before)
  say(`${states} states and ${timers} timers of ${few} shards are now in ${many}`)
  return { records, states, timers }
}

/** The new shard goes on at the end of what was copied. */
function progressOf(
  old: Progress,
  { reads, writes }: ServiceNode,
  end: (topic: string) => number,
  isOf: (key: string) => boolean,
): Progress {
  const at = (topics: readonly { readonly name: string }[]) =>
    Object.fromEntries(topics.map(({ name }) => [name, end(name)]))
  const { failing } = old
  const own = failing && Object.fromEntries(Object.entries(failing).filter(([key]) => isOf(key)))
  return { ...old, positions: at(reads), ends: at(writes), ...(own && { failing: own }) }
}

/** Claims every shard that has state, which ends whoever still works on it. */
async function claimAll({ log, store }: Stores): Promise<RestingShard[]> {
  const found: RestingShard[] = []
  for (const node of Object.values<ServiceNode>(serviceNodes)) {
    for (let number = 0; number < log.shards; number++) {
      const shard = shardId(number)
      const owner = await store.claim(node.name, shard)
      // Nothing was ever committed: nothing to go on from, neither there nor in the new system.
      if (owner.stored.sequence === 0) continue
      const progress = decodeProgress(owner.stored.progress)
      await refuseBusy(log, node, shard, progress, owner)
      found.push({ node, shard, owner, progress })
    }
  }
  return found
}

async function refuseBusy(
  log: EventLog,
  node: ServiceNode,
  shard: ShardId,
  progress: Progress,
  { stored }: ShardStore,
): Promise<void> {
  const names = node.reads.map(({ name }) => name)
  const ends = await log.ends(names)
  const left = names.filter((name, i) => (progress.positions[name] ?? 0) < (ends[i]?.[shard] ?? 0))
  if (left.length > 0 || progress.adopted || progress.letters !== undefined) {
    throw busy(`${node.name}, shard ${shard} has not read all of ${left.join(', ') || 'its own outputs'}`)
  }
  // They are counted for the shard as a whole: whose they are isn't known here.
  if (Object.keys(progress.waiting ?? {}).length > 0) {
    throw busy(`${node.name}, shard ${shard} has messages that wait for a channel (keymoment_channel_queue)`)
  }
  const pending = new Set(stored.outbox.flatMap(({ bytes }) => decodeOutbox(bytes)).map(fingerprint))
  if (pending.size === 0) return
  for (const { name } of node.writes) {
    const [own = []] = await log.ends([name])
    for await (const batch of log.read(name, shard, progress.ends[name] ?? 0, own[shard] ?? 0)) {
      while (batch.next()) {
        pending.delete(fingerprint({ topic: name, value: batch.value.subarray(batch.valueStart, batch.valueEnd) }))
      }
    }
  }
  if (pending.size > 0) throw busy(`${node.name}, shard ${shard} has ${pending.size} outputs that are not on the log`)
}

/** Nobody went on with the old system meanwhile. */
async function refuseMoved(
  from: Stores,
  resting: readonly RestingShard[],
  before: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  for (const { node, shard, owner } of resting) {
    const { stored } = await from.store.claim(node.name, shard)
    if (stored.sequence !== owner.stored.sequence) throw busy(`${node.name}, shard ${shard} was worked on meanwhile`)
  }
  const after = await endsOf(from.log)
  for (const [name, ends] of before) {
    if (ends.some((end, i) => end !== after.get(name)?.[i])) throw busy(`${name} got records meanwhile`)
  }
}

async function refuseUsed({ log, store }: Stores): Promise<void> {
  for (const [name, ends] of await endsOf(log)) {
    if (ends.some((end) => end > 0)) throw used(`${name} has records`)
  }
  for (const { name } of Object.values<ServiceNode>(serviceNodes)) {
    for (let number = 0; number < log.shards; number++) {
      const { stored } = await store.claim(name, shardId(number))
      if (stored.sequence > 0) throw used(`${name}, shard ${number} has states`)
    }
  }
}

async function claimNew({ store }: Stores, { name }: ServiceNode, shard: ShardId): Promise<ShardStore> {
  const owner = await store.claim(name, shard)
  if (owner.stored.sequence > 0) throw used(`${name}, shard ${shard} has states`)
  return owner
}

async function endsOf(log: EventLog): Promise<Map<string, readonly number[]>> {
  const names = copiedTopics.map(({ name }) => name)
  const ends = await log.ends(names)
  return new Map(names.map((name, i) => [name, ends[i] ?? []]))
}

const busy = (what: string): CodedError =>
  new CodedError(
    'KM_SHARDS_BUSY',
    `${what}: stop the producers, let the services come to the end, stop them, and begin again with other prefixes`,
  )

const used = (what: string): CodedError =>
  new CodedError('KM_SHARDS_NOT_EMPTY', `in the new system ${what}: give it kafka.prefix and redis.prefix of its own`)

const fingerprint = ({ topic, value }: { readonly topic: string; readonly value: Uint8Array }): string =>
  `${topic} ${Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')}`
