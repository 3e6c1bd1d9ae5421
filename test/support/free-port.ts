import { createServer } from 'node:net'

/**
 * `count` different TCP ports of 127.0.0.1 that nobody listens on just now, below `highest`. They are chosen by the
 * system, so two runs side by side get different ones; who takes one should bind it soon.
 */
export async function freePorts(count: number, highest = 65_535): Promise<number[]> {
  const ports = new Set<number>()
  const servers = []
  while (ports.size < count) {
    const server = createServer()
    servers.push(server)
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address !== null && address.port <= highest) ports.add(address.port)
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return [...ports]
}

/** One such port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('the system gave no free port')
  return port
}
