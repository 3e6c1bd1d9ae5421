import { localBudgets } from '../budgets/local.ts'
import { type BudgetsParts, type OpenBudgets, openBudgets } from '../budgets/open.ts'
import type { CatalogueVersions } from '../catalogue/open.ts'
import { workerName } from '../catalogue/workers.ts'
import { openChannelHealth } from '../channel-health/open.ts'
import { openControl } from '../control/open.ts'
import { type FlowSettings, flowDefaults } from '../flow/settings.ts'
import { type OpenLearning, openLearning } from '../learning/open.ts'
import { createCodec } from '../records/create-codec.ts'
import type { Settings } from '../settings/schema.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { serviceNodes } from '../topology.ts'
import { shippedCatalogue } from './catalogue-source.ts'
import { openClock } from './open-clock.ts'
import { openParts } from './open-parts.ts'
import type { Platform } from './platform.ts'
import { openPublishedCatalogue } from './published-catalogue.ts'

export interface OpenPlatform {
  readonly platform: Platform
  readonly versions: CatalogueVersions
  readonly learning: OpenLearning
  close(): Promise<void>
}

/**
 * Opens what the settings name: Kafka, Redis and a registry where brokers are configured, else files in data_dir; and
 * the catalogue that is published there. `services`: what will run on it.
 * @throws CodedError: with `canRetry` where something is absent that may come back
 */
export async function openPlatform(
  settings: Settings,
  services: readonly string[],
  logger: Logger,
  metrics: Metrics,
  fail: (error: unknown) => void,
): Promise<OpenPlatform> {
  const { clock, stop: stopClock } = await openClock(settings)
  try {
    const parts = await openParts(settings, clock, logger)
    try {
      const codec = await createCodec(parts.registry)
      const { log, store, secret } = parts
      const flow = flowSettings(settings)
      const { catalogue: chosen } = settings
      const control = await openControl({
        log,
        codec,
        clock,
        speed: settings.clock.factor,
        metrics,
        logger: logger.child({ part: 'control' }),
        fail,
      })
      // Beside the catalogue: on Kafka, to join a group takes seconds.
      const opening = openOwnBudgets(services, {
        log,
        codec,
        clock,
        speed: settings.clock.factor,
        logger: logger.child({ part: 'budgets' }),
        fail,
      })
      opening.catch(() => undefined)
      const catalogue = await openPublishedCatalogue(
        {
          log,
          codec,
          clock,
          speed: settings.clock.factor,
          leadMs: chosen.lead_ms,
          futureToleranceMs: flow.futureToleranceMs,
          services,
          metrics,
          logger: logger.child({ part: 'catalogue' }),
          fail,
        },
        {
          dir: chosen.dir || shippedCatalogue,
          watch: chosen.watch,
          removalWaitMs: chosen.removal_wait_ms,
          publish: services.some((name) => name === serviceNodes.detect.name || name === serviceNodes.decide.name),
        },
      ).catch(async (error: unknown) => {
        await control.close()
        const opened = await opening.catch(() => undefined)
        await opened?.close()
        throw error
      })
      const budgets = await opening.catch(async (error: unknown) => {
        await catalogue.close()
        await control.close()
        throw error
      })
      const learning = await openLearning({
        log,
        codec,
        clock,
        control,
        catalogue,
        counts: services.some((name) => name === serviceNodes.decide.name),
        metrics,
        logger: logger.child({ part: 'learning' }),
        fail,
      }).catch(async (error: unknown) => {
        await budgets.close()
        await catalogue.close()
        await control.close()
        throw error
      })
      const channelHealth = openChannelHealth({
        log,
        codec,
        process: workerName(),
        logger: logger.child({ part: 'channel-health' }),
      })
      const stands = { settings, flow, clock, log, store, codec, catalogue, control, budgets, learning, channelHealth }
      const platform: Platform = { ...stands, metrics, logger, secret, fail }
      return {
        platform,
        versions: catalogue.versions,
        learning,
        async close() {
          await channelHealth.close()
          await learning.close()
          await catalogue.close()
          await control.close()
          await budgets.close()
          await parts.close()
          await stopClock()
        },
      }
    } catch (error) {
      await parts.close()
      throw error
    }
  } catch (error) {
    await stopClock()
    throw error
  }
}

/** Who doesn't decide draws nothing, and need not know what others do. */
const openOwnBudgets = (services: readonly string[], parts: BudgetsParts): Promise<OpenBudgets> =>
  services.includes(serviceNodes.decide.name)
    ? openBudgets(parts)
    : Promise.resolve({ ...localBudgets(), close: async () => undefined })

export function flowSettings({ flow, events }: Settings): FlowSettings {
  return {
    ...flowDefaults,
    groupRecords: flow.group_records,
    groupMs: flow.group_ms,
    queueRecords: flow.queue_records,
    proofMs: flow.proof_ms,
    memoryBytes: flow.memory_mb * 1_048_576,
    futureToleranceMs: events.future_tolerance_ms,
    feedPauseMs: events.feed_pause_ms,
  }
}
