import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runningIn } from '../../deploy/local/process.ts'
import { registryUrl } from '../../deploy/local/registry.ts'
import type { Say } from '../../deploy/local/server.ts'
import { serversDown, serversUp } from '../../deploy/local/servers.ts'
import { privateSettings } from '../support/private-servers.ts'

export interface BenchServers {
  readonly kafkaBroker: string
  /** Of the broker, for its CPU time. */
  readonly kafkaPid: number
  readonly redisUrl: string
  readonly registryUrl: string
  /** Ends them by their pids and removes their data. */
  stop(): Promise<void>
}

/** Kafka, Redis and a registry of the benchmark's own, on free ports and in a temporary folder. */
export async function startBenchServers(say: Say): Promise<BenchServers> {
  const runFolder = mkdtempSync(join(tmpdir(), 'keymoment-bench-servers-'))
  const settings = await privateSettings(runFolder, { KEYMOMENT_LOCAL_DOCKER: 'never' })
  const stop = async () => {
    await serversDown(settings, () => undefined, true)
    rmSync(runFolder, { recursive: true, force: true })
  }
  try {
    await serversUp(settings, { cluster: false }, say)
  } catch (error) {
    await stop()
    throw error
  }
  const kafka = await runningIn(join(runFolder, 'kafka'))
  return {
    kafkaPid: kafka?.pid ?? 0,
    kafkaBroker: `127.0.0.1:${settings.kafkaPort}`,
    redisUrl: `redis://127.0.0.1:${settings.redisPort}`,
    registryUrl: registryUrl(settings.registryPort),
    stop,
  }
}
