import { createDecipheriv, createECDH, createHash, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What came to one browser, as it read it. */
export interface PushedToBrowser {
  readonly address: string
  readonly headers: IncomingMessage['headers']
  readonly payload: Readonly<Record<string, unknown>>
}

/** Answers in place of 201. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void

/**
 * A push service (RFC 8030) and the browsers behind it, each with keys of its own. It takes only what a real one takes: a TTL, VAPID whose
 * signature holds for this service and this sender, and a body that the browser can decrypt, which is done here by Node's
 * cryptography as RFC 8291 and RFC 8188 say it, without a line of the sender's library.
 */
export async function runWebPushService(senderKey: string) {
  const browsers = new Map<string, ReturnType<typeof makeBrowser>>()
  const taken: PushedToBrowser[] = []
  const faults: string[] = []
  let answer: Answer | undefined
  let isTakenAllTheSame = false

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const name = (request.url ?? '').replace('/push/', '')
      const browser = browsers.get(name)
      if (!browser || browser.isGone) return void response.writeHead(410).end()
      if (answer && !isTakenAllTheSame) return answer(response, request)
      try {
        checkVapid(request, `http://${request.headers.host}`, senderKey)
        if (!/^\d+$/.test(request.headers.ttl?.toString() ?? '')) throw new Error('no TTL')
        const payload = JSON.parse(decrypt(Buffer.concat(chunks), browser).toString())
        taken.push({ address: browser.address, headers: request.headers, payload })
      } catch (error) {
        faults.push(String(error))
        return void response.writeHead(400).end()
      }
      if (answer) return answer(response, request)
      response.writeHead(201, { location: `/m/${taken.length}` }).end()
    })
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    /** The address of the nth browser: its subscription as a profile has it. */
    subscribe(n: number): string {
      const known = browsers.get(`b${n}`)
      if (known) return known.address
      const made = makeBrowser(`http://127.0.0.1:${port}/push/b${n}`)
      browsers.set(`b${n}`, made)
      return made.address
    },
    unsubscribe(n: number) {
      const found = browsers.get(`b${n}`)
      if (found) found.isGone = true
    },
    taken: () => taken,
    faults: () => faults,
    /** How all are answered from now on; `takes`: what came reaches the browser all the same. */
    answer(given: Answer | undefined, takes = false) {
      answer = given
      isTakenAllTheSame = takes
    },
    /** Writes what is no HTTP to all that are connected. */
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

function makeBrowser(endpoint: string) {
  const keys = createECDH('prime256v1')
  keys.generateKeys()
  const auth = randomBytes(16)
  const p256dh = keys.getPublicKey('base64url')
  const json = JSON.stringify({ endpoint, expirationTime: null, keys: { p256dh, auth: auth.toString('base64url') } })
  return { keys, auth, address: `web:${Buffer.from(json).toString('base64url')}`, isGone: false }
}

/** RFC 8291, section 3.4, and RFC 8188, of one record. */
function decrypt(body: Buffer, { keys, auth }: ReturnType<typeof makeBrowser>): Buffer {
  const salt = body.subarray(0, 16)
  const idLength = body.readUInt8(20)
  const senderPublic = body.subarray(21, 21 + idLength)
  const record = body.subarray(21 + idLength)
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), keys.getPublicKey(), senderPublic])
  const secret = Buffer.from(hkdfSync('sha256', keys.computeSecret(senderPublic), auth, info, 32))
  const part = (name: string, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, salt, `Content-Encoding: ${name}\0`, length))
  const cipher = createDecipheriv('aes-128-gcm', part('aes128gcm', 16), part('nonce', 12))
  cipher.setAuthTag(record.subarray(-16))
  const plain = Buffer.concat([cipher.update(record.subarray(0, -16)), cipher.final()])
  const end = plain.lastIndexOf(2)
  if (end < 0) throw new Error('not the last record')
  return plain.subarray(0, end)
}

/** RFC 8292. */
export function checkVapid({ headers }: IncomingMessage, audience: string, senderKey: string): void {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(headers.authorization ?? '') ?? []
  if (key !== senderKey) throw new Error(`not the sender's key: ${createHash('sha256').update(key).digest('hex')}`)
  const [head = '', body = '', signature = ''] = token.split('.')
  const point = Buffer.from(key, 'base64url')
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const given = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  if (!verify('sha256', Buffer.from(`${head}.${body}`), given, Buffer.from(signature, 'base64url'))) {
    throw new Error('the signature does not hold')
  }
  const { aud, exp, sub } = JSON.parse(Buffer.from(body, 'base64url').toString())
  if (aud !== audience) throw new Error(`for ${aud}, not for ${audience}`)
  const aheadSeconds = exp - Date.now() / 1_000
  if (!(aheadSeconds > 0 && aheadSeconds <= 86_400)) throw new Error(`expires in ${aheadSeconds} s`)
  if (!/^mailto:|^https:/.test(sub)) throw new Error('no subject')
}
