import { join } from 'node:path'
import { mavenFolder, needMavenFolder } from './maven.ts'
import { needJava } from './packages.ts'
import type { LocalServer, Say } from './server.ts'
import type { LocalSettings } from './settings.ts'

const pom = join(import.meta.dirname, 'registry', 'pom.xml')
const version = '2.6.13.Final'

/** Apicurio, in memory, with its Confluent-compatible API: what it holds is gone when it ends. */
export function registryServer(settings: LocalSettings): LocalServer {
  const folder = join(settings.runFolder, 'registry')
  const distribution = mavenFolder(settings.cacheFolder, pom, 'registry')
  const address = registryUrl(settings.registryPort)
  return {
    name: 'Schema registry',
    address,
    folder,
    async prepare(say: Say) {
      await needJava(say)
      await needMavenFolder(distribution, pom, 'unpack-dependencies', say)
    },
    command: () => ({
      command: 'java',
      args: [
        `-Xmx${settings.registryHeapMb}m`,
        '-XX:TieredStopAtLevel=1', // starts in half the time; nothing here is hot
        '-XX:+UseSerialGC',
        '-Dquarkus.http.host=127.0.0.1',
        `-Dquarkus.http.port=${settings.registryPort}`,
        '-jar',
        join(distribution, `apicurio-registry-app-${version}-runner.jar`),
      ],
    }),
    problem: () => registryProblem(address),
    configure: () => requireBackwardCompatibility(address),
  }
}

/** The Confluent-compatible API: give this as `host` to a registry client. */
export const registryUrl = (port: number): string => `http://127.0.0.1:${port}/apis/ccompat/v7`

/** Asks for the list of subjects. */
export async function registryProblem(url: string, patienceMs = 2_000): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(patienceMs) })
    const body: unknown = await response.json()
    return response.ok && Array.isArray(body) ? undefined : `answers ${response.status} to a request for its subjects`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Confluent's registry refuses incompatible schemas from the start; Apicurio has no rule until one is set. */
export async function requireBackwardCompatibility(url: string): Promise<void> {
  const response = await fetch(`${url}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: 'BACKWARD' }),
  })
  if (!response.ok) throw new Error(`the schema registry refuses the rule BACKWARD: ${await response.text()}`)
}
