import { must } from '../../deploy/local/command.ts'
import { formCluster, redisClusterServers } from '../../deploy/local/redis.ts'
import { bringDown, bringUp, type LocalServer } from '../../deploy/local/server.ts'
import type { LocalSettings } from '../../deploy/local/settings.ts'
import { freePorts } from '../support/free-port.ts'
import { waitFor } from '../support/wait-for.ts'

const masters = 3
const patience = { deadlineMs: 180_000, everyMs: 100 }

export interface RedisCluster {
  readonly url: string
  /** Three masters and, behind them in the same order, a replica of each. */
  readonly nodes: readonly ClusterNode[]
  stop(): Promise<void>
}

export interface ClusterNode {
  readonly server: LocalServer
  ask(...words: string[]): Promise<string>
}

/** Three masters with a replica each, on free ports. */
export async function startRedisCluster(settings: LocalSettings): Promise<RedisCluster> {
  const ports = await freePorts(4 * masters)
  const six = {
    ...settings,
    redisClusterPorts: ports.slice(0, 2 * masters),
    redisClusterBusPorts: ports.slice(2 * masters),
  }
  const servers = redisClusterServers(six)
  const quiet = () => undefined
  await Promise.all(servers.map((server) => bringUp(server, quiet)))
  const nodes = servers.map((server, i): ClusterNode => {
    const port = String(six.redisClusterPorts[i])
    return {
      server,
      ask: async (...words) => (await must('redis-cli', ['-h', '127.0.0.1', '-p', port, ...words])).trim(),
    }
  })
  const three = { ...six, redisClusterPorts: ports.slice(0, masters) }
  await formCluster(three, quiet)
  for (const [i, replica] of nodes.slice(masters).entries()) {
    const master = nodes[i] as ClusterNode
    const [port, bus] = [six.redisClusterPorts[masters + i], six.redisClusterBusPorts[masters + i]]
    await master.ask('CLUSTER', 'MEET', '127.0.0.1', String(port), String(bus))
    const id = await master.ask('CLUSTER', 'MYID')
    await waitFor(`a replica of ${id}`, async () => (await replica.ask('CLUSTER', 'REPLICATE', id)) === 'OK', patience)
    await waitFor(
      'it to follow',
      async () => /master_link_status:up/.test(await replica.ask('INFO', 'replication')),
      patience,
    )
  }
  const knowsAll = ({ ask }: ClusterNode) => ask('CLUSTER', 'INFO').then((info) => /cluster_known_nodes:6\b/.test(info))
  await waitFor('all to know all', async () => (await Promise.all(nodes.map(knowsAll))).every(Boolean), patience)
  return {
    url: `redis://127.0.0.1:${ports[0]}`,
    nodes,
    async stop() {
      await Promise.all(servers.map((server) => bringDown(server, quiet, true)))
    },
  }
}
