import { join } from 'node:path'
import { type Child, startChild } from '../../support/child-process.ts'
import type { BenchServers } from '../servers.ts'
import type { LoadResult } from './load.ts'

/** The stream that is sent, and what it is made with (`load.ts`). */
export type LoadStream =
  | readonly ['reload', seconds: number]
  | readonly ['overload', name: string, seconds: number, perSecond: number]
  | readonly ['hotkey', seconds: number, every: number]

/** Starts `load.ts`, which sends its first event at `start` (milliseconds since 1970). */
export function startLoad(
  { kafkaBroker, registryUrl }: BenchServers,
  start: number,
  stream: LoadStream,
): Promise<Child> {
  const given = [kafkaBroker, registryUrl, start, ...stream].map(String)
  return startChild(process.execPath, [join(import.meta.dirname, 'load.ts'), ...given])
}

/** What it has sent, once it has ended. @throws Error with what it wrote if it failed */
export async function sentBy(load: Child): Promise<LoadResult> {
  const { code, signal } = await load.exited
  if (code !== 0) throw new Error(`the load ended with ${code ?? signal}; it wrote:\n${load.output()}`)
  return JSON.parse(load.stdout().trim().split('\n').at(-1) ?? '')
}
