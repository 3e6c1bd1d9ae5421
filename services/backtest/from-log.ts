import { isCoded } from '../domain/errors.ts'
import { shardId } from '../domain/ids.ts'
import type { EventLog, RecordView } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import { type EventType, eventTypes, topics } from '../topology.ts'
import { iso, type Period } from './period.ts'
import type { Recorder } from './recording.ts'
import type { Note } from './report.ts'

export interface LogToRead {
  readonly log: EventLog
  readonly codec: Codec
  readonly futureToleranceMs: number
  readonly period: Period & { readonly from: number }
  readonly onProgress: (handled: number, of: number) => void
}

const atOnce = 2_000

/**
 * Hands the events that a running engine's log holds of a period to a recorder, and the profiles from before it. It is read
 * a little at a time, so that the engine goes on with its work.
 * @returns what is to be known of it
 * @throws CodedError what the recorder fails with, KM_LOG_UNAVAILABLE
 */
export async function recordFromLog(
  { log, codec, futureToleranceMs, period, onProgress }: LogToRead,
  recorder: Pick<Recorder, 'take'>,
): Promise<Note[]> {
  const { from } = period
  const names = eventTypes.map((type) => topics.events[type].name)
  const ends = await log.ends(names)
  const of = ends.flat().reduce((sum, end) => sum + end, 0)
  let [handled, unreadable, fromAhead] = [0, 0, 0]
  let oldest = Number.POSITIVE_INFINITY
  let waiting: ReadEvent[] = []

  function read(type: EventType, record: RecordView): ReadEvent | undefined {
    const latest = record.appendedAt + futureToleranceMs
    // What came before the period happened before it.
    if (type !== 'profile' && record.appendedAt > 0 && latest < from) {
      oldest = Math.min(oldest, latest)
      return undefined
    }
    const event = decoded(codec, type, record)
    if (!event) unreadable++
    else if (record.appendedAt > 0 && event.record.event_time > latest) fromAhead++
    else {
      if (type !== 'profile') oldest = Math.min(oldest, event.record.event_time)
      return event
    }
    return undefined
  }

  async function flush(): Promise<void> {
    const events = waiting
    waiting = []
    await recorder.take(events)
    onProgress(handled, of)
  }

  for (const [i, type] of eventTypes.entries()) {
    for (const [shard, end] of (ends[i] ?? []).entries()) {
      for await (const batch of log.read(topics.events[type].name, shardId(shard), 0, end)) {
        while (batch.next()) {
          const id = codec.schemaIdOf(batch.value, batch.valueStart, batch.valueEnd)
          if (id >= 0 && !codec.isLearnt(id)) await codec.learn(id)
          const event = read(type, batch)
          if (event) waiting.push(event)
          if (waiting.length >= atOnce) await flush()
        }
        handled += batch.count
        onProgress(handled, of)
      }
    }
  }
  await flush()
  return [...shortNote(from, oldest), ...(unreadable + fromAhead === 0 ? [] : [leftOut(unreadable, fromAhead)])]
}

/** Undefined: detect would make a dead letter of it too. */
function decoded(codec: Codec, type: EventType, { value, valueStart, valueEnd }: RecordView): ReadEvent | undefined {
  try {
    return { type, record: codec.decode(type, value, valueStart, valueEnd) } as ReadEvent
  } catch (error) {
    if (isCoded(error)) return undefined
    throw error
  }
}

function shortNote(from: number, oldest: number): Note[] {
  if (oldest <= from || !Number.isFinite(oldest)) return []
  const message = `the log begins at ${iso(oldest)}, and ${iso(from)} was asked for: older events are gone, or there were none`
  return [{ code: 'KM_BACKTEST_LOG_SHORT', message }]
}

function leftOut(unreadable: number, fromAhead: number): Note {
  const message = `left out, as the engine left them out: ${unreadable} records that can't be read, ${fromAhead} from ahead of their arrival`
  return { code: 'KM_BACKTEST_LEFT_OUT', message }
}
