import { connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'

/** A port of its own in front of a server, which can be absent, fall silent, cut its connections, and come back. */
export interface TcpProxy {
  readonly port: number
  /** Listens: connections get through, and what was held does. */
  appear(): Promise<void>
  /** Refuses connections and cuts those that there are, as a server that is killed. */
  vanish(): Promise<void>
  /** What the server says is held, from when a client has said this; what is said to it gets through. */
  holdFrom(word: string): void
  /** Cuts the connections that there are. */
  cut(): void
  /** Says something to all clients in the server's place. */
  say(bytes: string): void
}

/** Absent at first; gone with the test. */
export async function tcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const port = await freePort()
  const open = new Set<Socket>()
  /** By the server's end. */
  const clients = new Map<Socket, Socket>()
  let server: Server | undefined
  let isHolding = false
  let holdsFrom: string | undefined

  function join(incoming: Socket): void {
    const outgoing = connect(target)
    clients.set(outgoing, incoming)
    incoming.on('data', (bytes) => {
      if (holdsFrom !== undefined && bytes.includes(holdsFrom)) hold()
    })
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        open.delete(one)
        clients.delete(one)
        other.destroy()
      })
      if (one === incoming || !isHolding) one.pipe(other)
    }
  }

  function hold(): void {
    isHolding = true
    for (const [outgoing, incoming] of clients) outgoing.unpipe(incoming)
  }

  function cut(): void {
    for (const socket of open) socket.resetAndDestroy()
  }

  async function vanish(): Promise<void> {
    const going = server
    server = undefined
    cut()
    if (going) await new Promise((resolve) => going.close(resolve))
  }

  async function appear(): Promise<void> {
    if (isHolding) for (const [outgoing, incoming] of clients) outgoing.pipe(incoming)
    isHolding = false
    holdsFrom = undefined
    if (server) return
    const coming = createServer(join)
    server = coming
    await new Promise<void>((resolve, reject) => {
      coming.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
  }

  onTestFinished(vanish)
  return {
    port,
    appear,
    vanish,
    cut,
    holdFrom(word) {
      holdsFrom = word
    },
    say(bytes) {
      for (const incoming of clients.values()) incoming.write(bytes)
    },
  }
}
