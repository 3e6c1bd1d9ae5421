import { join } from 'node:path'
import { must, run } from './command.ts'
import { kafkaProblem } from './kafka.ts'
import { registryProblem, registryUrl, requireBackwardCompatibility } from './registry.ts'
import type { Say } from './server.ts'
import type { LocalSettings } from './settings.ts'

const file = join(import.meta.dirname, '..', 'compose', 'compose.yaml')
/** The services of the compose file that are other people's servers: what `local:up` wants. */
const servers = ['kafka', 'redis', 'registry']

/** Whether there is an engine behind the client, and the client knows `compose`. */
export async function dockerAnswers(): Promise<boolean> {
  if ((await run('docker', ['info'])).code !== 0) return false
  return (await run('docker', ['compose', 'version'])).code === 0
}

const compose = (settings: LocalSettings, ...args: string[]) =>
  must('docker', ['compose', '-f', file, ...args], {
    env: {
      KEYMOMENT_LOCAL_KAFKA_PORT: String(settings.kafkaPort),
      KEYMOMENT_LOCAL_KAFKA_HEAP_MB: String(settings.kafkaHeapMb),
      KEYMOMENT_LOCAL_REDIS_PORT: String(settings.redisPort),
      KEYMOMENT_LOCAL_REGISTRY_PORT: String(settings.registryPort),
      KEYMOMENT_LOCAL_REGISTRY_HEAP_MB: String(settings.registryHeapMb),
    },
  })

export async function composeUp(settings: LocalSettings, say: Say): Promise<void> {
  say(`Docker answers: starts ${servers.join(', ')} of ${file}`)
  await compose(settings, 'up', '--detach', '--wait', ...servers)
  const url = registryUrl(settings.registryPort)
  const problem = (await kafkaProblem('127.0.0.1', settings.kafkaPort)) ?? (await registryProblem(url))
  if (problem !== undefined) throw new Error(`the containers are up, but: ${problem}`)
  await requireBackwardCompatibility(url)
  say(`Kafka: 127.0.0.1:${settings.kafkaPort}`)
  say(`Redis: redis://127.0.0.1:${settings.redisPort}`)
  say(`Schema registry: ${url}`)
}

/** Ends and removes the three containers; with `wipe` the whole project with its volumes, which others may be using. */
export async function composeDown(settings: LocalSettings, wipe: boolean, say: Say): Promise<void> {
  if (wipe) await compose(settings, 'down', '--volumes')
  else await compose(settings, 'rm', '--stop', '--force', ...servers)
  say(`Docker: containers removed${wipe ? ', and their volumes' : ''}`)
}

export async function composeStatus(settings: LocalSettings, say: Say): Promise<void> {
  say(await compose(settings, 'ps'))
}
