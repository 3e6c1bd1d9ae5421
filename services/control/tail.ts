import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { ControlRecord } from '../records/types.ts'
import { readWhole, wholeTopic } from '../records/whole-topics.ts'
import { topics } from '../topology.ts'

export interface TailOptions {
  readonly log: EventLog
  readonly codec: Codec
  record(record: ControlRecord): void
  /** One that can't be read, by an id of its place. */
  unreadable(id: string, appendedAt: number, problem: unknown): void
  failed(error: unknown): void
}

/** Reads km.control as a whole, from its beginning on, and goes on doing so. */
export interface Tail {
  /** Resolves when everything has been handed over that was on the log when this was called. @throws CodedError KM_LOG_UNAVAILABLE */
  through(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

/** @throws CodedError KM_LOG_UNAVAILABLE */
export async function startTail({ log, codec, record, unreadable, failed }: TailOptions): Promise<Tail> {
  const control = wholeTopic(topics.control, (one, { shard, position, appendedAt }, problem) => {
    if (one) record(one)
    else unreadable(`unreadable-${shard}-${position}`, appendedAt, problem)
  })
  const { throughAll, stop } = await readWhole({ log, codec, reader: 'control', topics: [control], failed })
  return { through: throughAll, stop }
}
