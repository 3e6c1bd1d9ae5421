import { CodedError, isCoded } from '../domain/errors.ts'
import { shardId } from '../domain/ids.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { RecordTypes } from '../records/types.ts'
import { readWhole, type Take, wholeTopic } from '../records/whole-topics.ts'
import { topics } from '../topology.ts'

export interface TailOptions {
  readonly log: EventLog
  readonly codec: Codec
  readonly version: Take<'catalogue-version'>
  report(record: RecordTypes['worker-report']): void
  failed(error: unknown): void
}

export interface Tail {
  /** Resolves when all versions are handed over that were there at the start. @throws CodedError KM_LOG_UNAVAILABLE */
  caughtUp(): Promise<void>
  /**
   * Resolves when the records of km.catalogue, shard 0, in front of `position` have been handed over.
   * @throws CodedError KM_LOG_UNAVAILABLE (canRetry): not within so many milliseconds, or before `stop`
   */
  reached(position: number, withinMs: number): Promise<void>
  stop(): Promise<void>
}

/** Versions stand on one shard: their order is the order of the log. */
export const versionsShard = shardId(0)

/**
 * Reads km.catalogue from its beginning and km.workers from now on, all shards, and goes on doing so.
 * @throws CodedError KM_LOG_UNAVAILABLE
 */
export async function startTail({ log, codec, version, report, failed }: TailOptions): Promise<Tail> {
  const [versionEnds = [], workerEnds = []] = await log.ends([topics.catalogue.name, topics.workers.name])
  const versions = wholeTopic(topics.catalogue, version)
  // A report that can't be read is of another release: its next one may be readable.
  const reports = wholeTopic(topics.workers, (record) => record && report(record), workerEnds)
  const { through, stop } = await readWhole({ log, codec, reader: 'catalogue', topics: [versions, reports], failed })
  return {
    caughtUp: () => through([[versionEnds[versionsShard] ?? 0]]),
    async reached(position, withinMs) {
      try {
        await through([[position]], AbortSignal.timeout(withinMs))
      } catch (error) {
        throw isCoded(error, 'KM_LOG_UNAVAILABLE') ? notRead(error) : error
      }
    },
    stop,
  }
}

const notRead = (cause: unknown): CodedError =>
  new CodedError(
    'KM_LOG_UNAVAILABLE',
    'the versions were not read from the log in time, or are not read any more; look at them before publishing again',
    { canRetry: true, cause },
  )
