import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { CodedError } from '../services/domain/errors.ts'
import { type ReadEvent, readEventLine } from '../services/records/jsonl.ts'

const chunkEvents = 2_000
const problemsMax = 100

/**
 * Reads JSONL files of events in chunks.
 * @throws CodedError KM_EVENTS_INVALID, whose message lists what is wrong as file:line CODE message; KM_EVENTS_FILE
 */
export async function* readEventFiles(files: readonly string[]): AsyncGenerator<readonly ReadEvent[]> {
  const problems: string[] = []
  for (const file of files) {
    let chunk: ReadEvent[] = []
    let number = 0
    for await (const line of lines(file)) {
      number++
      if (line.trim() === '') continue
      const reading = readEventLine(line)
      if (reading.kind === 'event') chunk.push(reading.event)
      else {
        for (const { code, path, message } of reading.problems) {
          problems.push(`${file}:${number}  ${code}  ${path === '' ? '' : `${path}: `}${message}`)
        }
        if (problems.length >= problemsMax) throw invalid(problems)
      }
      if (chunk.length >= chunkEvents) {
        yield chunk
        chunk = []
      }
    }
    if (chunk.length > 0) yield chunk
  }
  if (problems.length > 0) throw invalid(problems)
}

async function* lines(file: string): AsyncGenerator<string> {
  try {
    const input = file === '-' ? process.stdin : createReadStream(file)
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  } catch (cause) {
    throw new CodedError('KM_EVENTS_FILE', `cannot be read: ${String(cause)}`, { cause, location: { file } })
  }
}

const invalid = (problems: readonly string[]): CodedError =>
  new CodedError('KM_EVENTS_INVALID', `${problems.length} problems in the events\n${problems.join('\n')}`)
