import { spawn } from 'node:child_process'
import { mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { CodedError } from '../../../domain/errors.ts'

export interface SnapshotServer {
  readonly client: Redis
  /** Ends the server; the file is as it was. */
  close(): Promise<void>
}

const lookEveryMs = 100

/**
 * Loads an RDB file into a redis-server of its own, which listens on a socket in a temporary folder and writes nothing.
 * @throws CodedError KM_SNAPSHOT_UNREADABLE: no such file, no redis-server here, or it doesn't read the file
 */
export async function serveSnapshot(file: string): Promise<SnapshotServer> {
  await stat(file).catch((cause: unknown) => {
    throw new CodedError('KM_SNAPSHOT_UNREADABLE', `no snapshot at ${file}`, { cause })
  })
  const folder = await mkdtemp(join(tmpdir(), 'keymoment-snapshot-'))
  await symlink(resolve(file), join(folder, 'snapshot.rdb'))
  const socket = join(folder, 'redis.sock')
  const place = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--dbfilename', 'snapshot.rdb']
  const child = spawn('redis-server', [...place, '--appendonly', 'no', '--save', ''], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000)
  })
  const ended = new Promise<string>((done) => {
    child.once('exit', () => done(said.trim().split('\n').at(-1) ?? ''))
    child.once('error', (error) => done(error.message))
  })
  const client = new Redis({ path: socket, retryStrategy: () => lookEveryMs })
  // Until it listens every attempt fails.
  client.on('error', () => undefined)
  const close = async () => {
    client.disconnect()
    child.kill()
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const refused = ended.then((why): never => {
    const advice = 'redis-server must be installed here, of the version that wrote the file or a newer one'
    throw new CodedError('KM_SNAPSHOT_UNREADABLE', `${file} could not be loaded (${why}); ${advice}`)
  })
  refused.catch(() => undefined)
  try {
    await Promise.race([loaded(client), refused])
    return { client, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A large file takes minutes: while it is being loaded every question is answered by LOADING. */
async function loaded(client: Redis): Promise<void> {
  while (client.status !== 'ready' && client.status !== 'end') await sleep(lookEveryMs)
}
