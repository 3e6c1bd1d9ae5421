import { kafkaServer } from './kafka.ts'
import { formCluster, redisClusterServers, redisServer } from './redis.ts'
import { registryServer } from './registry.ts'
import { bringDown, bringUp, type LocalServer, lookAt, type Say, type ServerState } from './server.ts'
import type { LocalSettings } from './settings.ts'

interface Choice {
  /** With the Redis Cluster of three. */
  readonly cluster: boolean
}

const singleServers = (settings: LocalSettings): LocalServer[] => [
  kafkaServer(settings),
  redisServer(settings),
  registryServer(settings),
]

async function clusterUp(settings: LocalSettings, say: Say): Promise<void> {
  await Promise.all(redisClusterServers(settings).map((server) => bringUp(server, say)))
  await formCluster(settings, say)
}

/** Brings all servers up side by side. @throws AggregateError of everything that didn't come up */
export async function serversUp(settings: LocalSettings, choice: Choice, say: Say): Promise<void> {
  const ups = singleServers(settings).map((server) => bringUp(server, say))
  if (choice.cluster) ups.push(clusterUp(settings, say))
  const reasons = (await Promise.allSettled(ups)).flatMap((up) => (up.status === 'rejected' ? [up.reason] : []))
  if (reasons.length > 0) throw new AggregateError(reasons, reasons.map((reason) => reason?.message).join('\n'))
}

const allServers = (settings: LocalSettings) => [...singleServers(settings), ...redisClusterServers(settings)]

/** Ends those that were started from these folders; with `wipe`, removes their data. */
export async function serversDown(settings: LocalSettings, say: Say, wipe = false): Promise<void> {
  await Promise.all(allServers(settings).map((server) => bringDown(server, say, wipe)))
}

/** How each server is, in a fixed order. */
export function serverStates(settings: LocalSettings): Promise<{ server: LocalServer; state: ServerState }[]> {
  return Promise.all(allServers(settings).map(async (server) => ({ server, state: await lookAt(server) })))
}
