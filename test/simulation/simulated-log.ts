import { CodedError } from '../../services/domain/errors.ts'
import type { ShardId } from '../../services/domain/ids.ts'
import { abortable } from '../../services/flow/abortable.ts'
import type {
  AppendedTo,
  AppendRecord,
  EventLog,
  JoinOptions,
  RecordBatch,
  RecordSink,
  ShardFeed,
} from '../../services/flow/event-log.ts'
import { murmur2, shardOf } from '../../services/flow/partition.ts'
import type { Chaos } from './chaos.ts'
import type { CallFaults, Process } from './process.ts'
import { SimulatedGroup } from './simulated-group.ts'
import type { World } from './world.ts'

/** A record as it lies on the log. */
export interface Kept {
  readonly shard: ShardId
  readonly position: number
  /** True time. */
  readonly appendedAt: number
  readonly key: Buffer
  readonly value: Buffer
}

interface Stream {
  readonly name: string
  readonly records: Kept[]
  readonly waiting: Set<() => void>
}

const code = 'KM_LOG_UNAVAILABLE'
const appending: CallFaults = { refused: 'append-refused', unanswered: 'append-unanswered', slow: 'append-slow' }
const reading: CallFaults = { refused: 'read-failed', unanswered: 'read-failed', slow: 'read-slow' }

/** The brokers: all topics, and the groups of their readers. */
export class SimulatedLog {
  readonly shards: number
  readonly #world: World
  readonly #chaos: Chaos
  readonly #streams = new Map<string, Stream[]>()
  readonly #groups = new Map<string, SimulatedGroup>()

  constructor(world: World, chaos: Chaos, shards: number) {
    this.#world = world
    this.#chaos = chaos
    this.shards = shards
  }

  /** Every record of a topic, shard by shard. */
  recordsOf(topic: string): readonly Kept[] {
    return this.#streamsOf(topic).flatMap(({ records }) => records)
  }

  /** Takes records at once, as from a producer that needs no answer. */
  take(records: readonly AppendRecord[]): AppendedTo[] {
    return records.map((record) => {
      const shard = shardOf(record.key, this.shards)
      const stream = this.#streamsOf(record.topic)[shard] as Stream
      const value = Buffer.from(record.value)
      const position = stream.records.length
      stream.records.push({
        shard,
        position,
        appendedAt: Math.floor(this.#world.time),
        key: Buffer.from(record.key),
        value,
      })
      this.#world.note(`${stream.name} ${position} ${murmur2(value)}`)
      for (const wake of stream.waiting) wake()
      stream.waiting.clear()
      return { topic: record.topic, shard, end: position + 1 }
    })
  }

  groupOf(name: string): SimulatedGroup {
    const group = this.#groups.get(name) ?? new SimulatedGroup(this.#world, this.shards)
    this.#groups.set(name, group)
    return group
  }

  /** The process is gone, as far as the coordinators of these groups know. */
  evict(process: Process, groups: readonly string[]): void {
    for (const group of groups) void this.groupOf(group).evict(process)
  }

  rebalance(groups: readonly string[]): void {
    for (const group of groups) void this.groupOf(group).rebalance()
  }

  /** The log as a process sees it. */
  seenBy(process: Process): EventLog {
    const gate = { last: 0 }
    const call = <T>(what: string, faults: CallFaults, action: () => T, signal?: AbortSignal) =>
      abortable(process.call(what, faults, code, action, gate), signal)
    return {
      shards: this.shards,
      append: (records) => call(`append ${records[0]?.topic}`, appending, () => this.#append(records)),
      ends: (topics, signal) =>
        call(
          'ends',
          reading,
          () => topics.map((topic) => this.#streamsOf(topic).map(({ records }) => records.length)),
          signal,
        ),
      begins: async (topics) => topics.map((topic) => this.#streamsOf(topic).map(() => 0)),
      read: (topic, shard, from, to, signal) => this.#read(call, topic, shard, from, to, signal),
      join: (options) =>
        this.groupOf(options.group).join(process, options, (shard) => this.#feed(process, options, shard)),
      close: async () => undefined,
    }
  }

  /** A request over several shards may be done in part. */
  #append(records: readonly AppendRecord[]): AppendedTo[] {
    if (records.length > 1 && this.#chaos.strikes('append-torn')) {
      const shards = new Set(records.map(({ topic }) => topic).filter(() => this.#chaos.random.chance(0.5)))
      this.take(records.filter(({ topic }) => shards.has(topic)))
      throw new CodedError(code, 'simulated', { canRetry: true })
    }
    return this.take(records)
  }

  async *#read(
    call: <T>(what: string, faults: CallFaults, action: () => T, signal?: AbortSignal) => Promise<T>,
    topic: string,
    shard: ShardId,
    from: number,
    to: number,
    signal?: AbortSignal,
  ): AsyncGenerator<RecordBatch> {
    const stream = this.#streamsOf(topic)[shard] as Stream
    for (let position = from; position < to; ) {
      const next = Math.min(to, position + 1 + this.#world.random.whole(50))
      const batch = await call(`read ${topic}`, reading, () => batchOf(stream, position, next), signal)
      position = batch.nextPosition
      yield batch
    }
  }

  #feed(process: Process, { topics }: JoinOptions, shard: ShardId): ShardFeed & { end(): void } {
    const { random } = this.#world
    let beginning = 0
    const paused = new Set<number>()
    const idle = new Map<number, () => void>()
    const poll = (sink: RecordSink, topic: number, position: number, own: number, fresh: boolean) => {
      if (own !== beginning) return
      const stream = this.#streamsOf(topics[topic] as string)[shard] as Stream
      const again = () => poll(sink, topic, position, own, false)
      if (paused.has(topic)) return void idle.set(topic, again)
      if (!fresh && position >= stream.records.length) {
        stream.waiting.add(() => this.#world.after(random.next() * 5, `${process.name} fetches`, again))
        return
      }
      const batch = batchOf(stream, position, Math.min(stream.records.length, position + 1 + random.whole(100)))
      // Far within the grace: who hears later than that can't know what it misses.
      const late = this.#chaos.strikes('delivery-slow') ? random.next() * 60_000 : random.next() * 20
      process.later(late, `gets ${stream.name} ${position}`, () => {
        if (own !== beginning) return
        sink.push(topic, batch)
        poll(sink, topic, batch.nextPosition, own, false)
      })
    }
    return {
      start: (positions, sink) => {
        const own = ++beginning
        paused.clear()
        idle.clear()
        for (const topic of topics.keys()) poll(sink, topic, positions[topic] ?? 0, own, true)
      },
      pause: (topic) => void paused.add(topic),
      resume(topic) {
        paused.delete(topic)
        const again = idle.get(topic)
        idle.delete(topic)
        again?.()
      },
      progress: () => undefined,
      end() {
        beginning = Number.POSITIVE_INFINITY
      },
    }
  }

  #streamsOf(topic: string): Stream[] {
    const streams =
      this.#streams.get(topic) ??
      Array.from({ length: this.shards }, (_, shard) => ({
        name: `${topic}.${shard}`,
        records: [],
        waiting: new Set<() => void>(),
      }))
    this.#streams.set(topic, streams)
    return streams
  }
}

const nothing = Buffer.alloc(0)

function batchOf({ records }: Stream, from: number, to: number): RecordBatch {
  const taken = records.slice(from, to)
  let at = -1
  const current = () => taken[at]
  return {
    count: taken.length,
    nextPosition: from + taken.length,
    bytes: taken.reduce((bytes, { key, value }) => bytes + key.length + value.length, 0),
    atEnd: from + taken.length === records.length,
    next: () => ++at < taken.length,
    get position() {
      return current()?.position ?? -1
    },
    get appendedAt() {
      return current()?.appendedAt ?? 0
    },
    get key() {
      return current()?.key ?? nothing
    },
    keyStart: 0,
    get keyEnd() {
      return current()?.key.length ?? 0
    },
    get value() {
      return current()?.value ?? nothing
    },
    valueStart: 0,
    get valueEnd() {
      return current()?.value.length ?? 0
    },
  }
}
