import type { Control } from '../control/open.ts'
import type { Clock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import { nodeScheduler, type Scheduler } from '../flow/scheduler.ts'
import type { Codec } from '../records/codec.ts'
import type { TalliedArm, TalliedVariant } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { type Breach, breachesOf } from './guardrails.ts'
import type { Learning, Stop } from './learning.ts'
import { openTallyLog } from './tally-log.ts'
import { wholeOf } from './whole.ts'

/** What a process knows of outcomes, and of the variants that were stopped for them. */
export interface OpenLearning extends Learning {
  /** Of one edition of a campaign, by id of the variant. */
  variantsOf(experiment: string): ReadonlyMap<string, TalliedVariant>
  /** Those who are addressed and those who are held out, of all campaigns and editions. */
  arms(): readonly TalliedArm[]
  close(): Promise<void>
}

export interface LearningParts {
  readonly log: EventLog
  readonly codec: Codec
  readonly clock: Clock
  readonly control: Control
  /** In force now. */
  readonly catalogue: { readonly current: Catalogue }
  /** This process counts outcomes: where decide runs. */
  readonly counts: boolean
  readonly metrics: Metrics
  readonly logger: Logger
  readonly fail: (error: unknown) => void
  /** Default: Node's timers. */
  readonly scheduler?: Scheduler | undefined
  /** Real milliseconds; each has a default. */
  readonly timing?: Partial<LearningTiming>
}

interface LearningTiming {
  /** So often what was counted is told, and guardrails are looked at. */
  readonly everyMs: number
  /** How long the first reading may take. */
  readonly patienceMs: number
}

/** What happens is known in every process within about twice this. */
export const learningTiming: LearningTiming = { everyMs: 5_000, patienceMs: 15_000 }

/**
 * Reads what outcomes add up to, and follows it; stops the variants whose guardrails are broken, by a record of km.control, so that they
 * stay stopped in every process and over restarts.
 * @throws CodedError KM_LOG_UNAVAILABLE (canRetry)
 */
export async function openLearning(parts: LearningParts): Promise<OpenLearning> {
  const { log, codec, clock, control, catalogue, counts, metrics, logger, fail, scheduler = nodeScheduler } = parts
  const { everyMs, patienceMs } = { ...learningTiming, ...parts.timing }
  const closing = new AbortController()
  let version = 0
  let looked = -1
  /** Told to the log, and not known from there yet. */
  const stopping = new Map<string, Stop>()
  const tallyLog = await openTallyLog({
    log,
    codec,
    counts,
    scheduler,
    unreadable: (position, problem) =>
      logger.error(
        { position, err: problem, code: 'KM_OUTCOME_UNREADABLE' },
        'an outcome cannot be read: it is not counted',
      ),
    changed: () => {
      version++
    },
    failed: fail,
  })
  const whole = wholeOf(
    () => tallyLog.tallies,
    () => version,
  )
  const stopOf = (experiment: string, variant: string): Stop | undefined =>
    control.ledger.stopOf(experiment, variant) ?? stopping.get(`${experiment} ${variant}`)

  async function stop({ campaign, experiment, variant, reason }: Breach): Promise<void> {
    const key = `${experiment} ${variant}`
    if (!stopping.has(key)) {
      stopping.set(key, { since: clock.now(), reason })
      logger.warn({ code: 'KM_VARIANT_STOPPED', campaign, variant, reason }, 'a guardrail stopped a variant')
    }
    await control.append({ action: 'stop', campaign, experiment, variant, author: 'guardrail', reason })
    stopping.delete(key)
  }

  /** Those that are broken by what every process knows, and not stopped yet; asked again until the log has it. */
  async function look(): Promise<void> {
    const { campaigns } = catalogue.current
    if (looked !== version || stopping.size > 0) {
      looked = version
      for (const campaign of campaigns) {
        for (const breach of breachesOf(campaign, whole.variantsOf(campaign.experiment), whole.arms())) {
          if (!control.ledger.stopOf(breach.experiment, breach.variant)) await stop(breach)
        }
      }
    }
    metrics.variantsStopped.reset()
    for (const { id, experiment, variants } of campaigns) {
      for (const { id: variant } of variants) {
        if (stopOf(experiment, variant)) metrics.variantsStopped.set({ campaign: id, variant }, 1)
      }
    }
  }

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      await scheduler.wait(everyMs, closing.signal)
      if (closing.signal.aborted) return
      try {
        if (counts) await tallyLog.publish()
        await look()
      } catch (error) {
        logger.debug({ err: error }, 'outcomes were not told, or guardrails not looked at: tries again')
      }
    }
  }

  try {
    await tallyLog.refresh(AbortSignal.timeout(patienceMs))
  } catch (error) {
    await tallyLog.stop()
    throw error
  }
  const following = follow()
  return {
    learned: whole.learned,
    get talliedAt() {
      return whole.talliedAt
    },
    variantsOf: whole.variantsOf,
    arms: whole.arms,
    stopOf,
    async close() {
      closing.abort()
      await following
      await tallyLog.stop()
    },
  }
}
