import { isCoded } from '../domain/errors.ts'
import { shardId } from '../domain/ids.ts'
import type { EventLog, RecordView } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import type { Receipt } from '../records/types.ts'
import { readShard } from '../simulate/read-topic.ts'
import { type EventType, eventTypes, topics } from '../topology.ts'
import { iso, type Period, readFrom } from './period.ts'
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
 * Hands the events that a running engine's log holds of a period and its warm-up to a recorder, the profiles from before
 * it, and what became of the commands. It is read a little at a time, so that the engine goes on with its work.
 * @returns what is to be known of it
 * @throws CodedError what the recorder fails with, KM_LOG_UNAVAILABLE
 */
export async function recordFromLog(
  { log, codec, futureToleranceMs, period, onProgress }: LogToRead,
  recorder: Pick<Recorder, 'take' | 'takeReceipts'>,
): Promise<Note[]> {
  const from = readFrom(period)
  const names = eventTypes.map((type) => topics.events[type].name)
  const ends = await log.ends(names)
  const of = ends.flat().reduce((sum, end) => sum + end, 0)
  let [handled, unreadable, fromAhead] = [0, 0, 0]
  let oldest = Number.POSITIVE_INFINITY
  /** The log no longer has its beginning. */
  let isCut = false
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
      let isFirst = true
      for await (const batch of log.read(topics.events[type].name, shardId(shard), 0, end)) {
        while (batch.next()) {
          if (isFirst && batch.position > 0) isCut = true
          isFirst = false
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
  await recordReceipts(log, codec, recorder)
  return [
    ...shortNote(isCut || Number.isFinite(from) ? from : period.from, oldest, isCut),
    ...(unreadable + fromAhead === 0 ? [] : [leftOut(unreadable, fromAhead)]),
  ]
}

/** Of all commands: those of a moment that fires here too count as they did. */
async function recordReceipts(log: EventLog, codec: Codec, recorder: Pick<Recorder, 'takeReceipts'>): Promise<void> {
  for (let shard = 0; shard < log.shards; shard++) {
    let waiting: Receipt[] = []
    for await (const receipt of readShard(log, codec, topics.receipts, shardId(shard))) {
      waiting.push(receipt)
      if (waiting.length < atOnce) continue
      await recorder.takeReceipts(waiting)
      waiting = []
    }
    await recorder.takeReceipts(waiting)
  }
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

/** `from`: of the events that were asked for, or of what is counted where all were. */
function shortNote(from: number, oldest: number, isCut: boolean): Note[] {
  if (!Number.isFinite(oldest) || oldest <= from) return []
  const asked = Number.isFinite(from) ? `, and ${iso(from)} was asked for` : ''
  const why = isCut ? 'older events are gone, so that what began before is not known' : 'there were none before'
  return [{ code: 'KM_BACKTEST_LOG_SHORT', message: `the log begins at ${iso(oldest)}${asked}: ${why}` }]
}

function leftOut(unreadable: number, fromAhead: number): Note {
  const message = `left out, as the engine left them out: ${unreadable} records that can't be read, ${fromAhead} from ahead of their arrival`
  return { code: 'KM_BACKTEST_LEFT_OUT', message }
}
