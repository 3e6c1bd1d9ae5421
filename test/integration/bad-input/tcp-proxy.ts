import { connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { freePort } from '../../support/free-port.ts'

/** A port of its own in front of a server, which can be absent, cut its connections, and come back. */
export interface TcpProxy {
  readonly port: number
  /** Listens: connections get through. */
  appear(): Promise<void>
  /** Refuses connections and cuts those that there are, as a server that is killed. */
  vanish(): Promise<void>
}

/** Absent at first; gone with the test. */
export async function tcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const port = await freePort()
  const open = new Set<Socket>()
  let server: Server | undefined

  function join(incoming: Socket): void {
    const outgoing = connect(target)
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }

  async function vanish(): Promise<void> {
    const going = server
    server = undefined
    for (const socket of open) socket.resetAndDestroy()
    if (going) await new Promise((resolve) => going.close(resolve))
  }

  onTestFinished(vanish)
  return {
    port,
    vanish,
    appear: () =>
      new Promise((resolve, reject) => {
        server = createServer(join).once('error', reject).listen(port, '127.0.0.1', resolve)
      }),
  }
}
