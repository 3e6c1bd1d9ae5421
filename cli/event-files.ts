import { CodedError } from '../services/domain/errors.ts'
import { type ReadEvent, readEventLine } from '../services/records/jsonl.ts'
import { type Line, readLines } from './lines.ts'

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
    for await (const line of readLines(file)) {
      const event = readLine(line, (code, message) => problems.push(`${file}:${line.number}  ${code}  ${message}`))
      if (event) chunk.push(event)
      if (problems.length >= problemsMax) throw invalid(problems)
      if (chunk.length >= chunkEvents) {
        yield chunk
        chunk = []
      }
    }
    if (chunk.length > 0) yield chunk
  }
  if (problems.length > 0) throw invalid(problems)
}

function readLine({ text, fault }: Line, tell: (code: string, message: string) => void): ReadEvent | undefined {
  if (fault) {
    tell(fault.code, fault.message)
    return undefined
  }
  const reading = readEventLine(text)
  if (reading.kind === 'event') return reading.event
  for (const { code, path, message } of reading.problems) tell(code, path === '' ? message : `${path}: ${message}`)
  return undefined
}

const invalid = (problems: readonly string[]): CodedError =>
  new CodedError('KM_EVENTS_INVALID', `${problems.length} problems in the events\n${problems.join('\n')}`)
