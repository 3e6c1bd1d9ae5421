import type { ShardId } from '../../services/domain/ids.ts'
import type { EventLog, Membership, RecordBatch, RecordSink, ShardFeed } from '../../services/flow/event-log.ts'

/** A record as a sink saw it, copied out of the cursor. */
export interface SeenRecord {
  readonly position: number
  readonly appendedAt: number
  readonly key: string
  readonly value: Buffer
}

/** What a batch said of itself. */
export interface SeenBatch {
  readonly count: number
  readonly bytes: number
  readonly atEnd: boolean
  readonly nextPosition: number
}

/** All that one sink was given, by topic; `faults` are breaches of what every sink is promised. */
export class RecordingSink implements RecordSink {
  readonly records: SeenRecord[][]
  readonly batches: SeenBatch[][]
  readonly faults: string[] = []
  onPush: ((topic: number) => void) | undefined
  #reached: number[]

  constructor(positions: readonly number[]) {
    this.#reached = [...positions]
    this.records = positions.map(() => [])
    this.batches = positions.map(() => [])
  }

  push(topic: number, batch: RecordBatch): void {
    const seen = drain(batch)
    const reached = this.#reached[topic] ?? 0
    for (const [i, { position }] of seen.entries()) {
      const least = i === 0 ? reached : (seen[i - 1]?.position ?? 0) + 1
      if (position < least) this.faults.push(`topic ${topic}: position ${position} after ${least - 1}`)
    }
    const last = seen.at(-1)
    if (last && batch.nextPosition <= last.position) this.faults.push(`nextPosition ${batch.nextPosition} repeats`)
    if (batch.nextPosition < reached) this.faults.push(`nextPosition ${batch.nextPosition} is behind ${reached}`)
    if (seen.length !== batch.count) this.faults.push(`count ${batch.count} for ${seen.length} records`)
    this.#reached[topic] = batch.nextPosition
    this.records[topic]?.push(...seen)
    const { count, bytes, atEnd, nextPosition } = batch
    this.batches[topic]?.push({ count, bytes, atEnd, nextPosition })
    this.onPush?.(topic)
  }

  texts(topic = 0): string[] {
    return (this.records[topic] ?? []).map(({ value }) => value.toString())
  }

  /** The newest batch of every topic said that it reached the end. */
  atEnd(): boolean {
    return this.batches.every((batches) => batches.at(-1)?.atEnd === true)
  }
}

/** A sink that wants to know what was dropped before it came: `topic from-to`. */
export class AttentiveSink extends RecordingSink {
  readonly gaps: string[] = []

  dropped(topic: number, from: number, to: number): void {
    this.gaps.push(`${topic} ${from}-${to}`)
  }
}

/** Copies what a batch holds. */
export function drain(batch: RecordBatch): SeenRecord[] {
  const seen: SeenRecord[] = []
  while (batch.next()) {
    seen.push({
      position: batch.position,
      appendedAt: batch.appendedAt,
      key: batch.key.toString('utf8', batch.keyStart, batch.keyEnd),
      value: Buffer.from(batch.value.subarray(batch.valueStart, batch.valueEnd)),
    })
  }
  return seen
}

export interface MemberOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** Starts a shard as soon as it is assigned, at these positions; left out, the test starts it. */
  readonly startAt?: (shard: ShardId) => readonly number[]
  readonly revoked?: (shard: ShardId) => Promise<void>
}

/** A member of a group which keeps what happened to it. */
export interface Member {
  readonly membership: Membership
  /** `+2` for assigned, `-2` for a revocation that was finished. */
  readonly happenings: readonly string[]
  readonly feeds: ReadonlyMap<ShardId, ShardFeed>
  readonly failures: readonly Error[]
  /** The sink of the shard's newest start. @throws Error when the shard was not started */
  sink(shard: ShardId): RecordingSink
  start(shard: ShardId, positions: readonly number[]): RecordingSink
  holds(): ShardId[]
}

export async function joinGroup(log: EventLog, options: MemberOptions): Promise<Member> {
  const happenings: string[] = []
  const feeds = new Map<ShardId, ShardFeed>()
  const sinks = new Map<ShardId, RecordingSink>()
  const failures: Error[] = []
  const start = (shard: ShardId, positions: readonly number[]) => {
    const feed = feeds.get(shard)
    if (!feed) throw new Error(`shard ${shard} is not assigned`)
    const sink = new RecordingSink(positions)
    sinks.set(shard, sink)
    feed.start(positions, sink)
    return sink
  }
  const membership = await log.join({
    group: options.group,
    topics: options.topics,
    assigned(shard, feed) {
      happenings.push(`+${shard}`)
      feeds.set(shard, feed)
      if (options.startAt) start(shard, options.startAt(shard))
    },
    async revoked(shard) {
      await options.revoked?.(shard)
      happenings.push(`-${shard}`)
      feeds.delete(shard)
    },
    failed: (error) => failures.push(error),
  })
  return {
    membership,
    happenings,
    feeds,
    failures,
    start,
    sink(shard) {
      const sink = sinks.get(shard)
      if (!sink) throw new Error(`shard ${shard} was not started`)
      return sink
    },
    holds: () => [...membership.shards()].sort((a, b) => a - b),
  }
}
