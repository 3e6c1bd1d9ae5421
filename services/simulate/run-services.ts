import { setTimeout as pause } from 'node:timers/promises'
import { localBudgets } from '../budgets/local.ts'
import { noHolds } from '../control/holds.ts'
import { uncontrolled } from '../control/open.ts'
import { decide } from '../decide/service.ts'
import { detect } from '../detect/service.ts'
import type { CodedError } from '../domain/errors.ts'
import { shardId } from '../domain/ids.ts'
import { simulatedClock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { StateStore } from '../flow/state-store.ts'
import { learnAlone } from '../learning/alone.ts'
import type { CatalogueSource } from '../platform/catalogue-source.ts'
import type { Running } from '../platform/deployable.ts'
import { flowSettings } from '../platform/open-platform.ts'
import type { Platform } from '../platform/platform.ts'
import type { Codec } from '../records/codec.ts'
import type { Settings } from '../settings/schema.ts'
import { createLogger } from '../telemetry/log.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { topics } from '../topology.ts'
import { readShard } from './read-topic.ts'

export interface ServicesRun {
  readonly settings: Settings
  /** Holds the events; gets the moments and the decisions. */
  readonly log: EventLog
  /** Empty. */
  readonly store: StateStore
  readonly codec: Codec
  readonly catalogue: CatalogueSource
  /** Where the clock ends, at the time of the last event or later; milliseconds since 1970. */
  readonly end: number
  /** Told now and then how many records a service has handled. */
  readonly onProgress?: (service: string, handled: number) => void
}

const progressEveryMs = 100

/**
 * Runs detect and then decide, the same as in production, over what a log holds: the same shards, merge, timers and
 * commits, on a clock that follows event time. Detect comes to the end of time before decide begins: decide reads nothing
 * that it writes itself. Nothing is sent: of commands whose receipts the log doesn't hold, healthy channels tell.
 * @throws CodedError what a service fails with
 */
export async function runServices(run: ServicesRun): Promise<void> {
  const { settings, log, store, codec, catalogue, end, onProgress } = run
  const clock = simulatedClock()
  const heardUntil = await lastReceipts(log, codec)
  let failure: unknown
  const platform: Platform = {
    settings,
    flow: { ...flowSettings(settings), groupMs: 20, groupRecords: 20_000 },
    clock,
    log,
    store,
    codec,
    catalogue,
    control: uncontrolled(noHolds),
    budgets: localBudgets(),
    learning: learnAlone,
    // What the log tells of a command before it is issued is of another catalogue's.
    isToldOf: ({ command_id, issued_at }) => (heardUntil.get(command_id) ?? Number.NEGATIVE_INFINITY) >= issued_at,
    metrics: createMetrics(),
    logger: createLogger('error'),
    secret: 'nothing is sent here',
    fail: (error) => {
      failure = error
    },
  }

  async function idle({ shards }: Running, progress: () => void): Promise<void> {
    while (!shards?.isIdle()) {
      const fault = failure ?? faultOf(shards?.shards() ?? [])
      if (fault) throw fault
      progress()
      await pause(1)
    }
  }

  for (const service of [detect, decide]) {
    const running = await service.start(platform)
    let told = 0
    const progress = () => {
      const now = performance.now()
      if (!onProgress || now - told < progressEveryMs) return
      told = now
      const positions = (running.shards?.shards() ?? []).flatMap((shard) => shard.positions)
      onProgress(
        service.name,
        positions.reduce((sum, position) => sum + position, 0),
      )
    }
    try {
      await idle(running, progress)
      clock.advance(end)
      await idle(running, progress)
    } finally {
      await running.stop()
    }
  }
}

/** By command, when the log was last told of it. */
async function lastReceipts(log: EventLog, codec: Codec): Promise<ReadonlyMap<string, number>> {
  const last = new Map<string, number>()
  for (let shard = 0; shard < log.shards; shard++) {
    for await (const { command_id, received_at } of readShard(log, codec, topics.receipts, shardId(shard))) {
      last.set(command_id, Math.max(received_at, last.get(command_id) ?? received_at))
    }
  }
  return last
}

const faultOf = (shards: readonly { readonly fault: CodedError | undefined }[]): CodedError | undefined =>
  shards.find(({ fault }) => fault)?.fault
