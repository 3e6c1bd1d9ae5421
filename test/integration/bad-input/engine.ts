import { onTestFinished } from 'vitest'
import { decide } from '../../../services/decide/service.ts'
import { createDeliver } from '../../../services/deliver/service.ts'
import { detect } from '../../../services/detect/service.ts'
import { createIngest } from '../../../services/ingest/service.ts'
import type { Deployable } from '../../../services/platform/deployable.ts'
import type { Platform } from '../../../services/platform/platform.ts'
import { type RunningProcess, startProcess } from '../../../services/platform/process.ts'
import type { RecordTypes } from '../../../services/records/types.ts'
import { loadSettings } from '../../../services/settings/load.ts'
import { readTopic } from '../../../services/simulate/read-topic.ts'
import { createLogger } from '../../../services/telemetry/log.ts'
import { createMetrics, type Metrics } from '../../../services/telemetry/metrics.ts'
import type { SchemaName, Topic } from '../../../services/topology.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { catalogueFolder } from './small-catalogue.ts'

export interface Engine {
  readonly url: string
  readonly running: RunningProcess
  readonly metrics: Metrics
  /** Everything that it logged, one JSON object a line. */
  log(): readonly LogLine[]
  get(path: string): Promise<Answer>
  /** The codes by which /readyz says why it is not ready. */
  unready(): Promise<readonly string[]>
  /** Waits until /readyz is 200. */
  ready(deadlineMs?: number): Promise<void>
  /** Waits until /readyz gives the code. */
  unreadyBy(code: string, deadlineMs?: number): Promise<void>
  /** POST /v1/events. */
  post(body: string | Buffer, contentType?: string): Promise<Answer>
  /** All records of a topic. */
  records<Name extends SchemaName>(topic: Topic & { readonly schema: Name }): Promise<RecordTypes[Name][]>
  /** Waits until a topic has `count` records, and gives them. */
  atLeast<Name extends SchemaName>(
    topic: Topic & { readonly schema: Name },
    count: number,
    deadlineMs?: number,
  ): Promise<RecordTypes[Name][]>
  /**
   * Waits until a topic has records of `count` different moments, and gives their ids, sorted. Of an append whose answer
   * was lost the log may hold a record twice: whoever reads it drops the second, and so does this.
   */
  momentIds(
    topic: Topic & { readonly schema: 'moment' | 'command' | 'decision' },
    count: number,
    deadlineMs?: number,
  ): Promise<readonly string[]>
  stop(): Promise<void>
}

export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: AnswerBody
}

interface AnswerBody {
  readonly code?: string
  readonly message?: string
  readonly accepted?: number
  readonly by_type?: Readonly<Record<string, number>>
  readonly problems?: readonly Readonly<Record<string, unknown>>[]
  readonly ready?: boolean
}

export interface EngineOptions {
  /** As environment variables, over an engine on files in a new folder, a free port and the small catalogue. */
  readonly settings?: Readonly<Record<string, string>>
  readonly deployables?: readonly Deployable[]
  readonly level?: string
}

/** The whole engine in this process, with its real HTTP, as `keymoment start` runs it; it stops with the test. */
export async function startEngine({ settings = {}, deployables, level = 'info' }: EngineOptions = {}): Promise<Engine> {
  const loaded = await loadSettings(undefined, {
    KEYMOMENT_DATA_DIR: temporaryFolder(),
    KEYMOMENT_HTTP_PORT: '0',
    KEYMOMENT_CATALOGUE_DIR: settings.KEYMOMENT_CATALOGUE_DIR ?? (await catalogueFolder()),
    KEYMOMENT_CATALOGUE_LEAD_MS: '100',
    KEYMOMENT_SMS_SANDBOX_DELAY_MS: '10',
    ...settings,
  })
  const written: string[] = []
  const metrics = createMetrics()
  const running = await startProcess({
    settings: loaded,
    deployables: deployables ?? [createDeliver(), decide, detect, createIngest()],
    logger: createLogger(level, { write: (line) => written.push(line) }),
    metrics,
  })
  running.started.catch(() => undefined)
  onTestFinished(() => running.stop())
  const opened = async (): Promise<Platform> => running.started

  async function records<Name extends SchemaName>(topic: Topic & { readonly schema: Name }) {
    const { log, codec } = await opened()
    return readTopic(log, codec, topic)
  }

  const get = async (path: string) => answerOf(await fetch(new URL(path, running.url)))
  const unready = async () => ((await get('/readyz')).body.problems ?? []).map(({ code }) => String(code))
  const tail = () => written.slice(-20).join('')
  const state = async () => JSON.stringify((await get('/readyz')).body)

  return {
    url: running.url,
    running,
    metrics,
    unready,
    async ready(deadlineMs = 10_000) {
      await waitFor('readiness', async () => (await get('/readyz')).status === 200, { deadlineMs }).catch(
        async (cause: unknown) => {
          throw new Error(`${String(cause)}: ${await state()}\n${tail()}`, { cause })
        },
      )
    },
    async unreadyBy(code, deadlineMs = 10_000) {
      await waitFor(`readyz to say ${code}`, async () => (await unready()).includes(code), { deadlineMs })
    },
    log: () => written.map((line): LogLine => JSON.parse(line)),
    get,
    post: async (body, contentType = 'application/x-ndjson') =>
      answerOf(
        await fetch(new URL('/v1/events', running.url), {
          method: 'POST',
          headers: contentType === '' ? {} : { 'content-type': contentType },
          body: typeof body === 'string' ? body : new Uint8Array(body),
        }),
      ),
    records,
    async atLeast(topic, count, deadlineMs = 10_000) {
      let found = await records(topic)
      const enough = async () => {
        found = await records(topic)
        return found.length >= count
      }
      await waitFor(`${count} records of ${topic.name}`, enough, { deadlineMs }).catch((cause: unknown) => {
        throw new Error(`${String(cause)}; there are ${found.length}: ${JSON.stringify(found.at(-1))}\n${tail()}`, {
          cause,
        })
      })
      return found
    },
    momentIds: (topic, count, deadlineMs = 20_000) =>
      waitFor(
        `${count} moments in ${topic.name}`,
        async () => {
          const ids = [...new Set((await records(topic)).map(({ moment_id }) => moment_id))].toSorted()
          return ids.length >= count ? ids : undefined
        },
        { deadlineMs },
      ),
    stop: () => running.stop(),
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : { message: text }) as AnswerBody,
  }
}
