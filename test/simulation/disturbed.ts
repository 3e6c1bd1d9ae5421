import { setTimeout as pause } from 'node:timers/promises'
import { decide } from '../../services/decide/service.ts'
import { detect } from '../../services/detect/service.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { fixedCatalogue, openCatalogue } from '../../services/platform/catalogue-source.ts'
import { flowSettings } from '../../services/platform/open-platform.ts'
import type { Platform } from '../../services/platform/platform.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { recordsOf } from '../../services/records/to-log.ts'
import type { Command, Decision, Moment } from '../../services/records/types.ts'
import { createRandom } from '../../services/sample/random.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { topics } from '../../services/topology.ts'
import { createMemoryStore, type StoreFault } from './memory-store.ts'

export interface Disturbed {
  readonly moments: readonly Moment[]
  readonly decisions: readonly Decision[]
  readonly commands: readonly Command[]
  /** Faults by kind, so that a test can see that there were some. */
  readonly faults: Readonly<Record<string, number>>
}

/** How often something goes wrong, per call. Then the seed decides everything but the scheduling of the process. */
const shares: Readonly<Record<Exclude<StoreFault, 'none'> | 'append-refused' | 'append-unanswered' | 'crash', number>> =
  {
    unavailable: 0.02,
    'done-but-unanswered': 0.02,
    'goes-back': 0.02,
    'append-refused': 0.03,
    'append-unanswered': 0.03,
    crash: 0.02,
  }
/** Most faults of a run, so that it comes to its end. */
const faultsMax = 40

/**
 * Runs detect and then decide over the events, on a log and a store that fail: unreachable, done but not answered, gone
 * back by some commits, services stopped at once in mid-stream. What they put on the log is returned as it is there,
 * repeats included.
 */
export async function disturbed(
  dir: string,
  events: readonly ReadEvent[],
  until: number,
  seed: number,
): Promise<Disturbed> {
  const random = createRandom(seed)
  const faults: Record<string, number> = {}
  let left = faultsMax
  const strikes = (kind: keyof typeof shares): boolean => {
    if (left <= 0 || !random.chance(shares[kind])) return false
    left--
    faults[kind] = (faults[kind] ?? 0) + 1
    return true
  }
  const storeFault = (): StoreFault =>
    (['unavailable', 'done-but-unanswered', 'goes-back'] as const).find(strikes) ?? 'none'

  const clock = simulatedClock()
  const steady = createEmbeddedLog({ file: ':memory:', shards: 4, clock })
  const log: EventLog = {
    ...steady,
    async append(records) {
      const gone = () => new CodedError('KM_LOG_UNAVAILABLE', 'simulated', { canRetry: true })
      if (strikes('append-refused')) throw gone()
      const ends = await steady.append(records)
      if (strikes('append-unanswered')) throw gone()
      return ends
    },
  }
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const settings = await loadSettings(undefined, {})
  const platform: Platform = {
    settings,
    flow: { ...flowSettings(settings), groupMs: 5, groupRecords: 100, stageRecords: 50, memoryBytes: 60_000 },
    clock,
    log,
    store: createMemoryStore(storeFault, () => 1 + random.whole(8)),
    codec,
    catalogue: fixedCatalogue(await openCatalogue(dir)),
    metrics: createMetrics(),
    logger: createLogger('silent'),
    secret: 'nothing is sent here',
    fail: (error) => {
      throw error
    },
  }
  await steady.append(recordsOf(events, codec))
  for (const service of [detect, decide]) {
    let running = await service.start(platform)
    const idle = async () => {
      while (!running.shards?.isIdle()) {
        await pause(2)
        if (strikes('crash')) {
          await running.stop(0)
          running = await service.start(platform)
        }
      }
    }
    await idle()
    clock.advance(until)
    await idle()
    await running.stop()
  }
  const result = {
    moments: await readTopic(steady, codec, topics.moments),
    decisions: await readTopic(steady, codec, topics.decisions),
    commands: await readTopic(steady, codec, topics.commands.sms),
    faults,
  }
  await steady.close()
  return result
}
