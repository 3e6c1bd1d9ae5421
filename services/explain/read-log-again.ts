import { localBudgets } from '../budgets/local.ts'
import { noHolds } from '../control/holds.ts'
import type { DecideState } from '../decide/state.ts'
import { createStepInForce } from '../decide/step-in-force.ts'
import { platformSettings } from '../detect/platform-settings.ts'
import type { AnyInput } from '../flow/documents.ts'
import type { Platform } from '../platform/platform.ts'
import type { RecordTypes } from '../records/types.ts'
import { graceOf } from '../settings/grace.ts'
import { type EventType, eventTopics, eventTypes, serviceNodes, type Topic } from '../topology.ts'
import type { KnownEvent } from './event-values.ts'
import type { Found, Question } from './looking.ts'
import { ReplayedEvents } from './replayed-events.ts'
import { ownRecords, type ReadingCount } from './shard-records.ts'

/** Newest records of each topic that are read, at most. */
const recordsMost = 2_000_000

/**
 * Reads the subscriber's events from the log again, under the versions of the catalogue that were in force, up to a time.
 * Moments of a busy minute of the real run may differ: what came out of order within the grace is taken in order here.
 */
export async function readLogAgain(platform: Platform, question: Question): Promise<Found> {
  const { subscriber, at, inForce, windows } = question
  const count = { records: 0, own: 0, faults: 0, cut: false }
  const replay = new ReplayedEvents(platformSettings(platform), subscriber)
  const newest = new Map<EventType, KnownEvent>()
  // What is later than the time asked for, but within the grace, still moves the head by which lateness is judged.
  const grace = Math.max(...eventTypes.map((type) => graceOf(platform.settings, type)))
  for await (const own of recordsUntil(platform, question, eventTopics, at + grace, count)) {
    if (own.time > at) continue
    replay.take(own)
    const type = eventTypes[own.topic] as EventType
    const { value, valueStart, valueEnd } = own.record
    const known = newest.get(type)
    if (known && known.record.event_time > own.time) continue
    newest.set(type, { type, record: platform.codec.decode(type, value, valueStart, valueEnd) })
  }
  replay.advance(at)
  const decide = await decideAgain(platform, question)
  replay.processor.useRuleset(inForce.catalogue.ruleset, inForce)
  return {
    insight: replay.processor.insight(subscriber, at, windows),
    decide,
    events: [...newest.values()],
    asOf: {
      at: new Date(at).toISOString(),
      source: 'log',
      clock: null,
      records_behind: null,
      records_read: count.records,
      events: count.own,
      dead_letters: count.faults + replay.refused,
      history_cut: count.cut,
    },
  }
}

/** Decide's step over what it read of the subscriber by then; the time of each record stands for the time of day. */
async function decideAgain(platform: Platform, question: Question): Promise<DecideState | undefined> {
  const reads = serviceNodes.decide.reads.filter(({ schema }) => schema !== 'rerun')
  const step = createStepInForce((now) => platform.catalogue.at(now), noHolds, localBudgets())
  const count = { records: 0, own: 0, faults: 0, cut: false }
  let state = step.initial
  const release = (until: number) => {
    for (let due = step.nextDue(state); due <= until; due = step.nextDue(state)) {
      state = step.timer(state, { now: due, clock: due }).state
    }
  }
  for await (const { topic, record, time } of recordsUntil(platform, question, reads, question.at, count)) {
    release(time)
    const type = (reads[topic] as Topic).schema
    const value: RecordTypes[typeof type] = platform.codec.decode(
      type,
      record.value,
      record.valueStart,
      record.valueEnd,
    )
    state = step.handle(state, { type, value } as AnyInput, { now: time, clock: time }).state
  }
  release(question.at)
  return count.own > 0 ? state : undefined
}

const recordsUntil = (
  { log, codec, flow }: Platform,
  { shard, subscriber }: Question,
  topics: readonly Topic[],
  until: number,
  count: ReadingCount,
) =>
  ownRecords(
    { log, codec, topics, shard, subscriber, until, recordsMost, futureToleranceMs: flow.futureToleranceMs },
    count,
  )
