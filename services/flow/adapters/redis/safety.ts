import { Cluster } from 'ioredis'
import { CodedError } from '../../../domain/errors.ts'
import type { Link } from './link.ts'

/**
 * Looks at every master whether it may hold state: it must not evict, and must keep an append-only file. Both are read
 * from INFO, not by CONFIG GET, which managed servers forbid.
 * @throws CodedError KM_STORE_UNSAFE unless `allowUnsafe`
 */
export async function inspectServers(link: Link, allowUnsafe: boolean): Promise<void> {
  const { client } = link
  const infos = await link.retry('INFO', async () => {
    const nodes = client instanceof Cluster ? client.nodes('master') : [client]
    if (nodes.length === 0) throw new Error('no node of the Cluster answers')
    return Promise.all(
      nodes.map(async (node) => {
        const text = await node.info().catch((error: unknown) => {
          if (!isForbidden(error)) throw error
          return null
        })
        return { server: `${node.options.host}:${node.options.port}`, text }
      }),
    )
  })
  for (const { server, text } of infos) {
    const fault = text === null ? 'INFO is forbidden, so that nothing can be checked: allow it' : faultOf(text)
    if (fault && !allowUnsafe) throw new CodedError('KM_STORE_UNSAFE', `Redis ${server}: ${fault}`)
  }
}

/** The server doesn't let this user ask that, or has renamed the command, as managed ones do. */
export const isForbidden = (error: unknown): boolean =>
  error instanceof Error && /^(NOPERM|ERR unknown command)/.test(error.message)

function faultOf(info: string): string | null {
  const policy = field(info, 'maxmemory_policy')
  if (policy !== 'noeviction') {
    return `it may drop state when memory runs short (maxmemory-policy ${policy}); set maxmemory-policy noeviction`
  }
  if (field(info, 'aof_enabled') !== '1') {
    return 'it keeps no append-only file, so that a restart would lose state; set appendonly yes'
  }
  return null
}

const field = (info: string, name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
