import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { CodedError } from '../../services/domain/errors.ts'
import { engineUrl, nobodyAt } from '../engine.ts'
import { readLines } from '../lines.ts'
import { urlOption } from '../url-option.ts'

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
    .addOption(urlOption())
    .action(async (files: string[], { url }: { url: string }) => {
      const target = engineUrl(url, '/v1/events')
      let accepted = 0
      for (const file of files) {
        for await (const batch of batches(file)) accepted += await send(batch, target)
      }
      process.stderr.write(`${accepted} events accepted\n`)
    })

async function* batches(file: string): AsyncGenerator<Batch> {
  let batch: Batch = { file, numbers: [], lines: [], bytes: 0 }
  for await (const { number, text, fault } of readLines(file)) {
    if (fault) {
      process.stdout.write(`${file}:${number}  ${fault.code}  ${fault.message}\n`)
      const first = batch.numbers[0] ?? number
      throw refusal(batch, `${fault.code}: ${fault.message}`, first)
    }
    batch.numbers.push(number)
    batch.lines.push(text)
    batch.bytes += Buffer.byteLength(text)
    if (batch.lines.length >= batchLines || batch.bytes >= batchBytes) {
      yield batch
      batch = { file, numbers: [], lines: [], bytes: 0 }
    }
  }
  if (batch.lines.length > 0) yield batch
}

/** Sends a batch until it is taken. @returns the number of events @throws CodedError KM_INGEST_REFUSED, KM_INGEST_UNREACHABLE */
async function send(batch: Batch, url: URL): Promise<number> {
  for (let tries = 1; ; tries++) {
    const response = await post(batch, url)
    if (response.status === 202) return batch.lines.length
    if ((response.status === 429 || response.status === 503) && tries < triesMax) {
      await pause(1_000 * Number(response.headers.get('retry-after') ?? 1))
      continue
    }
    const { code, message, problems = [] } = await bodyOf(response)
    for (const problem of problems) process.stdout.write(`${describe(problem, batch)}\n`)
    throw refusal(batch, `${code ?? `HTTP status ${response.status}`}: ${message ?? response.statusText}`)
  }
}

const post = (batch: Batch, url: URL): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: batch.lines.join('\n'),
  }).catch((cause: unknown) => {
    const message = `${nobodyAt(url, cause)} (from line ${batch.numbers[0]} on nothing was taken)`
    throw new CodedError('KM_INGEST_UNREACHABLE', message, {
      cause,
      location: { file: batch.file },
    })
  })

interface Refused {
  readonly code?: string
  readonly message?: string
  readonly problems?: readonly Problem[]
}

/** Whoever else answers at the URL may not speak JSON. */
const bodyOf = async (response: Response): Promise<Refused> =>
  ((await response.json().catch(() => null)) as Refused | null) ?? {}

const refusal = ({ file, numbers }: Batch, why: string, first = numbers[0]): CodedError =>
  new CodedError('KM_INGEST_REFUSED', `${why} (from line ${first} on nothing was taken)`, { location: { file } })

interface Problem {
  readonly index: number
  readonly path: string
  readonly code: string
  readonly message: string
}

const describe = ({ index, path, code, message }: Problem, { file, numbers }: Batch): string =>
  `${file}:${numbers[index]}  ${code}  ${path === '' ? '' : `${path}: `}${message}`
