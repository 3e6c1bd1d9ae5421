/** Limits of the runtime; every queue has one. */
export interface FlowSettings {
  /**
   * Records after which a group is committed. Only a shard that is behind comes so far: the larger its groups, the more
   * changes of a state are written as one.
   */
  readonly groupRecords: number
  /** Outputs after which a group is committed: they go to the store as one value. */
  readonly groupOutputs: number
  /** Bytes of changed states after which a group is committed. */
  readonly groupBytes: number
  /** Milliseconds after which a group that puts nothing out is committed; a shard with much to catch up on commits by records. */
  readonly groupMs: number
  /** Milliseconds that a shard which had nothing to do waits for more, once something has come. */
  readonly gatherMs: number
  /** Milliseconds after which a shard that has nothing to do looks around, though nothing woke it. */
  readonly idleMs: number
  /** Milliseconds without a commit after which a shard commits nothing, to see whether the store still has what it has. */
  readonly proofMs: number
  /** Real milliseconds between two looks at how far the service upstream has come (see `UpstreamWatch`). */
  readonly upstreamMs: number
  /** Records that are merged, and whose states are loaded, at once. */
  readonly stageRecords: number
  /** Records of one topic that wait in a shard before the topic is paused. */
  readonly queueRecords: number
  /** Bytes of records that wait in all shards of a service in this process; each topic of a shard has its share. */
  readonly queueBytes: number
  /** Commits under way. */
  readonly commitsInFlight: number
  /** Groups that are committed and not yet on the log, before processing waits. */
  readonly groupsUnrelayed: number
  /** Effects (sends) under way in a shard, before processing waits. */
  readonly effectsInFlight: number
  /** Bytes of state that a shard keeps in memory. */
  readonly memoryBytes: number
  /** Width of the stored timer slots, in milliseconds. */
  readonly timerSlotMs: number
  /** An event stamped ahead of its append time by more milliseconds than this is a dead letter. */
  readonly futureToleranceMs: number
  /** Real milliseconds of silence after which the clock no longer waits for a feed that is behind its grace. */
  readonly feedPauseMs: number
}

export const flowDefaults: FlowSettings = {
  groupRecords: 32_000,
  groupOutputs: 8_000,
  groupBytes: 16 * 1_048_576,
  groupMs: 20,
  gatherMs: 4,
  idleMs: 1_000,
  proofMs: Number.POSITIVE_INFINITY,
  upstreamMs: 1_000,
  stageRecords: 1_000,
  queueRecords: 20_000,
  queueBytes: 256 * 1_048_576,
  commitsInFlight: 2,
  groupsUnrelayed: 16,
  effectsInFlight: 256,
  memoryBytes: 256 * 1_048_576,
  timerSlotMs: 60_000,
  futureToleranceMs: 300_000,
  feedPauseMs: 10_000,
}
