import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceName } from '../../services/topology.ts'
import { type Child, startChild } from '../support/child-process.ts'
import { freePorts } from '../support/free-port.ts'
import type { Layout } from './layouts.ts'

const root = join(import.meta.dirname, '..', '..')
/** Processes that start a hundred times compile what they run once. */
const compileCache = join(root, 'node_modules', '.cache', 'keymoment-chaos')

/** A place for a process: which services it runs, and where it listens whenever it runs. */
export interface Place {
  readonly name: string
  readonly services: readonly ServiceName[]
  readonly url: string
  readonly port: number
  /** Added to its environment from its next start on. */
  environment: Readonly<Record<string, string>>
  /** None between its end and its next start. */
  child: Child | undefined
}

/** The processes of a system, each started again when it has ended, as a supervisor does. */
export interface Fleet {
  readonly places: readonly Place[]
  /** Ends of processes that nobody killed, with their last words. */
  readonly failures: readonly string[]
  /** Processes that were killed, by their services. */
  readonly kills: Readonly<Record<string, number>>
  start(place: Place): Promise<void>
  /** SIGKILL; it stays down until it is started. */
  kill(place: Place): Promise<void>
  /** SIGSTOP, and SIGCONT after so long. */
  pause(place: Place, millis: number): Promise<void>
  /** SIGTERM to all; they stay down until they are started. */
  halt(): Promise<void>
  /** All that are down are started. */
  startAll(): Promise<void>
  stop(): Promise<void>
}

/** All are down. */
export async function createFleet(settingsFile: string, layout: Layout): Promise<Fleet> {
  const ports = await freePorts(layout.length)
  const places = layout.map((services, i): Place => {
    const port = ports[i] as number
    return {
      name: `${services.join('+')}-${i}`,
      services,
      url: `http://127.0.0.1:${port}`,
      port,
      environment: {},
      child: undefined,
    }
  })
  const failures: string[] = []
  const kills: Record<string, number> = {}
  let isStopping = false

  const starting = new Map<Place, Promise<void>>()

  /** Once, whoever asks for it meanwhile: two processes of one place would fight for its port. */
  async function start(place: Place): Promise<void> {
    if (place.child || isStopping) return
    const begun = starting.get(place) ?? launch(place).finally(() => starting.delete(place))
    starting.set(place, begun)
    return begun
  }

  async function launch(place: Place): Promise<void> {
    const [service = ''] = place.services
    const args =
      place.services.length === 1
        ? [join(root, 'services', service, 'main.ts')]
        : [join(root, 'cli', 'main.ts'), 'start', ...place.services]
    const child = await startChild(process.execPath, [...args, '--config', settingsFile], {
      env: { NODE_COMPILE_CACHE: compileCache, KEYMOMENT_HTTP_PORT: String(place.port), ...place.environment },
    })
    place.child = child
    void child.exited.then(async ({ code, signal }) => {
      if (place.child !== child) return
      place.child = undefined
      if (isStopping) return
      failures.push(`${place.name} ended with ${code ?? signal}: ${lastWords(child)}`)
      await sleep(500)
      await start(place)
    })
  }

  async function kill(place: Place): Promise<void> {
    const { child } = place
    if (!child) return
    place.child = undefined
    await child.kill('SIGKILL', 60_000)
    const services = place.services.join('+')
    kills[services] = (kills[services] ?? 0) + 1
  }

  return {
    places,
    failures,
    kills,
    start,
    kill,
    async pause({ child }, millis) {
      if (!child) return
      process.kill(child.pid, 'SIGSTOP')
      await sleep(millis)
      // It may have been killed meanwhile.
      if (!(await Promise.race([child.exited, sleep(0)]))) process.kill(child.pid, 'SIGCONT')
    },
    async halt() {
      const children = places.map(({ child }) => child)
      for (const place of places) place.child = undefined
      await Promise.all(children.map((child) => child?.kill('SIGTERM', 60_000)))
    },
    async startAll() {
      await Promise.all(places.map(start))
    },
    async stop() {
      isStopping = true
      await Promise.allSettled(starting.values())
      await Promise.all(places.map(({ child }) => child?.kill('SIGKILL', 60_000)))
    },
  }
}

/** It works, as far as it knows. @throws Error while it doesn't listen */
export const isReady = async ({ url }: Place): Promise<boolean> => (await fetch(`${url}/readyz`)).ok

const lastWords = (child: Child): string => child.output().trim().split('\n').slice(-3).join(' | ').slice(0, 1_000)
