import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { checkVapid } from './web-push-service.ts'

/** What Firefox says to its push service; it has more, of which nothing is needed. */
type FromBrowser =
  | { readonly messageType: 'hello'; readonly uaid?: string }
  | { readonly messageType: 'register' | 'unregister'; readonly channelID: string }
  | { readonly messageType: 'ping' | 'ack' }

/**
 * A push service (RFC 8030) for one Firefox, which holds a WebSocket to it and says hello, register and unregister as it does to
 * Mozilla's. What is posted is handed on as it came, encrypted; who is not registered any more is gone (410).
 */
export async function runFirefoxPushService(senderKey: string) {
  const channels = new Map<string, string>()
  const faults: string[] = []
  let browser: WebSocket | undefined

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const channelID = channels.get(request.url ?? '')
    if (!channelID) return void response.writeHead(410).end()
    try {
      checkVapid(request, `http://${request.headers.host}`, senderKey)
      if (!/^\d+$/.test(request.headers.ttl?.toString() ?? '')) throw new Error('no TTL')
    } catch (error) {
      faults.push(String(error))
      return void response.writeHead(400).end()
    }
    const version = randomUUID()
    const headers = { encoding: request.headers['content-encoding'] }
    const data = Buffer.concat(chunks).toString('base64url')
    browser?.send(JSON.stringify({ messageType: 'notification', channelID, version, data, headers }))
    response.writeHead(201, { location: `/message/${version}` }).end()
  }

  const server = createServer((request, response) => void take(request, response))
  const sockets = new WebSocketServer({ server, handleProtocols: ([first]) => first ?? false })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  sockets.on('connection', (socket) => {
    browser = socket
    const say = (message: object) => socket.send(JSON.stringify(message))
    socket.on('message', (bytes) => {
      const message: FromBrowser = JSON.parse(bytes.toString())
      switch (message.messageType) {
        case 'hello': {
          const uaid = message.uaid || randomBytes(16).toString('hex')
          return say({ messageType: 'hello', uaid, status: 200, use_webpush: true, broadcasts: {} })
        }
        case 'register': {
          const { channelID } = message
          const path = `/push/${randomUUID()}`
          channels.set(path, channelID)
          return say({
            messageType: 'register',
            channelID,
            status: 200,
            pushEndpoint: `http://127.0.0.1:${port}${path}`,
          })
        }
        case 'unregister':
          for (const [path, channelID] of channels) if (channelID === message.channelID) channels.delete(path)
          return say({ messageType: 'unregister', channelID: message.channelID, status: 200 })
        case 'ack':
          return
        default:
          return socket.send('{}')
      }
    })
  })

  return {
    /** Where the browser connects to. */
    browserUrl: `ws://127.0.0.1:${port}/`,
    subscriptions: () => channels.size,
    faults: (): readonly string[] => faults,
    async stop() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
