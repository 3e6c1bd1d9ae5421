import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Say } from '../../../deploy/local/server.ts'
import { startChild } from '../../support/child-process.ts'
import { once } from '../../support/once.ts'
import type { Backend, RunResult } from '../backend.ts'
import { openDistributedBackends } from '../distributed.ts'
import { circumstances, number, type Section, table } from '../page.ts'
import { type BenchServers, startBenchServers } from '../servers.ts'
import { type CpuProfile, type Shares, sharesOf } from './cpu-profile.ts'
import type { Floor } from './floor.ts'
import { meanings, type Stage, stages } from './stages.ts'

export interface ProfilePlan {
  readonly events: number
  readonly say: Say
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** Functions that the page shows. */
const functionsShown = 25
/** What one stands for in the floors of Redis: as many as the reference job stores of a subscriber. */
const stateBytes = 200

/** Where the time of the reference job goes, by stage, and what each stage's work costs alone. */
export async function measureProfile(plan: ProfilePlan): Promise<Section> {
  const root = mkdtempSync(join(tmpdir(), 'keymoment-profile-'))
  let servers: BenchServers | undefined
  let backend: Backend | undefined
  const close = once(async () => {
    await backend?.close()
    await servers?.stop()
    rmSync(root, { recursive: true, force: true })
  })
  plan.opened({ close })
  try {
    servers = await startBenchServers(plan.say)
    plan.say(`puts ${plan.events} events on the log`)
    backend = (await openDistributedBackends(servers, plan.events)).one
    const loads = [loadavg()[0] ?? 0]
    const plain = await backend.run()
    plan.say('ran; runs again under the profiler')
    const profiled = await backend.run(root)
    const [file] = readdirSync(root).filter((name) => name.endsWith('.cpuprofile'))
    if (!profiled.own || !file) throw new Error('the engine left no CPU profile')
    const profile: CpuProfile = JSON.parse(readFileSync(join(root, file), 'utf8'))
    const shares = sharesOf(profile, profiled.own.fromMicros, profiled.own.toMicros)
    const floors = await measureFloors(servers, backend.records, plan)
    return section({ plain, profiled, shares, floors, loads })
  } finally {
    await close()
  }
}

const floorNames = ['kafkajs', 'adapter', 'avsc', 'mget', 'hset'] as const
type Floors = Readonly<Record<(typeof floorNames)[number], Floor>>

async function measureFloors(servers: BenchServers, records: number, { events, say }: ProfilePlan): Promise<Floors> {
  const one = async (name: keyof Floors, ...given: readonly (string | number)[]): Promise<Floor> => {
    const script = join(import.meta.dirname, 'floor.ts')
    const child = await startChild(process.execPath, [script, name, ...given.map(String)])
    const { code } = await child.exited
    if (code !== 0) throw new Error(`the floor ${name} ended with ${code}; it wrote:\n${child.output()}`)
    say(`${name} alone: ${child.stdout().trim()}`)
    return JSON.parse(child.stdout())
  }
  const { kafkaBroker, redisUrl } = servers
  return {
    kafkajs: await one('kafkajs', kafkaBroker, records),
    adapter: await one('adapter', kafkaBroker, records),
    avsc: await one('avsc', Math.min(events, 1_000_000)),
    mget: await one('mget', redisUrl, Math.min(events, 500_000), stateBytes),
    hset: await one('hset', redisUrl, Math.min(events, 500_000), stateBytes),
  }
}

interface Measured {
  readonly plain: RunResult
  readonly profiled: RunResult
  readonly shares: Shares
  readonly floors: Floors
  readonly loads: readonly number[]
}

function section({ plain, profiled, shares, floors, loads }: Measured): Section {
  const { records } = plain
  const perMillion = (seconds: number, count = records) => (seconds / count) * 1e6
  const threadCpu = perMillion(plain.own?.threadCpuSeconds ?? Number.NaN)
  const writesPerEvent = (plain.own?.writes ?? Number.NaN) / records
  const of = (floor: Floor) => perMillion(floor.cpuSeconds, floor.count)
  const beside: Partial<Record<Stage, string>> = {
    fetch: `${number(of(floors.kafkajs), 2)} kafkajs alone; ${number(of(floors.adapter), 2)} our adapter alone`,
    decode: `${number(of(floors.avsc), 2)} avsc alone, all fields`,
    load: `${number(of(floors.mget), 2)} MGET alone, of a million states`,
    commit: `${number(of(floors.hset) * writesPerEvent, 2)} HSET by ioredis alone, of as many states`,
  }
  const rows = stages.map((stage) => {
    const share = shares.stages.get(stage) ?? 0
    return [stage, number(share * threadCpu, 2), number(100 * share, 1), beside[stage] ?? '', meanings[stage]]
  })
  const other = perMillion(plain.cpuSeconds) - threadCpu
  const functions = shares.functions
    .slice(0, functionsShown)
    .map(({ name, stage, share }) => [`\`${name}\``, stage, number(100 * share, 1), number(share * threadCpu, 2)])
  const redis = (floor: Floor) => perMillion(floor.redisCpuSeconds ?? Number.NaN, floor.count)
  const text = `${circumstances('npm run bench -- --only profile', loads)} The reference job on Kafka and Redis, ${number(records)} records, from the first batch to the last group durable: once as it is (${number(records / plain.seconds)} events/s, ${number(perMillion(plain.cpuSeconds), 2)} CPU s per million), once under V8's profiler (${number(records / profiled.seconds)} events/s). Shares are the profile's, seconds those shares of the plain run's main thread.

CPU seconds per million events, which is microseconds an event:

${table(
  ['stage', 'CPU s per million', '%', 'floor: the same work alone', 'what it is'],
  [
    ...rows,
    ['main thread', number(threadCpu, 2), '100.0', '', ''],
    ['other threads', number(other, 2), '', '', "V8's helpers (garbage collection, compiling), libuv"],
  ],
)}

The most expensive functions, by the time spent in themselves (what V8 inlined is told apart):

${table(['function', 'stage', '%', 'CPU s per million'], functions)}

- A sample belongs to the stage of its innermost frame that a stage knows (\`profile/stages.ts\`); garbage collection to none.
- Floors are processes of their own in the same run (\`profile/floor.ts\`): a million records or half a million states of ${stateBytes} bytes, by ${number(1_000)}. Their garbage collection and other threads are in their figures, so a stage can be below its floor. ${number(writesPerEvent, 2)} states are written an event, each once a group.
- Redis itself: ${number(perMillion(plain.storeCpuSeconds ?? Number.NaN), 2)} CPU s per million events; MGET alone ${number(redis(floors.mget), 2)} and HSET alone ${number(redis(floors.hset), 2)} per million states.
- A run from an empty state looks nothing up. What a look-up costs is MGET's floor: as much again for each event whose state isn't resident.
`
  return { title: 'Where the time goes', text }
}
