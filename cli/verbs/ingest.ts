import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { CodedError } from '../../services/domain/errors.ts'

const batchLines = 2_000
const batchBytes = 4 * 1_048_576
const triesMax = 60

interface Batch {
  readonly file: string
  /** Line numbers (from 1) of the events. */
  readonly numbers: number[]
  readonly lines: string[]
  bytes: number
}

export const ingestVerb = (): Command =>
  new Command('ingest')
    .description('send events (JSONL) to a running engine; each batch is taken as a whole or refused as a whole')
    .argument('<file...>', 'files, or - for standard input')
    .option('--url <url>', 'of the engine', `http://127.0.0.1:${process.env.KEYMOMENT_HTTP_PORT ?? 8080}`)
    .action(async (files: string[], { url }: { url: string }) => {
      let accepted = 0
      for (const file of files) {
        const input = file === '-' ? process.stdin : createReadStream(file)
        for await (const batch of batches(input, file)) accepted += await send(batch, url)
      }
      process.stderr.write(`${accepted} events accepted\n`)
    })

async function* batches(input: Readable, file: string): AsyncGenerator<Batch> {
  let batch: Batch = { file, numbers: [], lines: [], bytes: 0 }
  let number = 0
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++
      if (line.trim() === '') continue
      batch.numbers.push(number)
      batch.lines.push(line)
      batch.bytes += line.length
      if (batch.lines.length >= batchLines || batch.bytes >= batchBytes) {
        yield batch
        batch = { file, numbers: [], lines: [], bytes: 0 }
      }
    }
  } catch (cause) {
    throw new CodedError('KM_INGEST_FILE', `cannot be read: ${String(cause)}`, { cause, location: { file } })
  }
  if (batch.lines.length > 0) yield batch
}

/** Sends a batch until it is taken. @returns the number of events @throws CodedError KM_INGEST_REFUSED, KM_INGEST_UNREACHABLE */
async function send(batch: Batch, url: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const response = await fetch(new URL('/v1/events', url), {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: batch.lines.join('\n'),
    }).catch((cause: unknown) => {
      throw new CodedError('KM_INGEST_UNREACHABLE', `no engine answers at ${url}; start it, or name it by --url`, {
        cause,
      })
    })
    const body = (await response.json()) as { code?: string; message?: string; problems?: Problem[] }
    if (response.status === 202) return batch.lines.length
    if ((response.status === 429 || response.status === 503) && tries < triesMax) {
      await pause(1_000 * Number(response.headers.get('retry-after') ?? 1))
      continue
    }
    for (const problem of body.problems ?? []) process.stdout.write(`${describe(problem, batch)}\n`)
    throw new CodedError(
      'KM_INGEST_REFUSED',
      `${body.code ?? response.status}: ${body.message ?? response.statusText} (lines ${batch.numbers[0]} to ${batch.numbers.at(-1)} were not taken)`,
      { location: { file: batch.file } },
    )
  }
}

interface Problem {
  readonly index: number
  readonly path: string
  readonly code: string
  readonly message: string
}

const describe = ({ index, path, code, message }: Problem, { file, numbers }: Batch): string =>
  `${file}:${numbers[index]}  ${code}  ${path === '' ? '' : `${path}: `}${message}`
