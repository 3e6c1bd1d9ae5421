import { CodedError } from '../../../domain/errors.ts'

/** What comes over an event socket: headers, by their names in small letters, and a body. */
export interface EslFrame {
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** An event: its headers as FreeSWITCH writes them (`Event-Name`, `variable_…`), and the body as `_body`. */
export type EslEvent = Readonly<Record<string, string>>

/** Longer ones are none. */
const headBytesMax = 64 * 1024
const bodyBytesMax = 4 * 1024 * 1024

const endOfHead = Buffer.from('\n\n')

/** Puts frames together from what a socket brings, in whatever pieces. @throws CodedError KM_ESL_UNREADABLE */
export function createFrameReader(): (bytes: Buffer) => readonly EslFrame[] {
  let held: Buffer = Buffer.alloc(0)

  function next(): EslFrame | undefined {
    const end = held.indexOf(endOfHead)
    if (end > headBytesMax || (end < 0 && held.length > headBytesMax)) throw unreadable('a head without an end')
    if (end < 0) return undefined
    const headers = readHeaders(held.toString('utf8', 0, end))
    const length = lengthOf(headers.get('content-length'))
    const begin = end + endOfHead.length
    if (held.length < begin + length) return undefined
    const body = held.toString('utf8', begin, begin + length)
    held = held.subarray(begin + length)
    return { headers, body }
  }

  return (bytes) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    const frames: EslFrame[] = []
    for (let frame = next(); frame; frame = next()) frames.push(frame)
    return frames
  }
}

function readHeaders(head: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const line of head.split('\n')) {
    if (line.trim() === '') continue
    const colon = line.indexOf(':')
    if (colon < 1) throw unreadable('a header without a name')
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return headers
}

function lengthOf(written: string | undefined): number {
  if (written === undefined) return 0
  const length = /^[0-9]{1,9}$/.test(written) ? Number(written) : Number.NaN
  if (!(length <= bodyBytesMax)) throw unreadable('a length that is none')
  return length
}

/** The event in a frame of `text/event-json`. @throws CodedError KM_ESL_UNREADABLE */
export function readEvent(body: string): EslEvent {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => isText(entry[1])))
    }
  } catch {
    // told below: what the parser says may quote a number
  }
  throw unreadable('an event that is no JSON object')
}

const isText = (value: unknown): value is string => typeof value === 'string'

const unreadable = (what: string) => new CodedError('KM_ESL_UNREADABLE', `the switch sends ${what}`)
