import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError } from '../domain/errors.ts'
import { deterministicId } from '../domain/ids.ts'
import type { Clock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { ControlRecord } from '../records/types.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { topics } from '../topology.ts'
import { type Holds, lookAgainMs } from './holds.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { scopeText } from './scope.ts'
import { startTail } from './tail.ts'

/** What a process knows of pauses and cancellations, and the way of new ones to all processes. */
export interface Control extends Holds {
  readonly ledger: Pick<Ledger, 'pauses' | 'history' | 'stopOf' | 'cancellationOf'>
  /**
   * Looks at the real clock before something irrevocable: of a process that stood still the timers did not notice that what
   * it knows is old.
   */
  look(): void
  /** Calls back when something was paused, resumed or cancelled, or isn't known any more; returns how to stop. */
  subscribe(listener: () => void): () => void
  /** Why marketing and care wait, for readyz. */
  problems(): readonly { readonly code: string; readonly reason: string }[]
  /** Resolves when everything that lay on the log is known here. @throws CodedError KM_LOG_UNAVAILABLE */
  refresh(): Promise<void>
  /** Puts an act on the log; resolves when it is known here. @throws CodedError KM_LOG_UNAVAILABLE */
  append(act: Omit<ControlRecord, 'control_id' | 'subscriber_id' | 'requested_at'>): Promise<ControlRecord>
}

export interface OpenControl extends Control {
  close(): Promise<void>
}

export interface ControlParts {
  readonly log: EventLog
  readonly codec: Codec
  readonly clock: Clock
  /** Engine's milliseconds in a real one. */
  readonly speed: number
  readonly metrics: Metrics
  readonly logger: Logger
  readonly fail: (error: unknown) => void
  /** Real milliseconds; each has a default. */
  readonly timing?: Partial<ControlTiming>
}

interface ControlTiming {
  /** So often the log is asked whether there is more than is known. */
  readonly checkEveryMs: number
  /** What is known counts for so long after it was all there was: within it a pause takes effect in every process. */
  readonly validMs: number
  /** How long the first reading, and that of an act of one's own, may take. */
  readonly patienceMs: number
}

/** Whoever asks the log once a second misses two answers before it stops; a pause then holds everywhere within 3 seconds. */
export const controlTiming: ControlTiming = { checkEveryMs: 1_000, validMs: 3_000, patienceMs: 15_000 }

/**
 * Reads what was paused and cancelled, and follows it. Nothing can be sent before that is known.
 * @throws CodedError KM_LOG_UNAVAILABLE (canRetry)
 */
export async function openControl(parts: ControlParts): Promise<OpenControl> {
  const { log, codec, clock, speed, metrics, logger, fail } = parts
  const { checkEveryMs, validMs, patienceMs } = { ...controlTiming, ...parts.timing }
  const ledger = createLedger(() => clock.now())
  const listeners = new Set<() => void>()
  const closing = new AbortController()
  /** When the log was asked that was last known whole; of `performance.now`. */
  let knownAt = Number.NEGATIVE_INFINITY
  let isUnknown = true

  function tell(): void {
    metrics.pauses.reset()
    for (const { scope } of ledger.pauses) {
      const { channel, purpose, campaign } = scope
      metrics.pauses.inc({ channel: channel ?? '', purpose: purpose ?? '', campaign: campaign ?? '' })
    }
    for (const listener of listeners) {
      try {
        listener()
      } catch (error) {
        // A defect of ours: the others hear of it all the same.
        logger.error({ err: error }, 'a service could not hear of a pause')
      }
    }
  }

  function look(): void {
    const isOld = performance.now() - knownAt > validMs
    if (isOld === isUnknown) return
    isUnknown = isOld
    metrics.pausesUnknown.set(isOld ? 1 : 0)
    if (isOld) logger.warn({ code: 'KM_PAUSES_UNKNOWN' }, 'it is not known what is paused: marketing and care wait')
    else logger.info('it is known what is paused')
    tell()
  }

  const tail = await startTail({
    log,
    codec,
    record(record) {
      ledger.take(record)
      const { action, author, command_id: command, pause_id } = record
      const { channel = null, purpose = null, campaign = null } = record
      const what = record.variant ?? command ?? pause_id ?? scopeText({ channel, purpose, campaign })
      logger.info({ id: record.control_id, author, reason: record.reason, what }, `operator: ${action}`)
      tell()
    },
    unreadable(id, appendedAt, problem) {
      logger.error({ id, err: problem, code: 'KM_PAUSE_UNREADABLE' }, 'a record of km.control cannot be read')
      ledger.takeUnreadable(id, appendedAt)
      tell()
    },
    failed: fail,
  })

  async function refresh(): Promise<void> {
    const asked = performance.now()
    await tail.through(AbortSignal.any([closing.signal, AbortSignal.timeout(patienceMs)]))
    knownAt = Math.max(knownAt, asked)
    look()
  }

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      await pause(checkEveryMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
      await refresh().catch((error: unknown) => logger.debug({ err: error }, 'km.control was not read'))
    }
  }

  try {
    await refresh()
  } catch (error) {
    closing.abort()
    await tail.stop()
    throw error
  }
  const watch = setInterval(look, checkEveryMs / 2).unref()
  const following = follow()

  return {
    ledger,
    look,
    refresh,
    pauseOf: ledger.pauseOf,
    isInForce: ledger.isInForce,
    isCancelled: ledger.isCancelled,
    isUnknown: (purpose) => isUnknown && (purpose === 'marketing' || purpose === 'care'),
    lookAgainMs: lookAgainMs * speed,
    takesBack: true,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    problems: () => [
      ...(isUnknown ? [unknownNow] : []),
      ...ledger.pauses.filter(({ isUnreadable }) => isUnreadable).map(({ id }) => unreadable(id)),
    ],
    async append(act) {
      const control_id = deterministicId('control', randomUUID())
      const record = { control_id, subscriber_id: control_id, requested_at: Math.max(0, clock.now()), ...act }
      const value = codec.encode(topics.control, record)
      await log.append([{ topic: topics.control.name, key: control_id, value }])
      await refresh()
      return record
    },
    async close() {
      closing.abort()
      clearInterval(watch)
      await following
      await tail.stop()
    },
  }
}

const unknownNow = {
  code: 'KM_PAUSES_UNKNOWN',
  reason: 'the log does not say what is paused; marketing and care wait until it does',
}

const unreadable = (id: string) => ({
  code: 'KM_PAUSE_UNREADABLE',
  reason: `a record of km.control cannot be read, so that marketing and care wait: upgrade, or keymoment resume --id ${id}`,
})

/** Where no log says anything. */
export function uncontrolled(holds: Holds): Control {
  const impossible = async (): Promise<never> => {
    throw new CodedError('KM_CONTROL_NONE', 'nothing can be paused here')
  }
  return {
    ...holds,
    ledger: { pauses: [], history: [], stopOf: () => undefined, cancellationOf: () => undefined },
    look: () => undefined,
    subscribe: () => () => undefined,
    problems: () => [],
    refresh: async () => undefined,
    append: impossible,
  }
}
