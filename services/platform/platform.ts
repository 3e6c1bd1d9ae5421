import type { KnownBudgets } from '../budgets/open.ts'
import type { OpenChannelHealth } from '../channel-health/open.ts'
import type { Control } from '../control/open.ts'
import type { Clock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Scheduler } from '../flow/scheduler.ts'
import type { FlowSettings } from '../flow/settings.ts'
import type { StateStore } from '../flow/state-store.ts'
import type { LearningAlone } from '../learning/alone.ts'
import type { Learning } from '../learning/learning.ts'
import type { Codec } from '../records/codec.ts'
import type { Command } from '../records/types.ts'
import type { Settings } from '../settings/schema.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { CatalogueSource } from './catalogue-source.ts'

/** What every deployable stands on, opened once for a process. */
export interface Platform {
  readonly settings: Settings
  readonly flow: FlowSettings
  readonly clock: Clock
  /** Default: Node's timers. */
  readonly scheduler?: Scheduler | undefined
  readonly log: EventLog
  readonly store: StateStore
  readonly codec: Codec
  readonly catalogue: CatalogueSource
  /** What is paused and cancelled. */
  readonly control: Control
  /** What may be drawn of budgets. */
  readonly budgets: KnownBudgets
  /** What was learned from outcomes; a function: each shard learns from itself. Missing: nothing is. */
  readonly learning?: Learning | (() => LearningAlone)
  /**
   * Where nothing is sent: whether receipts on the log tell what becomes of a command. Of all others healthy channels tell. Missing:
   * commands are sent.
   */
  readonly isToldOf?: (command: Command) => boolean
  /** How channels are, and where that is told; missing: all are up, and nobody is told. */
  readonly channelHealth?: OpenChannelHealth
  readonly metrics: Metrics
  readonly logger: Logger
  /** Key of the keyed hash of addresses. */
  readonly secret: string
  /** The process can't go on: it stops in order and exits with 1. */
  readonly fail: (error: unknown) => void
}
