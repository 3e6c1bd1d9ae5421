import type { ShardReport } from '../flow/service.ts'

/** What the process shows of a service's shards. */
export interface RunningShards {
  shards(): readonly ShardReport[]
  isIdle(): boolean
  waitingBytes(): number
}
