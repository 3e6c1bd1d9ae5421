import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodedError } from '../domain/errors.ts'
import { createEmbeddedLog } from '../flow/adapters/embedded/log.ts'
import { simulatedClock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import { createCodec } from '../records/create-codec.ts'
import { createEmbeddedRegistry } from '../records/embedded-registry.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import { recordsOf } from '../records/to-log.ts'
import type { Receipt } from '../records/types.ts'
import { type EventType, topics } from '../topology.ts'
import { type Period, profileTime, readFrom } from './period.ts'

/** What was taken of the events, and what was not. */
export interface Recorded {
  /** By type, those that were taken, with those of the warm-up. */
  readonly events: Readonly<Partial<Record<EventType, number>>>
  /** Of them, those before the time from which on it is counted. */
  readonly warmUp: number
  /** What became of commands: receipts that were taken. */
  readonly receipts: number
  /** Least and greatest event time of those that were taken; null: there are none. */
  readonly first: number | null
  readonly last: number | null
  /** Profiles from before what was taken, which say who the subscribers are. */
  readonly profilesBefore: number
  /** Events before and after it, left out. */
  readonly before: number
  readonly after: number
}

/** A place on disk for events, so that there may be more than memory holds. */
export interface RecordingFolder {
  readonly folder: string
  /** Fixed when the folder is made. */
  readonly shards: number
  remove(): void
}

/** A new folder of its own; it goes when the process ends, if not before. */
export function makeRecordingFolder(shards: number): RecordingFolder {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-backtest-'))
  const remove = () => {
    process.off('exit', remove)
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', remove)
  return { folder, shards, remove }
}

export interface OpenRecording {
  readonly log: EventLog
  readonly codec: Codec
  close(): Promise<void>
}

/** Opens what is in a folder; the events have no time of arrival, so that none is from the future. */
export async function openRecording({ folder, shards }: Omit<RecordingFolder, 'remove'>): Promise<OpenRecording> {
  const registry = createEmbeddedRegistry(join(folder, 'registry.sqlite'))
  const codec = await createCodec(registry)
  const log = createEmbeddedLog({ file: join(folder, 'log.sqlite'), shards, clock: simulatedClock() })
  return {
    log,
    codec,
    async close() {
      await log.close()
      await registry.close()
    },
  }
}

export interface Recorder {
  /** @throws CodedError KM_BACKTEST_TOO_MANY_EVENTS, KM_LOG_UNAVAILABLE (the disk is full) */
  take(events: readonly ReadEvent[]): Promise<void>
  /** Those of the same time as the events. @throws CodedError KM_LOG_UNAVAILABLE */
  takeReceipts(receipts: readonly Receipt[]): Promise<void>
  /** @throws CodedError KM_BACKTEST_NO_EVENTS */
  recorded(): Recorded
}

/** Writes the events of a period. Phone numbers and push tokens are left out. */
export function createRecorder({ log, codec }: OpenRecording, period: Period, eventsMost: number): Recorder {
  const { from: counted = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = period
  const from = readFrom(period)
  const counts: Partial<Record<EventType, number>> = {}
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [taken, warmUp, receipts, profilesBefore, before, after] = [0, 0, 0, 0, 0, 0]

  function placed(event: ReadEvent): ReadEvent | undefined {
    const time = event.record.event_time
    if (time > until) {
      after++
      return undefined
    }
    if (time >= from) {
      if (time < counted) warmUp++
      first = Math.min(first, time)
      last = Math.max(last, time)
      counts[event.type] = (counts[event.type] ?? 0) + 1
      return withoutAddress(event)
    }
    if (event.type !== 'profile') {
      before++
      return undefined
    }
    profilesBefore++
    return { type: 'profile', record: { ...event.record, event_time: profileTime(time, from) } }
  }

  return {
    async take(events) {
      const kept = events.map(placed).filter((event) => event !== undefined)
      taken += kept.length
      if (taken > eventsMost) throw tooMany(eventsMost)
      await log.append(recordsOf(kept, codec))
    },
    async takeReceipts(found) {
      const kept = found.filter(({ received_at: time }) => time >= from && time <= until)
      receipts += kept.length
      const { name } = topics.receipts
      await log.append(
        kept.map((one) => ({ topic: name, key: one.subscriber_id, value: codec.encode(topics.receipts, one) })),
      )
    },
    recorded() {
      if (last < counted || first > last) throw noEvents(warmUp + before + after + profilesBefore)
      return { events: counts, warmUp, receipts, first, last, profilesBefore, before, after }
    },
  }
}

function withoutAddress(event: ReadEvent): ReadEvent {
  if (event.type !== 'profile') return event
  const { type, record } = event
  return { type, record }
}

function tooMany(most: number): CodedError {
  const message = `there are more than ${most} events with those of the warm-up; name a shorter period or warm-up, or run a part of them from files`
  return new CodedError('KM_BACKTEST_TOO_MANY_EVENTS', message)
}

function noEvents(outside: number): CodedError {
  const elsewhere = outside === 0 ? '' : ` (${outside} lie outside the period); name another one`
  return new CodedError('KM_BACKTEST_NO_EVENTS', `there are no events to try the catalogues on${elsewhere}`)
}
