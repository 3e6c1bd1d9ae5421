import type { ConnectionOptions } from 'node:tls'
import type { SASLOptions } from 'kafkajs'

export interface KafkaLogSettings {
  /** `host:port` each. */
  readonly brokers: readonly string[]
  /** Names this process in the brokers' logs and quotas. */
  readonly clientId: string
  /** Partitions of every topic. */
  readonly shards: number
  /** Topics that are created where they are missing, and whose partitions are checked. */
  readonly topics: readonly string[]
  /** Those of them that keep the newest record of each key instead of all records for a time. */
  readonly compacted?: readonly string[]
  /** Those of them that keep all records for ever. */
  readonly unlimited?: readonly string[]
  /** Those of them whose records hold other records whole (dead letters): they are allowed to be larger. */
  readonly enclosing?: readonly string[]
  /** Of topics that are created; -1, the default, leaves it to the broker. */
  readonly replicationFactor?: number
  /** Of topics that are created; milliseconds, default 14 days. It must exceed the age of the state's backups. */
  readonly retentionMs?: number
  readonly ssl?: boolean | ConnectionOptions
  readonly sasl?: SASLOptions
  readonly logger?: KafkaLogger
  /**
   * How long the brokers may stay away at the start, and take for topics that are created; milliseconds, default 15,000. A group
   * is joined within so much and a session more.
   */
  readonly startWithinMs?: number
  /** Bytes that may wait for being sent before `append` refuses; default 64 MiB. */
  readonly queueBytes?: number
  /** Compression of what is appended; default none. All of them are read. */
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly consume?: ConsumeSettings
}

export interface ConsumeSettings {
  /** A broker holds a fetch without news for so long; bounds the time that `start` takes. Milliseconds, default 100. */
  readonly maxWaitMs?: number
  /** Of one topic and shard in one fetch; default 1 MiB. With 2 topics or more a fetch brings `maxBytes` at most. */
  readonly maxBytesPerPartition?: number
  /** Of one fetch; default 16 MiB. */
  readonly maxBytes?: number
  /** A member that is silent for so long loses its shards; milliseconds, default 10,000. */
  readonly sessionTimeoutMs?: number
  /** Records wait and none has come for so long: the consumer is made anew. Milliseconds, default 20,000. */
  readonly stalledAfterMs?: number
}

export const sessionTimeoutDefaultMs = 10_000

/** What of a pino logger is used. */
export interface KafkaLogger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export const silent: KafkaLogger = { debug() {}, info() {}, warn() {}, error() {} }
