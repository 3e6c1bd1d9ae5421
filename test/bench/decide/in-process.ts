import type { DecideState } from '../../../services/decide/state.ts'
import { createDecideStep } from '../../../services/decide/step.ts'
import type { GiveBack } from '../../../services/decide/tranches.ts'
import type { AnyInput, AnyOutput } from '../../../services/flow/documents.ts'
import { DocumentProcessor } from '../../../services/flow/documents.ts'
import type { AppendRecord } from '../../../services/flow/event-log.ts'
import { OfflineShard } from '../../../services/flow/offline-shard.ts'
import { shardOf } from '../../../services/flow/partition.ts'
import { recordView } from '../../../services/flow/record-view.ts'
import type { Step } from '../../../services/flow/step.ts'
import type { Codec } from '../../../services/records/codec.ts'
import type { Command, Decision } from '../../../services/records/types.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { serviceNodes, type Topic, topics } from '../../../services/topology.ts'
import { shards } from '../settings.ts'

/** Topics of decide, in their order. */
export const reads: readonly Topic[] = serviceNodes.decide.reads

/** A record for decide: its time, and bytes as they lie on the log. */
export interface Dated extends AppendRecord {
  readonly at: number
  /** Place of its topic among those that decide reads. */
  readonly place: number
}

export const placeOf = (topic: string): number => reads.findIndex(({ name }) => name === topic)

/**
 * Decide's shipped step over records in their order, without log and store: what the engine on Kafka and Redis has to come to.
 * `heard` is told of each command and each decision.
 */
export function decideInProcess(
  catalogue: Catalogue,
  codec: Codec,
  records: Iterable<Dated>,
  heard: { command?(command: Command): void; decision?(decision: Decision): void },
): void {
  const step: Step<DecideState, AnyInput, AnyOutput, GiveBack, undefined> = createDecideStep(catalogue)
  const all = Array.from({ length: shards }, () => {
    const processor = new DocumentProcessor<DecideState, GiveBack, undefined>({ step, reads, codec })
    return new OfflineShard(processor, {
      admit: (key) => processor.admit(key, null),
      take(outputs) {
        for (const { topic, value } of outputs) {
          const bytes = value as Buffer
          if (topic === topics.decisions.name) heard.decision?.(codec.decode('decision', bytes, 0, bytes.length))
          else if (topic !== topics.outcomes.name) heard.command?.(codec.decode('command', bytes, 0, bytes.length))
        }
        processor.settled()
      },
    })
  })
  for (const { at, place, key, value } of records) {
    const shard = all[shardOf(key, shards)] as (typeof all)[number]
    shard.advance(at)
    shard.record(place, recordView(key, value as Buffer, at))
  }
}

/** How many moments came to what: `command`, `recorded`, or outcome and code. */
export type Tally = ReadonlyMap<string, number>

/** Takes decisions; of a moment that was deferred and then decided, both. */
/** Behind the names of what was decided when a command had failed. */
export const nextChannel = ', the next channel'

export function createTally(): { add(decision: Decision): void; readonly tally: Tally } {
  const tally = new Map<string, number>()
  return {
    tally,
    add({ outcome, code, attempt }) {
      const name = `${outcome}${code == null ? '' : `: ${code}`}${(attempt ?? 1) > 1 ? nextChannel : ''}`
      tally.set(name, (tally.get(name) ?? 0) + 1)
    },
  }
}
