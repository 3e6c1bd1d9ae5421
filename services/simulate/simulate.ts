import { createEmbeddedLog } from '../flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../flow/adapters/embedded/store.ts'
import { simulatedClock } from '../flow/clock.ts'
import { fixedCatalogue, type LaterCatalogue } from '../platform/catalogue-source.ts'
import { createCodec } from '../records/create-codec.ts'
import { createEmbeddedRegistry } from '../records/embedded-registry.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import { recordsOf } from '../records/to-log.ts'
import type { DeadLetter, Decision, LateEvent, Moment } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { graceOf } from '../settings/grace.ts'
import type { Settings } from '../settings/schema.ts'
import { type EventType, topics } from '../topology.ts'
import { readTopic } from './read-topic.ts'
import { runServices } from './run-services.ts'

export interface SimulateOptions {
  readonly catalogue: Catalogue
  /** Catalogues that take its place at a time, in the order of their publication. */
  readonly later?: readonly LaterCatalogue[]
  readonly settings: Settings
  /** In the order of the files; each type's own order is kept. */
  readonly events: AsyncIterable<readonly ReadEvent[]>
  /** Where the clock ends; default: the greatest event time plus the greatest grace of the types that occur. */
  readonly until?: number
}

export interface Simulated {
  readonly moments: readonly Moment[]
  readonly decisions: readonly Decision[]
  readonly late: readonly LateEvent[]
  readonly deadLetters: readonly DeadLetter[]
}

/**
 * Runs detect and decide over recorded events (see `runServices`), on a log and a store in memory.
 * @throws CodedError what a service fails with
 */
export async function simulate({ catalogue, later, settings, events, until }: SimulateOptions): Promise<Simulated> {
  const log = createEmbeddedLog({ file: ':memory:', shards: settings.shards ?? 4, clock: simulatedClock() })
  const store = createEmbeddedStore({ file: ':memory:' })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  try {
    let last = Number.NEGATIVE_INFINITY
    let grace = 0
    for await (const chunk of events) {
      const taken = until === undefined ? chunk : chunk.filter(({ record }) => record.event_time <= until)
      for (const { type, record } of taken) {
        last = Math.max(last, record.event_time)
        grace = Math.max(grace, graceOf(settings, type as EventType))
      }
      await log.append(recordsOf(taken, codec))
    }
    await runServices({
      settings,
      log,
      store,
      codec,
      catalogue: fixedCatalogue(catalogue, later),
      end: until ?? last + grace,
    })
    return {
      moments: await readTopic(log, codec, topics.moments),
      decisions: await readTopic(log, codec, topics.decisions),
      late: await readTopic(log, codec, topics.late),
      deadLetters: await readTopic(log, codec, topics.deadLetters),
    }
  } finally {
    await log.close()
    await store.close()
  }
}
