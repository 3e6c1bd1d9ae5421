import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../../support/wait-for.ts'
import { apart } from '../layouts.ts'
import type { ClusterNode } from '../redis-cluster.ts'
import type { Campaign } from '../run.ts'
import { underChaos } from '../servers.ts'

const second = 1_000

/** Masters of a Redis Cluster die, their replicas take their place, and they come back as replicas of these. */
export const clusterFailover: Campaign = {
  name: 'redis-cluster-failover',
  doc: 'masters of a Redis Cluster of three killed, one after the other, their replicas taking over',
  layout: apart,
  onCluster: true,
  lengthMs: 120 * second,
  graceMs: 60 * second,
  async strike({ servers: { cluster }, random, lengthMs, count }) {
    if (!cluster) throw new Error('this campaign needs a Redis Cluster')
    const begin = Date.now()
    for (let i = 0; i < 4; i++) {
      await sleep(Math.max(0, begin + ((i + random.next()) * lengthMs) / 5 - Date.now()))
      const masters = await mastersOf(cluster.nodes)
      const victim = masters[random.whole(masters.length)] as ClusterNode
      const others = cluster.nodes.filter((node) => node !== victim)
      const id = await victim.ask('CLUSTER', 'MYID')
      const redis = underChaos(victim.server)
      await redis.kill()
      count('master killed')
      const isReplaced = async () => {
        const lines = (await (others[0] as ClusterNode).ask('CLUSTER', 'NODES')).split('\n')
        const mine = lines.find((line) => line.startsWith(id)) ?? ''
        return (
          lines.filter((line) => /master/.test(line) && /\d+-\d+$/.test(line)).length === 3 && !/\d+-\d+$/.test(mine)
        )
      }
      await waitFor('a replica to take over', isReplaced, { deadlineMs: 180 * second, everyMs: 100 })
      await sleep(random.next() * 3 * second)
      await redis.start()
      const follows = async () => /master_link_status:up/.test(await victim.ask('INFO', 'replication'))
      await waitFor('it to follow its replica', follows, { deadlineMs: 180 * second, everyMs: 100 })
    }
    await sleep(Math.max(0, begin + lengthMs - Date.now()))
  },
}

async function mastersOf(nodes: readonly ClusterNode[]): Promise<ClusterNode[]> {
  const roles = await Promise.all(nodes.map(({ ask }) => ask('ROLE')))
  return nodes.filter((_, i) => roles[i]?.startsWith('master'))
}
