import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '../support/free-port.ts'

/** Where all comes to a standstill between Redis and its clients: at the first command with all of these words in it. */
export interface Standstill {
  readonly words: readonly string[]
  /** `unheard`: Redis has done it, and its client doesn't hear so. `unsaid`: Redis doesn't get it. */
  readonly at: 'unheard' | 'unsaid'
}

/** In front of a Redis: it lets everything through, up to a standstill that is asked for. */
export interface RedisGate {
  readonly url: string
  /** Resolves once it has come to that: nothing more gets through until `open`. */
  standstill(wanted: Standstill): Promise<void>
  /** Lets through what comes from now on; of what came in a standstill nothing. */
  open(): void
  close(): Promise<void>
}

export async function openRedisGate(redisUrl: string): Promise<RedisGate> {
  const target = new URL(redisUrl)
  const port = await freePort()
  const sockets = new Set<Socket>()
  let wanted: (Standstill & { readonly reached: () => void }) | undefined
  /** The connection by which it came. */
  let stands: Socket | undefined

  const server = createServer((client) => {
    const redis = connect(Number(target.port), target.hostname)
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(one)
      one.setNoDelay(true)
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    client.on('data', (bytes) => {
      if (stands) return
      if (wanted?.words.every((word) => bytes.includes(word))) {
        stands = redis
        if (wanted.at === 'unsaid') return wanted.reached()
      }
      redis.write(bytes)
    })
    redis.on('data', (bytes) => {
      if (!stands) client.write(bytes)
      else if (stands === redis) wanted?.reached()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))

  return {
    url: `redis://127.0.0.1:${port}`,
    standstill: (standstill) =>
      new Promise((reached) => {
        wanted = { ...standstill, reached }
      }),
    open() {
      wanted = undefined
      stands = undefined
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
