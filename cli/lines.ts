import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { CodedError } from '../services/domain/errors.ts'

/** A line of a file of events; `fault` instead of its text where it can't be one. */
export interface Line {
  /** From 1. */
  readonly number: number
  readonly text: string
  readonly fault?: { readonly code: string; readonly message: string }
}

/** Far above any event; what is longer isn't lines. */
const lineBytesMax = 1_048_576
const newline = 0x0a
const byteOrderMark = '\ufeff'

/**
 * The lines of a file (`-`: standard input) that hold something, read in pieces. Bytes that aren't UTF-8 are told and
 * never replaced: a name with a question mark in it would be somebody else.
 * @throws CodedError KM_EVENTS_FILE
 */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let number = 0
  let rest: Buffer[] = []
  let restBytes = 0
  const take = (piece: Buffer): void => {
    restBytes += piece.length
    // Of a line without end no more is kept than shows that it is too long.
    if (restBytes <= lineBytesMax + piece.length) rest.push(piece)
  }
  const finish = (): Line | undefined => {
    number++
    const line = lineOf(number, Buffer.concat(rest), restBytes)
    rest = []
    restBytes = 0
    return line
  }
  for await (const chunk of bytesOf(file)) {
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      take(chunk.subarray(from, at))
      from = at + 1
      const line = finish()
      if (line) yield line
    }
    take(chunk.subarray(from))
  }
  const last = restBytes > 0 ? finish() : undefined
  if (last) yield last
}

function lineOf(number: number, bytes: Buffer, length: number): Line | undefined {
  if (length > lineBytesMax) {
    const message = `the line is longer than ${lineBytesMax} bytes: one event a line is expected`
    return { number, text: '', fault: { code: 'KM_EVENT_TOO_LONG', message } }
  }
  if (!isUtf8(bytes)) {
    return { number, text: '', fault: { code: 'KM_EVENT_NOT_UTF8', message: 'the line is not UTF-8' } }
  }
  const text = bytes.toString()
  const clean = number === 1 && text.startsWith(byteOrderMark) ? text.slice(1) : text
  return clean.trim() === '' ? undefined : { number, text: clean }
}

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  try {
    yield* file === '-' ? process.stdin : createReadStream(file)
  } catch (cause) {
    throw new CodedError('KM_EVENTS_FILE', `cannot be read: ${String(cause)}`, { cause, location: { file } })
  }
}
