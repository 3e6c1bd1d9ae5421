import { isUtf8 } from 'node:buffer'
import { CodedError } from '../domain/errors.ts'
import { type EventReading, type ReadEvent, readEvent, readEventLine } from '../records/jsonl.ts'

/** What is wrong with one event of a batch. `index` counts from 0, in the order of the batch. */
export interface BatchProblem {
  readonly index: number
  readonly path: string
  readonly code: string
  readonly message: string
}

export type BatchReading =
  | { readonly events: readonly ReadEvent[]; readonly problems?: undefined }
  /** `refused`: how many events are wrong; the problems of the first of them are listed. */
  | { readonly problems: readonly BatchProblem[]; readonly refused: number }

const problemsMax = 200

/**
 * Reads a batch of events: a JSON array, one JSON object, or one object a line (NDJSON). It is right as a whole or
 * refused as a whole. Nothing that the body holds is repeated: it may be personal.
 * @throws CodedError KM_BATCH_UNREADABLE: not UTF-8, or not JSON at all; KM_BATCH_EMPTY: nothing but blanks
 */
export function readBatch(body: Buffer, format: 'json' | 'ndjson'): BatchReading {
  if (!isUtf8(body)) throw new CodedError('KM_BATCH_UNREADABLE', 'the body is not UTF-8')
  const text = body.toString()
  if (text.trim() === '') throw new CodedError('KM_BATCH_EMPTY', 'the body holds no event; was it lost on the way?')
  const readings = format === 'json' ? readJson(text) : readLines(text)
  const events: ReadEvent[] = []
  const problems: BatchProblem[] = []
  let refused = 0
  for (const [index, reading] of readings.entries()) {
    if (reading.kind === 'event') events.push(reading.event)
    else {
      refused++
      for (const problem of reading.problems) if (problems.length < problemsMax) problems.push({ index, ...problem })
    }
  }
  return refused === 0 ? { events } : { problems, refused }
}

function readJson(text: string): EventReading[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new CodedError('KM_BATCH_UNREADABLE', `the body is not JSON${placeIn(cause)}`)
  }
  return (Array.isArray(value) ? value : [value]).map(readEvent)
}

/** Where the parser stopped, as far as it says so; its own words quote the text. */
function placeIn(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : ''
  if (/end of JSON input|unterminated/i.test(message)) return ': it ends too early'
  const place = /at position \d+/.exec(message)?.[0]
  return place ? `: not understood ${place}` : ''
}

const readLines = (text: string): EventReading[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(readEventLine)
