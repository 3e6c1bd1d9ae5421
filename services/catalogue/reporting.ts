import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError } from '../domain/errors.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { Logger } from '../telemetry/log.ts'
import { topics } from '../topology.ts'
import type { Workers } from './workers.ts'

/** So often a process reports though nothing changed. */
const reportEveryMs = 10_000
const farewellMs = 2_000

export interface ReportingParts {
  readonly log: EventLog
  readonly codec: Codec
  readonly worker: string
  /** Hears the own reports at once, and not only when they are back from the log. */
  readonly workers: Workers
  readonly services: readonly string[]
  readonly logger: Logger
  readonly content: () => {
    /** The engine's time. */
    readonly now: number
    readonly known: number
    readonly active: number
    readonly refused: ReadonlyMap<number, unknown>
    readonly clock: number
  }
}

/** Says on km.workers which version of the catalogue this process has. */
export interface Reporting {
  /** From now on a report now and then. */
  start(): void
  /** Something has changed. Nothing before `start`. */
  report(): void
  /** Says farewell: nobody waits for this process any more. */
  end(): Promise<void>
}

export function createReporting({ log, codec, worker, workers, services, logger, content }: ReportingParts): Reporting {
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined
  let again = false
  let isFailing = false
  /** Of reports that fail one after the other the first is logged, and that they get through again. */
  const failing = {
    began(error: unknown) {
      const message = 'others do not hear which version of the catalogue this process has; it is reported again'
      if (!isFailing) logger.warn({ err: error }, message)
      isFailing = true
    },
    ended() {
      if (isFailing) logger.info('others hear again which version of the catalogue this process has')
      isFailing = false
    },
  }

  async function send(ends: boolean): Promise<void> {
    const { now, known, active, refused, clock } = content()
    const report = {
      report_id: randomUUID(),
      subscriber_id: worker,
      reported_at: Math.max(0, now),
      services,
      known,
      active,
      refused: Object.fromEntries([...refused].map(([number, error]) => [String(number), codeOf(error)])),
      clock: Math.max(0, clock),
      ends,
    }
    workers.heard(report)
    await log.append([{ topic: topics.workers.name, key: worker, value: codec.encode(topics.workers, report) }])
  }

  /** Of what changes while a report is under way there is one more report. One that fails is made good by the next. */
  function report(): void {
    if (!timer) return
    again = sending !== undefined
    sending ??= send(false)
      .then(
        () => failing.ended(),
        (error: unknown) => failing.began(error),
      )
      .finally(() => {
        sending = undefined
        if (again) report()
      })
  }

  return {
    start() {
      timer = setInterval(report, reportEveryMs)
      report()
    },
    report,
    async end() {
      clearInterval(timer)
      timer = undefined
      await Promise.race([sending, pause(farewellMs, undefined, { ref: false })])
      await Promise.race([send(true).catch(() => undefined), pause(farewellMs, undefined, { ref: false })])
    },
  }
}

/** What a process says of something that it can't use. */
export const codeOf = (error: unknown): string => (error instanceof CodedError ? error.code : 'KM_CATALOGUE_UNUSABLE')
