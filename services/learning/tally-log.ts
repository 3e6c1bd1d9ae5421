import { isCoded } from '../domain/errors.ts'
import { deterministicId, type ShardId } from '../domain/ids.ts'
import type { EventLog, RecordBatch, ShardFeed } from '../flow/event-log.ts'
import type { Scheduler } from '../flow/scheduler.ts'
import type { Codec } from '../records/codec.ts'
import type { Tally } from '../records/types.ts'
import { learnSchema, readWhole, wholeTopic } from '../records/whole-topics.ts'
import { topics } from '../topology.ts'
import { createFold, type Fold } from './fold.ts'

export interface TallyLogOptions {
  readonly log: EventLog
  readonly codec: Codec
  /** Counts shards too: those that no other process of the group has. Else it only reads what others counted. */
  readonly counts: boolean
  readonly scheduler: Scheduler
  /** An outcome that can't be read, and so isn't counted. */
  unreadable(position: number, problem: unknown): void
  /** Something was counted that wasn't known. */
  changed(): void
  failed(error: unknown): void
}

export interface TallyLog {
  /** The newest tally of each shard, in the order of their numbers. */
  readonly tallies: readonly Tally[]
  /** Resolves when what lies on the log is known here. @throws CodedError KM_LOG_UNAVAILABLE */
  refresh(signal: AbortSignal): Promise<void>
  /** Puts on the log what was counted since the last time. @throws CodedError KM_LOG_UNAVAILABLE */
  publish(): Promise<void>
  stop(): Promise<void>
}

/** One shard whose outcomes are counted here. */
interface Counted {
  readonly fold: Fold
  position: number
  /** Where it stands on the log, and since when. */
  published: number
  publishedAt: number
}

/** A tally is written anew after so long though nothing changed: the embedded log forgets by age. */
const againAfterMs = 3_600_000
const retryMs = 500

/**
 * Counts the outcomes of shards and tells all processes what they add up to. A tally names the position up to which it counted, and
 * follows from what is in front of that: whoever takes a shard over counts on from its newest tally, and should two count it for a while,
 * both say the same.
 * @throws CodedError KM_LOG_UNAVAILABLE
 */
export async function openTallyLog(options: TallyLogOptions): Promise<TallyLog> {
  const { log, codec, counts, scheduler, unreadable, changed, failed } = options
  const known = new Map<number, Tally>()
  const counted = new Map<ShardId, Counted>()
  const feeds = new Map<ShardId, ShardFeed>()
  const stopping = new AbortController()
  let handling = Promise.resolve()

  const tail = await readWhole({
    log,
    codec,
    reader: 'tallies',
    topics: [
      // One that can't be read is of another release: its shard is counted from the one before it.
      wholeTopic(topics.tallies, (tally) => {
        if (!tally || tally.position <= (known.get(tally.shard)?.position ?? -1)) return
        known.set(tally.shard, tally)
        changed()
      }),
    ],
    failed,
  })

  async function count(one: Counted, batch: RecordBatch): Promise<void> {
    while (batch.next()) {
      const { position, value, valueStart, valueEnd } = batch
      if (position < one.position) continue
      await learnSchema(codec, batch, stopping.signal)
      if (stopping.signal.aborted) return
      try {
        one.fold.take(codec.decode(topics.outcomes.schema, value, valueStart, valueEnd))
      } catch (problem) {
        // Of another release, or broken: it can't be counted, now or later.
        unreadable(position, problem)
      }
      one.position = position + 1
    }
  }

  /** False: the shard was given to another meanwhile. A log that is away comes back, and is asked again. */
  async function readAll(isStill: () => boolean): Promise<boolean> {
    while (isStill()) {
      try {
        await tail.throughAll(stopping.signal)
        return isStill()
      } catch (error) {
        if (stopping.signal.aborted || !isCoded(error) || !error.canRetry) throw error
        await scheduler.wait(retryMs, stopping.signal)
      }
    }
    return false
  }

  const membership = counts
    ? await log.join({
        group: 'learning',
        topics: [topics.outcomes.name],
        assigned(shard, feed) {
          feeds.set(shard, feed)
          const begin = async () => {
            // The owner before this one may just have said more.
            if (!(await readAll(() => feeds.get(shard) === feed))) return
            const from = known.get(shard)
            const position = from?.position ?? 0
            const one = { fold: createFold(from), position, published: position, publishedAt: Number.NEGATIVE_INFINITY }
            counted.set(shard, one)
            feed.start([position], {
              push(_topic, batch) {
                handling = handling.then(() => count(one, batch)).catch(failed)
              },
            })
          }
          begin().catch((error: unknown) => {
            if (!stopping.signal.aborted) failed(error)
          })
        },
        async revoked(shard) {
          feeds.delete(shard)
          await handling
          await publish().catch(() => undefined) // the next owner counts it again
          counted.delete(shard)
        },
        failed,
      })
    : undefined

  async function publish(): Promise<void> {
    const now = scheduler.now()
    const due = [...counted].filter(
      ([, { position, published, publishedAt }]) =>
        position > published || (position > 0 && now - publishedAt > againAfterMs),
    )
    if (due.length === 0) return
    const records = due.map(([shard, { fold, position }]) => {
      const tally_id = deterministicId('tally', String(shard))
      const tally: Tally = { tally_id, subscriber_id: tally_id, shard, position, ...fold.totals }
      return {
        one: { shard, position },
        record: { topic: topics.tallies.name, key: tally_id, value: codec.encode(topics.tallies, tally) },
      }
    })
    await log.append(records.map(({ record }) => record))
    for (const { one } of records) {
      const own = counted.get(one.shard)
      if (own) Object.assign(own, { published: one.position, publishedAt: now })
    }
  }

  return {
    get tallies() {
      return [...known.values()].sort((a, b) => a.shard - b.shard)
    },
    refresh: tail.throughAll,
    publish,
    async stop() {
      await membership?.leave()
      stopping.abort()
      await handling
      await tail.stop()
    },
  }
}
