import type { DecideState } from '../../../services/decide/state.ts'
import { createDecideStep } from '../../../services/decide/step.ts'
import type { GiveBack } from '../../../services/decide/tranches.ts'
import { createDetectProcessor, type DetectProcessor } from '../../../services/detect/detect-processor.ts'
import { type AnyInput, type AnyOutput, DocumentProcessor } from '../../../services/flow/documents.ts'
import { OfflineShard } from '../../../services/flow/offline-shard.ts'
import type { Processor } from '../../../services/flow/processor.ts'
import { recordView } from '../../../services/flow/record-view.ts'
import type { Step } from '../../../services/flow/step.ts'
import type { Codec } from '../../../services/records/codec.ts'
import type { ReadEvent } from '../../../services/records/jsonl.ts'
import type { Command, Decision, Moment, Receipt, RecordTypes } from '../../../services/records/types.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { type EventType, eventTypes, serviceNodes, type Topic, topics } from '../../../services/topology.ts'

/** Told of all that the engine puts out, as it does. */
export interface Listener {
  moment(moment: Moment): void
  decision(decision: Decision): void
  command(command: Command): void
}

/** Detect and decide as they are shipped, one behind the other, with all their timers, on a clock that is moved by hand. */
export interface WholeEngine {
  readonly clock: number
  /** Lets time pass; what is due on the way comes, in its order. */
  advance(to: number): void
  /** Hands over an event that comes now. */
  event(event: ReadEvent): void
  receipt(receipt: Receipt): void
  /** What changed goes to no store: it needn't be kept. To be called now and then. */
  forgetChanges(): void
  /** Events that were too late. */
  readonly late: number
}

const decideReads: readonly Topic[] = serviceNodes.decide.reads
const placeOf = (topic: Topic): number => decideReads.indexOf(topic)
const momentsPlace = placeOf(topics.moments)
const receiptsPlace = placeOf(topics.receipts)

/**
 * One shard of each. What the runtime adds in production (log, store, commits) has tests of its own; here are the shipped
 * processors, the codec between them, and the order of things: a moment is decided when it is noticed.
 */
export function createWholeEngine(catalogue: Catalogue, codec: Codec, listener: Listener): WholeEngine {
  const { ruleset, policy } = catalogue
  const step: Step<DecideState, AnyInput, AnyOutput, GiveBack, undefined> = createDecideStep(catalogue)
  let late = 0

  const decide = shardOf(
    new DocumentProcessor<DecideState, GiveBack, undefined>({ step, reads: decideReads, codec }),
    (topic, bytes) => {
      if (topic === topics.decisions.name) listener.decision(codec.decode('decision', bytes, 0, bytes.length))
      else if (topic !== topics.outcomes.name) listener.command(codec.decode('command', bytes, 0, bytes.length))
    },
  )
  const detectProcessor: DetectProcessor = createDetectProcessor({
    codec,
    ruleset,
    defaultTimeZone: policy.defaultTimeZone,
  })
  const detect = shardOf(detectProcessor, (topic, bytes) => {
    if (topic === topics.late.name) late++
    if (topic !== topics.moments.name) return
    const moment = codec.decode('moment', bytes, 0, bytes.length)
    listener.moment(moment)
    decide.advance(detect.clock)
    decide.record(momentsPlace, recordView(moment.subscriber_id, bytes, detect.clock))
  })

  return {
    get clock() {
      return detect.clock
    },
    get late() {
      return late
    },
    advance(to) {
      detect.advance(to)
      detectProcessor.tick?.(detect)
      decide.advance(to)
    },
    forgetChanges() {
      for (const shard of [detect, decide]) {
        shard.processor.settled()
        shard.timerChanges()
      }
    },
    event({ type, record }) {
      const topic = topics.events[type] as Topic & { readonly schema: EventType }
      const bytes = codec.encode(topic, record as RecordTypes[EventType])
      const view = recordView(record.subscriber_id, bytes, detect.clock)
      // Before the moments that it makes, as decide merges its topics.
      const place = placeOf(topic)
      if (place >= 0) decide.record(place, view)
      detect.record(eventTypes.indexOf(type), view)
      detect.head = Math.max(detect.head, record.event_time)
    },
    receipt(receipt) {
      const bytes = codec.encode(topics.receipts, receipt)
      decide.record(receiptsPlace, recordView(receipt.subscriber_id, bytes, detect.clock))
    },
  }
}

/** All its subscribers are in memory. */
function shardOf<P extends Processor>(processor: P, take: (topic: string, bytes: Buffer) => void): OfflineShard<P> {
  const known = new Set<string>()
  return new OfflineShard(processor, {
    admit(key) {
      if (known.has(key)) return
      known.add(key)
      processor.admit(key, null)
    },
    take(outputs) {
      for (const { topic, value } of outputs) take(topic, value as Buffer)
    },
  })
}
