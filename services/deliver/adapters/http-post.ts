import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { isForbiddenHost, lookupPublic } from './public-address.ts'
import type { Obstacle, Unanswered } from './unanswered.ts'

export interface PostSettings {
  /** Until the connection stands. */
  readonly connectTimeoutMs: number
  /** Until the whole answer is there, from the beginning. */
  readonly answerTimeoutMs: number
  /** Connections to one host that are kept, and made at most; 1 or more. */
  readonly connections: number
  /** Also to addresses that aren't public. */
  readonly allowPrivate: boolean
}

/** What became of a request. */
export type Answered =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs: number | null; readonly body: string }
  | Unanswered

export interface Post {
  /** http: or https:. */
  readonly to: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** Asked last, as a connection may take its time. Default: there is none. */
  readonly obstacle?: () => Obstacle | undefined
}

export interface HttpPost {
  /** Posts once; redirections aren't followed. Never rejects. */
  post(request: Post): Promise<Answered>
  /** Ends the connections. */
  close(): void
}

/** More than any answer that says something here; in characters. */
const bodyMost = 65_536

export function createHttpPost(settings: PostSettings): HttpPost {
  const { connectTimeoutMs, answerTimeoutMs, connections, allowPrivate } = settings
  const pool = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections }
  const agents = { secure: new https.Agent(pool), plain: new http.Agent(pool) }
  const lookup = allowPrivate ? {} : { lookup: lookupPublic }

  return {
    post({ to, headers, body, obstacle }) {
      if (!allowPrivate && isForbiddenHost(to)) {
        return Promise.resolve({ kind: 'not-taken', reason: 'KM_WEBHOOK_ADDRESS' })
      }
      const isSecure = to.protocol === 'https:'
      const client = isSecure ? https : http
      const agent = isSecure ? agents.secure : agents.plain
      const length = String(Buffer.byteLength(body))
      return new Promise((resolve) => {
        let connected = false
        const options = { method: 'POST', agent, ...lookup, headers: { ...headers, 'content-length': length } }
        const request = client.request(to, options)
        const end = (answered: Answered) => {
          clearTimeout(connecting)
          clearTimeout(answering)
          resolve(answered)
          if (answered.kind !== 'answered') request.destroy()
        }
        const connecting = setTimeout(() => {
          if (!connected) end({ kind: 'not-taken', reason: 'ETIMEDOUT' })
        }, connectTimeoutMs)
        const answering = setTimeout(() => end({ kind: 'no-answer' }), answerTimeoutMs)
        const isOpen = () => {
          const code = obstacle?.()
          if (code) return end({ kind: 'withheld', code })
          connected = true
          // Not before: what is written to a socket that doesn't open can't be told from what has left.
          request.end(body)
        }
        request.on('socket', (socket) => {
          if (!socket.connecting) isOpen()
          else socket.once(isSecure ? 'secureConnect' : 'connect', isOpen)
        })
        request.on('response', (response) => readAnswer(response, end))
        request.on('error', (error: NodeJS.ErrnoException) => {
          end(connected ? { kind: 'connection-lost' } : { kind: 'not-taken', reason: error.code ?? 'error' })
        })
      })
    },
    close() {
      agents.secure.destroy()
      agents.plain.destroy()
    },
  }
}

function readAnswer(response: IncomingMessage, end: (answered: Answered) => void): void {
  let text = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    if (text.length < bodyMost) text += chunk
  })
  response.on('close', () => {
    if (!response.complete) end({ kind: 'connection-lost' })
  })
  response.on('end', () => {
    const retryAfterMs = millisOf(response.headers['retry-after'])
    end({ kind: 'answered', status: response.statusCode ?? 0, retryAfterMs, body: text.slice(0, bodyMost) })
  })
}

/** Of Retry-After only seconds are read; null: it says nothing. */
const millisOf = (retryAfter: string | undefined): number | null =>
  retryAfter !== undefined && /^[0-9]{1,6}$/.test(retryAfter) ? 1000 * Number(retryAfter) : null
