import type { CodedError } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import type { RecordView } from './event-log.ts'
import type { Genesis } from './progress.ts'

/** What a shard tells of its work, for metrics and logs. Called per group or per incident, never per record. */
export interface FlowObserver {
  /** A group is durable. `records` by topic, in the order of the service's topics. */
  committed(shard: ShardId, group: { records: readonly number[]; states: number; millis: number }): void
  deadLetter(shard: ShardId, code: string, reason: string, topic: string, record: RecordView | undefined): void
  /** A dead letter's record was handled once more, or failed again. */
  reran?(shard: ShardId, isHandled: boolean): void
  /** So many subscribers of the shard have a timer that throws; they are tried again ever more seldom. */
  failingTimers(shard: ShardId, count: number): void
  /** Something outside is not there; the shard tries again. */
  retrying(shard: ShardId, error: unknown): void
  /** The shard has stopped, and is begun anew after a while. `again`: for the same reason as before, nothing having helped. */
  failed(shard: ShardId, fault: CodedError, again: boolean): void
  /**
   * The shard works; `adopted` outputs were found on the log that the state did not know. `genesis`: its state was begun anew once,
   * and who decided that.
   */
  started(
    shard: ShardId,
    start: { fresh: boolean; adopted: number; relayed: number; millis: number; genesis: Genesis | undefined },
  ): void
  stopped(shard: ShardId, error: unknown): void
}

export const silentObserver: FlowObserver = {
  committed: () => undefined,
  deadLetter: () => undefined,
  failingTimers: () => undefined,
  retrying: () => undefined,
  failed: () => undefined,
  started: () => undefined,
  stopped: () => undefined,
}
