import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { must, run } from './command.ts'
import { isInstalled, needPackages } from './packages.ts'
import type { LocalServer, Say } from './server.ts'
import type { LocalSettings } from './settings.ts'

/** A Redis as Keymoment wants it: an append-only file, and refusing writes when memory is full instead of forgetting. */
export function redisServer(settings: LocalSettings): LocalServer {
  return redis('Redis', settings.redisPort, join(settings.runFolder, 'redis'), [])
}

/** The three masters of a Redis Cluster; `formCluster` joins them once all answer. */
export function redisClusterServers(settings: LocalSettings): LocalServer[] {
  return settings.redisClusterPorts.map((port, index) => {
    const bus = settings.redisClusterBusPorts[index]
    const extra = ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', '2000']
    return redis(`Redis Cluster ${index + 1}`, port, join(settings.runFolder, `redis-cluster-${index + 1}`), extra)
  })
}

function redis(name: string, port: number, folder: string, extra: readonly string[]): LocalServer {
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder]
  const durable = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--maxmemory-policy', 'noeviction']
  // A rewrite forks, which stops Redis for tens of milliseconds, and takes a core for a second: not for every 64 MB.
  const seldom = ['--auto-aof-rewrite-min-size', '512mb']
  return {
    name,
    address: `redis://127.0.0.1:${port}`,
    folder,
    prepare: (say: Say) =>
      needPackages(['redis-server'], async () => isInstalled('redis-server') && isInstalled('redis-cli'), say),
    command: () => ({ command: 'redis-server', args: [...place, ...durable, ...seldom, ...extra] }),
    async problem() {
      const answer = (await ask(port, 'PING')).trim()
      return answer === 'PONG' ? undefined : answer
    },
  }
}

/** One command by redis-cli; its answer, or what went wrong, as text. */
async function ask(port: number, ...words: string[]): Promise<string> {
  return (await run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...words])).output
}

const slots = 16_384
/** Longer than the nodes' timeout. */
const introducedAgainMs = 4_000

/** Gives each of the three a third of the slots, introduces them, and waits until each serves all slots. */
export async function formCluster(settings: LocalSettings, say: Say, patienceMs = 30_000): Promise<void> {
  const started = performance.now()
  const ports = settings.redisClusterPorts
  const [first] = ports
  if (first === undefined) throw new Error('a cluster needs nodes')
  const whole = async (port: number) => {
    const info = await ask(port, 'CLUSTER', 'INFO')
    return /cluster_state:ok/.test(info) && /cluster_known_nodes:3\b/.test(info)
  }
  const formed = async () => (await Promise.all(ports.map(whole))).every(Boolean)
  if (await formed()) return
  for (const [index, port] of ports.entries()) {
    const from = Math.floor((slots * index) / ports.length)
    const to = Math.floor((slots * (index + 1)) / ports.length) - 1
    if (/cluster_slots_assigned:0\b/.test(await ask(port, 'CLUSTER', 'INFO'))) {
      await redisCli(port, 'CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
      await redisCli(port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
    }
  }
  const introduce = async () => {
    for (const [index, port] of ports.entries()) {
      const bus = String(settings.redisClusterBusPorts[index])
      if (port !== first) await redisCli(first, 'CLUSTER', 'MEET', '127.0.0.1', String(port), bus)
    }
  }
  let introducedAt = Number.NEGATIVE_INFINITY
  while (!(await formed())) {
    // A node that doesn't answer within its timeout, on a busy machine, is forgotten again.
    if (performance.now() - introducedAt > introducedAgainMs) {
      introducedAt = performance.now()
      await introduce()
    }
    if (performance.now() - started > patienceMs) {
      throw new Error(`the Redis Cluster doesn't form: ${await ask(first, 'CLUSTER', 'NODES')}`)
    }
    await sleep(50)
  }
  say(`Redis Cluster: formed of ports ${ports.join(', ')} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

async function redisCli(port: number, ...words: string[]): Promise<void> {
  const answer = (await must('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...words])).trim()
  if (answer !== 'OK') throw new Error(`Redis at port ${port} answers ${words.join(' ')} with: ${answer}`)
}
