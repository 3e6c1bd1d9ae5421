import { randomUUID } from 'node:crypto'
import type { ShardId } from '../../../domain/ids.ts'
import { abortable } from '../../abortable.ts'
import type { JoinOptions, Membership, RecordBatch, ShardFeed } from '../../event-log.ts'
import { logUnavailable } from './client.ts'
import type { KafkaRecordBatch } from './record-batch.ts'

/** Unread bytes at which a read pauses its topic. */
const aheadBytes = 8 << 20
/** A topic's membership outlasts its last read by so long: shards that are taken over read one after the other. */
const lingerMs = 5_000
/** Nothing came for so long. */
const patienceMs = 60_000

export interface Reader {
  read(topic: string, shard: ShardId, from: number, to: number, signal?: AbortSignal): AsyncIterable<RecordBatch>
  close(): Promise<void>
}

/** All shards of one topic, in a group of their own: kafkajs can't fetch without one. */
interface Source {
  readonly membership: Promise<Membership>
  readonly feeds: Map<ShardId, PromiseWithResolvers<ShardFeed>>
  /** The end of the newest read, by shard: they take turns. */
  readonly turns: Map<ShardId, Promise<void>>
  readonly failed: PromiseWithResolvers<never>
  reads: number
  closing: NodeJS.Timeout | undefined
}

/** Reads ranges of topics outside the consumer groups of the services. */
export function createReader(join: (options: JoinOptions) => Promise<Membership>, clientId: string): Reader {
  const sources = new Map<string, Source>()

  function open(topic: string): Source {
    const feeds: Source['feeds'] = new Map()
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => {})
    const membership = join({
      group: `${clientId}-read-${randomUUID()}`,
      topics: [topic],
      assigned: (shard, feed) => feedOf(feeds, shard).resolve(feed),
      revoked: async (shard) => {
        feeds.delete(shard)
      },
      failed: failed.reject,
    })
    membership.catch((error) => {
      sources.delete(topic)
      failed.reject(error)
    })
    return { membership, feeds, turns: new Map(), failed, reads: 0, closing: undefined }
  }

  async function shut(topic: string, source: Source): Promise<void> {
    clearTimeout(source.closing)
    if (sources.get(topic) === source) sources.delete(topic)
    await source.membership.then((membership) => membership.leave()).catch(() => {})
  }

  async function* read(
    topic: string,
    shard: ShardId,
    from: number,
    to: number,
    signal?: AbortSignal,
  ): AsyncGenerator<RecordBatch> {
    signal?.throwIfAborted()
    if (from >= to) return
    const source = sources.get(topic) ?? open(topic)
    sources.set(topic, source)
    clearTimeout(source.closing)
    source.reads++
    const before = source.turns.get(shard) ?? Promise.resolve()
    const turn = Promise.withResolvers<void>()
    // One that gives up before its turn must not let the next one in before those ahead of it are through.
    source.turns.set(
      shard,
      before.then(() => turn.promise),
    )
    try {
      await abortable(before, signal)
      const feed = await abortable(Promise.race([feedOf(source.feeds, shard).promise, source.failed.promise]), signal)
      yield* readFeed(feed, from, to, source.failed.promise, `${topic} ${shard}`, signal)
    } finally {
      turn.resolve()
      source.reads--
      if (source.reads === 0) source.closing = setTimeout(() => void shut(topic, source), lingerMs).unref()
    }
  }

  return {
    read,
    async close() {
      await Promise.all([...sources].map(([topic, source]) => shut(topic, source)))
    },
  }
}

function feedOf(feeds: Source['feeds'], shard: ShardId): PromiseWithResolvers<ShardFeed> {
  const feed = feeds.get(shard) ?? Promise.withResolvers<ShardFeed>()
  feeds.set(shard, feed)
  return feed
}

async function* readFeed(
  feed: ShardFeed,
  from: number,
  to: number,
  failed: Promise<never>,
  what: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<RecordBatch> {
  const waiting: RecordBatch[] = []
  let bytes = 0
  let arrived = Promise.withResolvers<void>()
  let ended = false
  feed.start([from], {
    push(_, batch) {
      if (ended) return
      waiting.push(batch)
      bytes += batch.bytes
      if (bytes > aheadBytes || batch.nextPosition >= to) feed.pause(0)
      arrived.resolve()
    },
  })
  try {
    for (;;) {
      signal?.throwIfAborted()
      const batch = waiting.shift()
      if (!batch) {
        arrived = Promise.withResolvers()
        await withPatience(abortable(Promise.race([arrived.promise, failed]), signal), what)
        continue
      }
      bytes -= batch.bytes
      if (bytes <= aheadBytes && batch.nextPosition < to) feed.resume(0)
      const part = (batch as KafkaRecordBatch).before(to)
      if (part.count > 0) yield part
      // The end of the topic before `to`: what is missing was never there.
      if (batch.nextPosition >= to || batch.atEnd) return
    }
  } finally {
    ended = true
    feed.pause(0)
  }
}

async function withPatience<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(logUnavailable(`read ${what}`, new Error('nothing came'))), patienceMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
