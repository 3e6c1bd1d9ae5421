import type { FastifyInstance } from 'fastify'
import type { Readiness } from '../http/server.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { ServiceNode } from '../topology.ts'
import type { Platform } from './platform.ts'
import type { RunningShards } from './running-shards.ts'

/** A service as `keymoment start` runs it, alone in a process or beside others. */
export interface Deployable {
  readonly name: string
  /** Its place on the map; none for what has no place there (the live page). */
  readonly node?: ServiceNode
  /**
   * Adds its routes, before the process listens. `platform` throws KM_NOT_READY (503) until everything was opened;
   * `process` can be asked from the beginning.
   */
  routes?(http: FastifyInstance, platform: () => Platform, process: ProcessView): void
  /** Resolves when it works. Started in the order of the flow, stopped in reverse. */
  start(platform: Platform): Promise<Running>
}

/** What there is of a process before its services: what can be seen of it, and where it logs. */
export interface ProcessView {
  readonly metrics: Metrics
  readonly readiness: Readiness
  readonly logger: Logger
}

export interface Running {
  /** Hands over in order; waits at most `millis` for what is under way outside. */
  stop(millis?: number): Promise<void>
  /** The shards that it has; none for services without state. */
  readonly shards?: RunningShards
  /** Sets what only it knows of how busy it is; called every few seconds. */
  measure?(): void
  /** Why it should get no work now. */
  problems?(): readonly { readonly code: string; readonly reason: string }[]
}
