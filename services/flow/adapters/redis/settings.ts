export interface RedisStoreSettings {
  /** `redis://` or `rediss://`; several, or one string with commas, name the nodes of a Cluster. */
  readonly url: string | readonly string[]
  /** A Cluster although one node is named. */
  readonly cluster?: boolean
  /** Put before every key, where several systems share the servers. Default none. */
  readonly prefix?: string
  /** Buckets of a shard that is new; fixed in its meta from then on. Default 256, at most 4,096. */
  readonly buckets?: number
  /** Replicas that must have a commit before it counts; default one, as long as any is there that answers. */
  readonly replicas?: number
  /** Accepts an eviction policy and a server without append-only file: for tests and benchmarks. */
  readonly allowUnsafe?: boolean
  /** After so long without an answer a call gives up with KM_STORE_UNAVAILABLE; milliseconds, default 10,000. */
  readonly unavailableAfterMs?: number
  /** A connection that owes an answer for so long is taken for dead; milliseconds, default 4,000. */
  readonly answerWithinMs?: number
  readonly logger?: RedisLogger
}

/** What of a pino logger is used. */
export interface RedisLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
