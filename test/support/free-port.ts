import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the ports that systems hand out to outgoing connections, so that none of those takes one meanwhile. */
const range = { from: 20_000, to: 32_000 }

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** `count` different TCP ports of 127.0.0.1, chosen at random among those that nobody listens on just now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 1_000) throw new Error(`found only ${ports.size} of ${count} free ports`)
    const port = randomInt(range.from, range.to)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

/** One such port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('no free port')
  return port
}
