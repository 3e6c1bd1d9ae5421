import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessId, startTime } from '../../deploy/local/process.ts'
import type { Say } from '../../deploy/local/server.ts'
import { serversDown, serversUp } from '../../deploy/local/servers.ts'
import { type LocalSettings, readSettings } from '../../deploy/local/settings.ts'
import { needJsmpp } from '../counterparts/run-jsmpp.ts'
import { needChromium } from './chromium.ts'
import { needFirefox } from './firefox.ts'
import { needForeignClients } from './foreign-clients.ts'
import { privateSettings } from './private-servers.ts'

const runsFolder = join(import.meta.dirname, '..', '.run')

export interface TestServers {
  /** The variables that test/support/servers.ts reads; and Node's, by which every process finds what others have compiled. */
  readonly variables: Promise<Readonly<Record<string, string>>>
  /** Ends the servers, also half-started ones, and removes their data. */
  stop(): Promise<void>
}

/**
 * Brings up Kafka, Redis, a Redis Cluster and the registry in a new folder and on free ports, so that they never meet
 * those of a developer or of another run, and sees to the foreign clients. What an earlier run left behind because it
 * was killed is ended first.
 */
export async function startTestServers(say: Say): Promise<TestServers> {
  await sweepLeftovers(say)
  const settings = await newSettings()
  const coming = Promise.allSettled([
    serversUp(settings, { cluster: true }, say),
    needForeignClients(settings.cacheFolder, say),
    needChromium(say),
    needJsmpp(settings.cacheFolder, say),
    needFirefox(say),
  ])
  return {
    variables: coming.then(([servers, python, browser, jsmpp, firefox]) => {
      if (servers.status === 'rejected') throw servers.reason
      if (python.status === 'rejected') throw python.reason
      if (browser.status === 'rejected') throw browser.reason
      if (jsmpp.status === 'rejected') throw jsmpp.reason
      if (firefox.status === 'rejected') throw firefox.reason
      return {
        KEYMOMENT_TEST_KAFKA_BROKERS: `127.0.0.1:${settings.kafkaPort}`,
        KEYMOMENT_TEST_REDIS_URL: `redis://127.0.0.1:${settings.redisPort}`,
        KEYMOMENT_TEST_REDIS_CLUSTER_URL: `redis://127.0.0.1:${settings.redisClusterPorts[0]}`,
        KEYMOMENT_TEST_REGISTRY_URL: `http://127.0.0.1:${settings.registryPort}/apis/ccompat/v7`,
        KEYMOMENT_TEST_PYTHON: python.value,
        KEYMOMENT_TEST_JSMPP: jsmpp.value,
        NODE_COMPILE_CACHE: join(settings.runFolder, 'compiled'),
      }
    }),
    async stop() {
      await coming // a server that is being started must be there to be ended
      await serversDown(settings, () => undefined, true)
      rmSync(settings.runFolder, { recursive: true, force: true })
    },
  }
}

/** In a folder that tells whose they are. */
async function newSettings(): Promise<LocalSettings> {
  const runFolder = join(runsFolder, String(process.pid))
  mkdirSync(runFolder, { recursive: true })
  const owner = { pid: process.pid, startedAt: await startTime(process.pid) }
  writeFileSync(join(runFolder, 'owner.json'), JSON.stringify(owner))
  return privateSettings(runFolder)
}

async function sweepLeftovers(say: Say): Promise<void> {
  if (!existsSync(runsFolder)) return
  for (const entry of readdirSync(runsFolder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const runFolder = join(runsFolder, entry.name)
    if (await ownerLives(runFolder)) continue
    say(`ends what the run ${entry.name} left behind`)
    await serversDown(readSettings({ KEYMOMENT_LOCAL_RUN_DIR: runFolder }), () => undefined, true)
    rmSync(runFolder, { recursive: true, force: true })
  }
}

async function ownerLives(runFolder: string): Promise<boolean> {
  try {
    const owner: ProcessId = JSON.parse(readFileSync(join(runFolder, 'owner.json'), 'utf8'))
    return await isAlive(owner)
  } catch {
    return false
  }
}
