import { generateKeyPairSync, type KeyObject, randomUUID, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { flawsOf } from './fcm-body.ts'

/** A message that the service took. */
export interface FcmMessage {
  readonly token: string
  readonly notification: { readonly title?: string; readonly body: string }
  readonly data: Readonly<Record<string, string>>
  readonly android: Readonly<Record<string, unknown>>
}

export type FcmAnswer = (response: ServerResponse, request: IncomingMessage) => void

export interface FcmServer {
  /** For push.fcm.url. */
  readonly url: string
  /** For push.fcm.credentials_file: a service account whose grants the server takes. */
  readonly credentialsFile: string
  taken(): readonly FcmMessage[]
  /** Requests for an access token, as they were answered. */
  grants(): readonly string[]
  /** Requests to send, however they were answered. */
  asked(): number
  /** Answers of `messages:send` from now on; the message counts as taken first if `takes`. Undefined: as the real one. */
  answer(how: FcmAnswer | undefined, takes?: boolean): void
  /** Answers of the token endpoint from now on. Undefined: as the real one. */
  grant(how: FcmAnswer | undefined): void
  /** Access tokens that were given out hold no more. */
  expireTokens(): void
  /** The token's app was removed. */
  unregister(token: string): void
  /** Writes what is no HTTP to all who are connected. */
  garbage(): void
  hangUp(): void
  stop(): Promise<void>
}

const project = 'keymoment-test'
const email = `sender@${project}.example`
const keyId = 'key-1'
const tokenPattern = /^[A-Za-z0-9_:-]{8,}$/

/** Stands in for FCM: bodies by Google's description, the real grant (RFC 7523, RS256), Google's words for errors. */
export async function runFcmServer(): Promise<FcmServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const taken: FcmMessage[] = []
  const grants: string[] = []
  const valid = new Set<string>()
  const gone = new Set<string>()
  const sockets = new Set<Socket>()
  let asked = 0
  let answer: FcmAnswer | undefined
  let answerTakes = false
  let grant: FcmAnswer | undefined

  async function giveToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request))
    const fault = grantFault(form, publicKey, `${url}/token`)
    grants.push(fault ?? 'ok')
    if (grant) return grant(response, request)
    if (fault) return json(response, 400, { error: 'invalid_grant', error_description: fault })
    const token = `ya29.${randomUUID()}`
    valid.add(token)
    json(response, 200, { access_token: token, expires_in: 3_599, token_type: 'Bearer' })
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    asked++
    const body: unknown = parsed(await text(request))
    if (!valid.has((request.headers.authorization ?? '').replace(/^Bearer /, ''))) {
      return json(response, 401, errorOf(401, 'UNAUTHENTICATED'))
    }
    const flaws = flawsOf(body)
    if (flaws.length > 0)
      return json(response, 400, { error: { code: 400, status: 'INVALID_ARGUMENT', message: flaws.join('; ') } })
    const { message } = body as { message: FcmMessage }
    if (answer && !answerTakes) return answer(response, request)
    if (gone.has(message.token)) return json(response, 404, errorOf(404, 'NOT_FOUND', 'UNREGISTERED'))
    if (!tokenPattern.test(message.token)) return json(response, 400, ofToken)
    taken.push(message)
    if (answer) return answer(response, request)
    json(response, 200, { name: `projects/${project}/messages/0:${taken.length}%${randomUUID().slice(0, 8)}` })
  }

  const server = createServer((request, response) => {
    const path = `${request.method} ${request.url}`
    if (path === 'POST /token') void giveToken(request, response)
    else if (path === `POST /v1/projects/${project}/messages:send`) void take(request, response)
    else json(response, 404, errorOf(404, 'NOT_FOUND'))
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentialsFile = join(temporaryFolder(), 'service-account.json')
  writeFileSync(credentialsFile, JSON.stringify(accountOf(privateKey, `${url}/token`)))

  return {
    url,
    credentialsFile,
    taken: () => taken,
    grants: () => grants,
    asked: () => asked,
    answer(how, takes = false) {
      answer = how
      answerTakes = takes
    },
    grant(how) {
      grant = how
    },
    expireTokens: () => valid.clear(),
    unregister: (token) => void gone.add(token),
    garbage() {
      for (const socket of sockets) socket.write('\u0000\u0001 this is no HTTP\r\n\r\n')
    },
    hangUp: () => server.closeAllConnections(),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As the console gives it out. */
const accountOf = (privateKey: KeyObject, tokenUrl: string) => ({
  type: 'service_account',
  project_id: project,
  private_key_id: keyId,
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  client_email: email,
  client_id: '1',
  token_uri: tokenUrl,
})

/** What is wrong with a grant; undefined: it is right. */
function grantFault(form: URLSearchParams, key: KeyObject, audience: string): string | undefined {
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'the type of the grant'
  const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  const header = parsed(decoded(head)) as { alg?: unknown; kid?: unknown } | undefined
  if (header?.alg !== 'RS256' || header.kid !== keyId) return 'the header'
  if (!verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url')))
    return 'the signature'
  const said = parsed(decoded(claims)) as Record<'iss' | 'aud' | 'scope', unknown> & { iat: number; exp: number }
  const now = Date.now() / 1_000
  if (said.iss !== email || said.aud !== audience) return 'who it is of, or for'
  if (said.scope !== 'https://www.googleapis.com/auth/firebase.messaging') return 'the scope'
  if (!(Math.abs(said.iat - now) < 60 && said.exp > now && said.exp <= said.iat + 3_600)) return 'its times'
  return undefined
}

const ofToken = {
  error: {
    code: 400,
    message: 'The registration token is not a valid FCM registration token',
    status: 'INVALID_ARGUMENT',
    details: [
      { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: 'INVALID_ARGUMENT' },
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [{ field: 'message.token', description: 'Invalid registration token' }],
      },
    ],
  },
}

/** An error in Google's form, with FCM's own code where there is one. */
export const errorOf = (code: number, status: string, errorCode?: string) => ({
  error: {
    code,
    status,
    message: 'said by the tests',
    ...(errorCode && {
      details: [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }],
    }),
  },
})

export const json = (response: ServerResponse, status: number, value: object, headers: Record<string, string> = {}) =>
  void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))

const decoded = (part: string) => Buffer.from(part, 'base64url').toString()

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
