import { EventEmitter } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '../../../domain/errors.ts'
import type { Log } from '../../channel.ts'
import { isSoon, keepConnected, type ReconnectMs } from '../keep-connected.ts'
import { hostOf } from '../public-address.ts'
import { createFrameReader, type EslEvent, type EslFrame, readEvent } from './esl-frames.ts'

export interface EslLinkSettings {
  /** esl://:password@host:port */
  readonly url: string
  /** For connecting and logging in together. */
  readonly loginTimeoutMs: number
  /** For the answer to a command: a switch that doesn't give one in time is left, and connected to anew. */
  readonly answerTimeoutMs: number
  readonly pingMs: number
  readonly reconnectMs: ReconnectMs
}

/** What became of a command. */
export type EslAnswer =
  | { readonly kind: 'answered'; readonly text: string }
  /** Nothing was written. */
  | { readonly kind: 'not-connected' }
  /** Written, and the connection was lost before the answer, or none came in time. */
  | { readonly kind: 'lost' }

export interface EslLink {
  start(): void
  /** Resolves when connected; false when the signal aborted before. */
  connected(signal: AbortSignal): Promise<boolean>
  /** @param lines the command and its headers; none may hold a line break */
  command(lines: readonly string[], body?: string): Promise<EslAnswer>
  state(): { readonly connected: boolean; readonly reason: string }
  close(): Promise<void>
}

interface LinkListener {
  event(event: EslEvent): void
  /** Events may have been missed since it was lost. */
  back(): void
  lost(): void
}

/**
 * Keeps one connection to a FreeSWITCH's event socket: logs in, subscribes, pings, and starts again when it is lost.
 * @throws CodedError KM_ESL_URL
 */
export function createEslLink(
  settings: EslLinkSettings,
  subscription: string,
  log: Log,
  listener: LinkListener,
): EslLink {
  const { host, port, password } = readUrl(settings.url)
  const events = new EventEmitter().setMaxListeners(0)
  const stop = new AbortController()
  let session: Session | undefined
  let reason = 'not started'

  /** Connects once, and serves until it is lost. @throws CodedError KM_ESL_UNAVAILABLE, KM_ESL_REFUSED */
  async function connectOnce(): Promise<{ readonly lost: Promise<void> }> {
    const open = await openSession()
    session = open
    reason = 'connected'
    log.info({ provider: 'esl' }, 'connected to the switch')
    const pinging = setInterval(() => open.command(['api status']), settings.pingMs)
    listener.back()
    events.emit('connected')
    return { lost: open.lost.then((why) => left(why, pinging)) }
  }

  function left(why: string, pinging: NodeJS.Timeout): void {
    reason = why
    clearInterval(pinging)
    session = undefined
    if (!stop.signal.aborted) log.warn({ provider: 'esl', code: 'KM_ESL_UNAVAILABLE', reason }, 'switch lost')
    listener.lost()
  }

  /** @throws CodedError KM_ESL_UNAVAILABLE, KM_ESL_REFUSED */
  async function openSession(): Promise<Session> {
    stop.signal.throwIfAborted()
    const candidate = createSession(connect({ host, port }), settings.answerTimeoutMs, listener.event)
    const abandon = () => candidate.destroy('closed')
    stop.signal.addEventListener('abort', abandon)
    try {
      await logIn(candidate)
      stop.signal.throwIfAborted()
      return candidate
    } catch (error) {
      candidate.destroy('given up')
      if (stop.signal.aborted) throw error
      reason = error instanceof CodedError ? error.message : 'failed'
      log.warn(
        { provider: 'esl', code: error instanceof CodedError ? error.code : 'KM_ESL_UNAVAILABLE', reason },
        'switch not connected',
      )
      throw error
    } finally {
      stop.signal.removeEventListener('abort', abandon)
    }
  }

  async function logIn(candidate: Session): Promise<void> {
    const done = async () => {
      await candidate.asked
      await must(candidate, `auth ${password}`, 'KM_ESL_REFUSED', 'the switch refuses the password of ivr.url')
      await must(candidate, subscription, 'KM_ESL_REFUSED', 'the switch refuses to tell of calls')
      return 'done' as const
    }
    const timeout = sleep(settings.loginTimeoutMs, 'no answer in time', { ref: false })
    const result = await Promise.race([done(), timeout, candidate.lost])
    if (result === 'done') return
    throw new CodedError('KM_ESL_UNAVAILABLE', `cannot connect to the switch: ${result}`, { canRetry: true })
  }

  return {
    start() {
      reason = 'connecting'
      // Ends by the abort in close() only.
      void keepConnected(connectOnce, settings.reconnectMs, stop.signal).catch(() => undefined)
    },

    connected: (signal) => isSoon(() => session !== undefined, events, 'connected', signal),

    command: (lines, body) => session?.command(lines, body) ?? Promise.resolve({ kind: 'not-connected' }),
    state: () => ({ connected: session !== undefined, reason }),

    async close() {
      stop.abort()
      const last = session
      reason = 'closed'
      if (!last) return
      await Promise.race([last.command(['exit']), sleep(1_000, undefined, { ref: false })])
      last.destroy('closed')
      await last.lost
    },
  }
}

interface Session {
  /** Resolves when the switch wants to know who is there. */
  readonly asked: Promise<void>
  /** Resolves with the reason. */
  readonly lost: Promise<string>
  command(lines: readonly string[], body?: string): Promise<EslAnswer>
  destroy(why: string): void
}

/** One connection. Answers come in the order of the commands. */
function createSession(socket: Socket, answerTimeoutMs: number, hear: (event: EslEvent) => void): Session {
  const asked = Promise.withResolvers<void>()
  const lost = Promise.withResolvers<string>()
  const waiting: ((answer: EslAnswer) => void)[] = []
  const read = createFrameReader()
  let why = 'connection lost'
  let open = true

  function destroy(reason: string): void {
    if (open) why = reason
    open = false
    socket.destroy()
  }

  function take({ headers, body }: EslFrame): void {
    switch (headers.get('content-type')) {
      case 'auth/request':
        asked.resolve()
        break
      case 'command/reply':
        answer(headers.get('reply-text') ?? '')
        break
      case 'api/response':
        answer(body)
        break
      case 'text/event-json':
        hear(readEvent(body))
        break
      case 'text/rude-rejection':
        destroy('the switch admits no connection from here (its access list)')
        break
      case 'text/disconnect-notice':
        destroy('the switch hung up')
        break
    }
  }

  function answer(text: string): void {
    const first = waiting.shift()
    if (first) first({ kind: 'answered', text })
    else destroy('an answer that nobody asked for')
  }

  socket.setNoDelay(true).setKeepAlive(true, 10_000)
  socket.on('data', (bytes) => {
    try {
      for (const frame of read(bytes)) if (open) take(frame)
    } catch (error) {
      destroy(error instanceof CodedError ? error.message : 'unreadable')
    }
  })
  socket.on('error', (error: NodeJS.ErrnoException) => destroy(error.code ?? 'connection error'))
  socket.once('close', () => {
    open = false
    for (const end of waiting.splice(0)) end({ kind: 'lost' })
    lost.resolve(why)
  })

  return {
    asked: asked.promise,
    lost: lost.promise,
    destroy,
    command(lines, body) {
      if (!open) return Promise.resolve({ kind: 'not-connected' })
      return new Promise((resolve) => {
        const silent = setTimeout(() => destroy('no answer to a command'), answerTimeoutMs)
        waiting.push((end) => {
          clearTimeout(silent)
          resolve(end)
        })
        const headers =
          body === undefined ? [] : ['content-type: text/plain', `content-length: ${Buffer.byteLength(body)}`]
        socket.write(`${[...lines, ...headers].join('\n')}\n\n${body ?? ''}`)
      })
    },
  }
}

async function must(session: Session, line: string, code: string, message: string): Promise<void> {
  const answer = await session.command([line])
  if (answer.kind === 'answered' && !answer.text.startsWith('+OK')) throw new CodedError(code, message)
}

/** @throws CodedError KM_ESL_URL */
function readUrl(text: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'esl:' || url.hostname === '' || /%0[ad]/i.test(url.password)) {
    throw new CodedError('KM_ESL_URL', 'the switch must be given as esl://:password@host:port')
  }
  return {
    host: hostOf(url),
    port: Number(url.port) || 8021,
    password: decodeURIComponent(url.password),
  }
}
