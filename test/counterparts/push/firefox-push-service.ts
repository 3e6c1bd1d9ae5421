import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { checkVapid } from './web-push-service.ts'

/** What a browser says of itself; the fields that are read here, as Mozilla's push protocol has them. */
type FromBrowser =
  | { readonly messageType: 'hello'; readonly uaid?: string }
  | { readonly messageType: 'register'; readonly channelID: string; readonly key?: string }
  | { readonly messageType: 'unregister'; readonly channelID: string }
  | { readonly messageType: 'ack'; readonly updates: readonly { readonly code: number }[] }
  | { readonly messageType?: undefined }

interface Subscribed {
  readonly channelID: string
  /** The only one who may push to it (RFC 8292, 4). */
  readonly senderKey: string
}

/**
 * The push service of one Firefox: towards senders RFC 8030, towards the browser the protocol that Firefox speaks with Mozilla's own.
 * It sees only what is encrypted. Stop it in the end.
 */
export async function runFirefoxPushService() {
  const subscribed = new Map<string, Subscribed>()
  const answers: number[] = []
  const read: number[] = []
  const faults: string[] = []
  let browser: WebSocket | undefined

  async function answerTo(request: IncomingMessage): Promise<number> {
    const endpoint = /^\/wpush\/v2\/(.+)$/.exec(request.url ?? '')?.[1]
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (endpoint === undefined || request.method !== 'POST') return 404
    const found = subscribed.get(endpoint)
    if (!found) return 410
    try {
      checkVapid(request, `http://${request.headers.host}`, found.senderKey)
      if (!/^\d+$/.test(String(request.headers.ttl))) throw new Error('no TTL')
    } catch (error) {
      faults.push(String(error))
      return 400
    }
    if (!browser) return 503
    const { channelID } = found
    const data = Buffer.concat(chunks).toString('base64url')
    const headers = { encoding: request.headers['content-encoding'] }
    tell({ messageType: 'notification', channelID, version: randomUUID(), data, headers })
    return 201
  }

  const tell = (message: object) => browser?.send(JSON.stringify(message))

  function hear(message: FromBrowser): void {
    if (message.messageType === 'hello') {
      const uaid = message.uaid || randomBytes(16).toString('hex')
      tell({ messageType: 'hello', uaid, status: 200, use_webpush: true, broadcasts: {} })
    } else if (message.messageType === 'register') {
      const { channelID, key = '' } = message
      const endpoint = randomUUID()
      subscribed.set(endpoint, { channelID, senderKey: Buffer.from(key, 'base64url').toString('base64url') })
      tell({ messageType: 'register', channelID, status: 200, pushEndpoint: `${url}/wpush/v2/${endpoint}` })
    } else if (message.messageType === 'unregister') {
      const { channelID } = message
      for (const [endpoint, one] of subscribed) if (one.channelID === channelID) subscribed.delete(endpoint)
      tell({ messageType: 'unregister', channelID, status: 200 })
    } else if (message.messageType === 'ack') {
      read.push(...message.updates.map(({ code }) => code))
    } else {
      tell({}) // a ping
    }
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void answerTo(request).then((status) => {
      answers.push(status)
      response.writeHead(status, status === 201 ? { location: `${url}/m/${answers.length}` } : {}).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const sockets = new WebSocketServer({ server, handleProtocols: ([first]) => first ?? false })
  sockets.on('connection', (socket) => {
    browser = socket
    socket.on('message', (text) => hear(JSON.parse(text.toString())))
  })

  return {
    /** For the preference dom.push.serverURL. */
    url: `ws://127.0.0.1:${port}/`,
    subscriptions: () => subscribed.size,
    /** What senders were answered, in order. */
    answers: () => answers,
    /** What the browser made of what it got: 100 is read, 101 could not be decrypted. */
    read: () => read,
    /** What was wrong with what it refused. */
    faults: () => faults,
    async stop() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
