import { Cluster, type Redis } from 'ioredis'
import { onTestFinished } from 'vitest'

/** A slot on its way from one master to another: some of its keys are here, some there, until `finish`. */
export interface SlotUnderWay {
  /** Of the slot, as the source had them when the move began; sorted. */
  readonly keys: readonly string[]
  readonly source: Redis
  readonly target: Redis
  move(keys: readonly string[]): Promise<void>
  /** The slot is the target's. All keys must have been moved. */
  finish(): Promise<void>
}

/** A client of the Cluster beside the store's; ends with the test. */
export function directTo(url: string): Cluster {
  const { hostname, port } = new URL(url)
  const client = new Cluster([{ host: hostname, port: Number(port) }])
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return client
}

/**
 * Begins to move the slot of `key` as `redis-cli --cluster reshard` does, and stops before the first key. `address`: of the
 * master to which it goes; any other one otherwise.
 */
export async function beginMove(cluster: Cluster, key: string, address?: string): Promise<SlotUnderWay> {
  const slot = Number(await cluster.cluster('KEYSLOT', key))
  const masters = await Promise.all(
    cluster.nodes('master').map(async (node) => ({ node, ...(await lookAt(node, slot)) })),
  )
  const from = masters.find(({ owns }) => owns)
  const to = masters.find(({ owns, node }) => !owns && (address === undefined || addressOf(node) === address))
  if (!from || !to) throw new Error('the Cluster has no two masters')
  const [source, target] = [from.node, to.node]
  await target.cluster('SETSLOT', slot, 'IMPORTING', from.id)
  await source.cluster('SETSLOT', slot, 'MIGRATING', to.id)
  const keys = ((await source.cluster('GETKEYSINSLOT', slot, 10_000)) as string[]).sort()
  const { host = '', port = 0 } = target.options
  return {
    keys,
    source,
    target,
    async move(some) {
      await source.call('MIGRATE', host, port, '', 0, 5_000, 'KEYS', ...some)
    },
    async finish() {
      for (const node of [target, source, ...cluster.nodes('master')])
        await node.cluster('SETSLOT', slot, 'NODE', to.id)
    },
  }
}

const addressOf = ({ options }: Redis): string => `${options.host}:${options.port}`

async function lookAt(node: Redis, slot: number): Promise<{ id: string; owns: boolean }> {
  const lines = String(await node.cluster('NODES')).split('\n')
  const [id = '', , , , , , , , ...ranges] = lines.find((line) => line.includes('myself'))?.split(' ') ?? []
  const owns = ranges.some((range) => {
    const [from = -1, to = from] = range.split('-').map(Number)
    return from <= slot && slot <= to
  })
  return { id, owns }
}
