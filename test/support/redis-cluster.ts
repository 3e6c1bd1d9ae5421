import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import { startChild } from './child-process.ts'
import { freePorts } from './free-port.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const run = promisify(execFile)
const host = '127.0.0.1'

interface ClusterNode {
  readonly address: string
  readonly id: string
}

/** A Redis Cluster of one test alone, for what must not happen to the shared one. Ends with the test. */
export interface OwnCluster {
  /** Of its first node. */
  readonly url: string
  /** The three, the first node first. */
  readonly masters: readonly ClusterNode[]
  /** A new node joins, as a master without slots or as a replica. */
  join(master?: ClusterNode): Promise<ClusterNode>
  /** `redis-cli --cluster COMMAND FIRST-NODE …`, as an operator types it. @throws when it fails */
  admin(command: string, ...options: string[]): Promise<string>
  /** Address of the master that has the slot of a key. */
  ownerOf(key: string): Promise<string>
}

/** Three masters, which share all slots. */
export async function startRedisCluster(): Promise<OwnCluster> {
  const folder = temporaryFolder()
  const addresses = await Promise.all([1, 2, 3].map(() => startNode(folder)))
  const [first = ''] = addresses
  await redisCli('--cluster', 'create', ...addresses, '--cluster-yes')
  await isWhole(addresses)
  const known = await look(first)
  const masters = addresses.flatMap((address) => known.filter((node) => node.address === address))
  return {
    url: `redis://${first}`,
    masters,
    async join(master) {
      const address = await startNode(folder)
      const role = master ? ['--cluster-slave', '--cluster-master-id', master.id] : []
      await redisCli('--cluster', 'add-node', address, first, ...role)
      addresses.push(address)
      return waitFor(
        `${address} to be known to all`,
        async () => {
          const all = await Promise.all(addresses.map(look))
          if (all.some((nodes) => nodes.length !== addresses.length)) return undefined
          if (!/cluster_state:ok/.test(await redisCli('-u', `redis://${address}`, 'CLUSTER', 'INFO'))) return undefined
          return all[0]?.find((other) => other.address === address)
        },
        { deadlineMs: 30_000 },
      )
    },
    async admin(command, ...options) {
      await isWhole(addresses)
      return redisCli('--cluster', command, first, ...options)
    },
    async ownerOf(key) {
      const client = clientOf(first)
      try {
        const slot = Number(await client.cluster('KEYSLOT', key))
        const [, , node] = (await client.cluster('SLOTS')).find(([from, to]) => from <= slot && slot <= to) ?? []
        return `${node?.[0]}:${node?.[1]}`
      } finally {
        client.disconnect()
      }
    },
  }
}

async function startNode(folder: string): Promise<string> {
  const [port = 0, bus = 0] = await freePorts(2)
  const own = join(folder, String(port))
  mkdirSync(own)
  const child = await startChild('redis-server', [
    ...['--port', String(port), '--bind', host, '--dir', own, '--save', ''],
    ...['--appendonly', 'yes', '--cluster-enabled', 'yes', '--cluster-port', String(bus)],
    ...['--cluster-node-timeout', '5000'],
  ])
  onTestFinished(() => child.kill('SIGKILL').then(() => undefined))
  await child.waitForLine(/Ready to accept connections/)
  return `${host}:${port}`
}

async function redisCli(...args: string[]): Promise<string> {
  const { stdout } = await run('redis-cli', args, { maxBuffer: 64 * 1_048_576 })
  return stdout
}

function clientOf(address: string): Redis {
  const client = new Redis(Number(address.split(':')[1]), host)
  client.on('error', () => undefined)
  return client
}

/** The nodes that one node knows. */
async function look(address: string): Promise<ClusterNode[]> {
  const client = clientOf(address)
  try {
    const lines = String(await client.cluster('NODES'))
      .trim()
      .split('\n')
    return lines.map((line) => {
      const [id = '', place = ''] = line.split(' ')
      return { id, address: place.split('@')[0] ?? '' }
    })
  } finally {
    client.disconnect()
  }
}

/** What one node knows spreads by and by: redis-cli refuses to work while they aren't of one mind. */
async function isWhole(addresses: readonly string[]): Promise<void> {
  await waitFor(
    'the Cluster to be of one mind',
    async () => {
      const [first = ''] = addresses
      const said = await redisCli('--cluster', 'check', first)
      return /All nodes agree about slots configuration/.test(said) && /All 16384 slots covered/.test(said)
    },
    { deadlineMs: 60_000, everyMs: 200 },
  )
}
