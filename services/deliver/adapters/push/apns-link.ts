import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import type { Log } from '../../channel.ts'
import type { Obstacle, Unanswered } from '../unanswered.ts'

export interface ApnsLinkSettings {
  readonly url: string
  /** Certificates of the authorities that are trusted, instead of those that Node knows. PEM. */
  readonly ca?: string
  readonly connectTimeoutMs: number
  /** Until the whole answer is there, from the beginning. */
  readonly answerTimeoutMs: number
}

/** What became of a request. */
export type LinkAnswered =
  | { readonly kind: 'answered'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  | Unanswered

/** One connection to APNs, which many requests share; it is made when it is needed, and anew when it was lost. */
export interface ApnsLink {
  /** Never rejects. `obstacle` is asked last, as a connection may take its time. */
  post(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    obstacle: () => Obstacle | undefined,
  ): Promise<LinkAnswered>
  close(): void
}

const bodyMost = 16_384
/** A connection of which so long nothing was heard is asked for a sign first: what is written to a dead one may have left. */
const silentMs = 60_000

interface Line {
  readonly session: ClientHttp2Session
  /** Of `performance.now`. */
  heardAt: number
  /** What comes behind it wasn't looked at. */
  lastStream: number
}

export function createApnsLink(settings: ApnsLinkSettings, log: Log): ApnsLink {
  const { url, ca, connectTimeoutMs, answerTimeoutMs } = settings
  /** `ready`: null once it can be used, else why it can't. */
  let present: { readonly line: Line; readonly ready: Promise<string | null> } | undefined
  let reachable = true

  function open(): NonNullable<typeof present> {
    const session = connect(url, { ...(ca !== undefined && { ca }) })
    const line: Line = { session, heardAt: performance.now(), lastStream: Number.POSITIVE_INFINITY }
    const ready = new Promise<string | null>((resolve) => {
      const end = (reason: string) => {
        clearTimeout(connecting)
        leave(line)
        session.destroy()
        resolve(reason)
      }
      const connecting = setTimeout(() => end('ETIMEDOUT'), connectTimeoutMs)
      session.once('remoteSettings', () => {
        clearTimeout(connecting)
        resolve(null)
      })
      session.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'))
      session.on('goaway', (_code: number, lastStream: number) => {
        line.lastStream = lastStream
        leave(line)
      })
      session.on('close', () => end('closed'))
    })
    return { line, ready }
  }

  /** Nothing new goes this way. */
  function leave(line: Line): void {
    if (present?.line === line) present = undefined
  }

  /** A connection that can be used, or why there is none. */
  async function lineToUse(): Promise<Line | string> {
    present ??= open()
    const { line, ready } = present
    const fault = await ready
    if (fault !== null) return fault
    if (line.session.closed || line.session.destroyed) {
      leave(line)
      return lineToUse()
    }
    if (performance.now() - line.heardAt < silentMs || (await answersPing(line))) return line
    leave(line)
    line.session.destroy()
    return 'no sign'
  }

  function answersPing(line: Line): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = setTimeout(() => resolve(false), connectTimeoutMs)
      const heard = (error: Error | null) => {
        clearTimeout(waiting)
        if (!error) line.heardAt = performance.now()
        resolve(!error)
      }
      try {
        if (!line.session.ping(heard)) heard(new Error('no ping can be sent'))
      } catch (error) {
        heard(error instanceof Error ? error : new Error('no ping can be sent'))
      }
    })
  }

  function note(line: Line | string): void {
    const isThere = typeof line !== 'string'
    if (isThere === reachable) return
    reachable = isThere
    if (isThere) log.info({ provider: 'apns' }, 'APNs is connected to again')
    else log.warn({ provider: 'apns', code: 'KM_PUSH_UNAVAILABLE', reason: line }, 'no connection to APNs')
  }

  function ask(line: Line, headers: Readonly<Record<string, string>>, body: string): Promise<LinkAnswered> {
    return new Promise((resolve) => {
      const stream = line.session.request(headers)
      let head: IncomingHttpHeaders & IncomingHttpStatusHeader = {}
      let text = ''
      let isLate = false
      const answering = setTimeout(() => {
        isLate = true
        // Who is silent to one may be to all: the next have a connection of their own.
        leave(line)
        line.session.close()
        stream.close(constants.NGHTTP2_CANCEL)
      }, answerTimeoutMs)
      stream.setEncoding('utf8')
      stream.on('response', (received) => {
        head = received
      })
      stream.on('data', (chunk: string) => {
        if (text.length < bodyMost) text += chunk
      })
      stream.on('error', () => undefined)
      stream.on('close', () => {
        clearTimeout(answering)
        const status = head[':status']
        if (status !== undefined && stream.readableEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR) {
          line.heardAt = performance.now()
          return resolve({ kind: 'answered', status, headers: head, body: text.slice(0, bodyMost) })
        }
        if (isLate) return resolve({ kind: 'no-answer' })
        // A GOAWAY is told of behind the streams that it ends.
        setImmediate(() => {
          const isUnseen = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || (stream.id ?? 0) > line.lastStream
          const reason = 'refused by HTTP/2'
          resolve(isUnseen ? { kind: 'not-taken', reason } : { kind: 'connection-lost' })
        })
      })
      stream.end(body)
    })
  }

  return {
    async post(path, headers, body, obstacle) {
      const line = await lineToUse()
      note(line)
      if (typeof line === 'string') return { kind: 'not-taken', reason: line }
      const code = obstacle()
      if (code) return { kind: 'withheld', code }
      try {
        return await ask(line, { ':method': 'POST', ':path': path, ...headers }, body)
      } catch {
        // The connection is on its way out: no stream was begun.
        leave(line)
        return { kind: 'not-taken', reason: 'closed' }
      }
    },
    close() {
      present?.line.session.close()
      present = undefined
    },
  }
}
