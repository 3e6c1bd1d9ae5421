import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, lastLines, type ProcessId, runningIn, startDaemon, stopDaemon } from './process.ts'

/** One server on this machine: how it is got, started and asked whether it works. */
export interface LocalServer {
  readonly name: string
  /** What a client is given. */
  readonly address: string
  /** Holds data, log and pid file. */
  readonly folder: string
  /** Downloads, installs, formats: whatever must be there before a start. Says what it does. */
  prepare(say: Say): Promise<void>
  readonly command: () => { readonly command: string; readonly args: readonly string[] }
  /** Settles with undefined when a real request is answered as it should be, else with what is wrong. */
  problem(): Promise<string | undefined>
  /** What is set over its protocol once it runs, each time. */
  configure?(): Promise<void>
}

export type Say = (line: string) => void

export type ServerState =
  | { readonly state: 'running'; readonly id: ProcessId }
  /** Answers, and wasn't started from this folder: used, and never ended by us. */
  | { readonly state: 'adopted' }
  | { readonly state: 'unhealthy'; readonly id: ProcessId; readonly problem: string }
  | { readonly state: 'down' }

/** Looks at a server: by its pid file and by a real request. */
export async function lookAt(server: LocalServer): Promise<ServerState> {
  const [id, problem] = await Promise.all([runningIn(server.folder), server.problem()])
  if (id) return problem === undefined ? { state: 'running', id } : { state: 'unhealthy', id, problem }
  return problem === undefined ? { state: 'adopted' } : { state: 'down' }
}

const startPatienceMs = 90_000

/** Brings a server up and waits until it answers; one that already answers is used as it is. */
export async function bringUp(server: LocalServer, say: Say): Promise<void> {
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  const before = await lookAt(server)
  if (before.state === 'running' || before.state === 'adopted') {
    await server.configure?.()
    const whose = before.state === 'running' ? `pid ${before.id.pid}` : 'not started from here, and left to its owner'
    return say(`${server.name}: already answers at ${server.address} (${whose})`)
  }
  let id = before.state === 'unhealthy' ? before.id : undefined
  if (id === undefined) {
    await server.prepare(say)
    id = await startDaemon({ folder: server.folder, ...server.command() })
  }
  for (;;) {
    const problem = await server.problem()
    if (problem === undefined) break
    if (!(await isAlive(id))) throw new Error(`${server.name} ended while it started:\n${lastLines(server.folder)}`)
    if (performance.now() - started > startPatienceMs) {
      throw new Error(`${server.name} doesn't answer after ${seconds()}: ${problem}\n${lastLines(server.folder)}`)
    }
    await sleep(100)
  }
  await server.configure?.()
  say(`${server.name}: up at ${server.address} in ${seconds()} (pid ${id.pid}, files in ${server.folder})`)
}

/** Ends a server if this folder's pid file says that we started it. */
export async function bringDown(server: LocalServer, say: Say, wipe: boolean): Promise<void> {
  const started = performance.now()
  const id = await stopDaemon(server.folder)
  if (id) say(`${server.name}: stopped pid ${id.pid} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  else if ((await server.problem()) === undefined)
    say(`${server.name}: answers, but wasn't started from here: left alone`)
  else say(`${server.name}: wasn't running`)
  if (wipe) {
    rmSync(server.folder, { recursive: true, force: true })
    say(`${server.name}: removed ${server.folder}`)
  }
}
