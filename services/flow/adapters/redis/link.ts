import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Command, Redis } from 'ioredis'
import { CodedError } from '../../../domain/errors.ts'
import { abortable } from '../../abortable.ts'
import type { RedisStoreSettings } from './settings.ts'

export type Client = Redis | Cluster

/** A connection to Redis, single or Cluster, which never sends anything a second time by itself. */
export interface Link {
  readonly client: Client
  /** Aborted: whatever is waited for by way of this link ends at once with its reason. */
  readonly signal: AbortSignal | undefined
  /** Milliseconds since 1970 at which a call that begins now gives up. */
  deadline(): number
  /**
   * Repeats something that does no harm when it is done twice, until it succeeds.
   * @throws CodedError KM_STORE_UNAVAILABLE (canRetry) when the time is over, or at once if Redis refuses it for good
   */
  retry<T>(what: string, attempt: () => Promise<T>, deadline?: number): Promise<T>
  close(): Promise<void>
}

/** The same connection for somebody who may give up. */
export const untilAborted = (link: Link, signal: AbortSignal | undefined): Link => ({
  ...link,
  signal,
  retry: (what, attempt, until = link.deadline()) => retry(what, attempt, until, signal),
})

export function openLink(settings: RedisStoreSettings): Link {
  const { unavailableAfterMs = 10_000, answerWithinMs = defaultAnswerWithinMs, logger } = settings
  const client = createClient(settings)
  let last = ''
  // ioredis prints errors that nobody listens to. Every failed attempt to connect is one: say it once.
  client.on('error', (error: Error) => {
    if (error.message !== last) logger?.warn({ error: error.message }, 'Redis connection')
    last = error.message
  })
  client.on('ready', () => {
    if (last !== '') logger?.info({}, 'Redis connection is back')
    last = ''
  })
  let closed = false
  // Nothing comes of waiting for a connection that was closed on purpose.
  const deadline = () => (closed ? 0 : Date.now() + unavailableAfterMs)
  return {
    client,
    signal: undefined,
    deadline,
    retry: (what, attempt, until = deadline()) => retry(what, attempt, until, undefined),
    async close() {
      closed = true
      try {
        await within(client.quit(), Date.now() + answerWithinMs, undefined)
      } catch {
        // Not connected, or no answer: there is nobody to say goodbye to.
      }
      client.disconnect()
    },
  }
}

const defaultAnswerWithinMs = 4_000

/** Servers by URL; commas part the nodes of a Cluster. */
const nodesOf = ({ url }: RedisStoreSettings): readonly URL[] =>
  (typeof url === 'string' ? url.split(',') : url).map((part) => new URL(part.trim()))

function createClient(settings: RedisStoreSettings): Client {
  const { answerWithinMs = defaultAnswerWithinMs } = settings
  const nodes = nodesOf(settings)
  const [first] = nodes
  if (!first) throw new CodedError('KM_STORE_UNAVAILABLE', 'no Redis URL is set')
  const endpoint = (node: URL) => ({ host: node.hostname.replace(/^\[|\]$/g, ''), port: Number(node.port || 6379) })
  const common = {
    ...(first.username ? { username: decodeURIComponent(first.username) } : {}),
    ...(first.password ? { password: decodeURIComponent(first.password) } : {}),
    ...(first.protocol === 'rediss:' ? { tls: {} } : {}),
    connectTimeout: answerWithinMs,
    socketTimeout: answerWithinMs,
    connectionName: 'keymoment',
    // A commit that is sent again behind our back, or minutes later out of a queue, is what we must never have:
    // whatever is not answered when a connection ends is rejected at once (maxRetriesPerRequest 0), and settled by us.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  }
  if (settings.cluster || nodes.length > 1) {
    return new Cluster(nodes.map(endpoint), {
      enableOfflineQueue: false,
      // Without it ioredis sends again what a closed connection left unanswered.
      retryDelayOnFailover: 0,
      clusterRetryStrategy: (times) => Math.min(50 * times, 500),
      slotsRefreshTimeout: answerWithinMs,
      // Commits go by connections of their own: without it nothing might ever tell that a node has joined.
      slotsRefreshInterval: 15_000,
      redisOptions: common,
    })
  }
  const db = Number(first.pathname.slice(1) || 0)
  return new Redis({
    ...common,
    ...endpoint(first),
    db,
    enableOfflineQueue: false,
    retryStrategy: (times) => Math.min(20 * times, 500),
  })
}

async function retry<T>(
  what: string,
  attempt: () => Promise<T>,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let delay = 10; ; delay = Math.min(2 * delay, 200)) {
    signal?.throwIfAborted()
    try {
      return await within(attempt(), deadline, signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof CodedError) throw error
      if (!isPassing(error)) throw unavailable(`${what}: Redis refuses it`, error, false)
      if (Date.now() + delay >= deadline) throw unavailable(`${what}: no answer from Redis in time`, error, true)
      await abortable(sleep(delay), signal)
    }
  }
}

/** Rejects at the deadline (milliseconds since 1970) if the promise has not settled by then, or when the signal is aborted. */
export async function within<T>(promise: Promise<T>, deadline: number, signal: AbortSignal | undefined): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('no answer in time')), Math.max(0, deadline - Date.now()))
  try {
    return await abortable(Promise.race([promise, late.promise]), signal)
  } finally {
    clearTimeout(timer)
  }
}

export const unavailable = (message: string, cause: unknown, canRetry: boolean): CodedError =>
  new CodedError('KM_STORE_UNAVAILABLE', `${message} (${cause instanceof Error ? cause.message : String(cause)})`, {
    canRetry,
    cause,
  })

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

/** Replies of a server that did not execute the command, and may a moment later. */
const passing = /^(TRYAGAIN|MOVED|ASK|CLUSTERDOWN|LOADING|READONLY|MASTERDOWN|BUSY|NOREPLICAS)\b/

/** Worth another attempt: the connection failed, or the server cannot just now. */
export const isPassing = (error: unknown): boolean => !isReply(error) || passing.test(error.message)
export const isUnknownScript = (error: unknown): boolean => isReply(error) && error.message.startsWith('NOSCRIPT')

/** A command for the node of `key`, which isn't among its arguments. */
export class RoutedCommand extends Command {
  readonly #key: string

  constructor(key: string, name: string, args: (string | number)[]) {
    super(name, args, { replyEncoding: 'utf8' })
    this.#key = key
  }

  /** ioredis routes by the keys that it finds. */
  override getKeys(): string[] {
    return [this.#key]
  }
}
