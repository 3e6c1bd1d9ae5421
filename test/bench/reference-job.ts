import { loadavg } from 'node:os'
import type { Say } from '../../deploy/local/server.ts'
import { once } from '../support/once.ts'
import { edgesAsked } from './agreement.ts'
import type { Backend, RunResult } from './backend.ts'
import { openDistributedBackends } from './distributed.ts'
import { openEmbeddedBackend } from './embedded.ts'
import type { Section } from './page.ts'
import { openPeers, type Peers } from './peers/backends.ts'
import { peers } from './peers/engines.ts'
import { km1Section, type Measured, summaryOf } from './report.ts'
import { detectStep } from './run-engine.ts'
import { startBenchServers } from './servers.ts'

export interface ReferenceJobPlan {
  readonly events: number
  readonly runs: number
  readonly quick: boolean
  readonly profileFolder: string | undefined
  readonly say: Say
  /** Given what ends everything, for who is told to stop. */
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** Ours on Kafka and Redis. */
const ownIds: readonly string[] = ['kafka', 'kafka-two']

/** What `--only` can name of it. */
export const engineIds: readonly string[] = ['embedded', ...ownIds, ...peers.map(({ id }) => id)]

/** KM-1 on ours and on the peers in turn, judged by the oracle. */
export async function measureReferenceJob(plan: ReferenceJobPlan): Promise<Section> {
  const loads: number[] = []
  return withEngines(plan, engineIds, async (engines, judges) => {
    const measured = await inTurn(plan, engines, loads)
    const verdicts = await judges.judge(edgesAsked)
    plan.say(`the oracle: ${verdicts.map(({ moments }) => moments.size).join(', ')} moments`)
    const step = await detectStep(plan.quick)
    plan.say(`the step alone: ${step.join('; ')}`)
    return km1Section({ measured, verdicts, step, loads, events: plan.events })
  })
}

/** One engine alone; what it did is only told. */
export async function measureOne(plan: ReferenceJobPlan, id: string): Promise<void> {
  await withEngines(plan, [id], (engines) => inTurn(plan, engines, []))
}

async function inTurn(plan: ReferenceJobPlan, engines: readonly Backend[], loads: number[]): Promise<Measured[]> {
  const results = new Map<Backend, RunResult[]>(engines.map((engine) => [engine, []]))
  const repeated = new Map<Backend, number>()
  const once = (engine: Backend) => engine.run(plan.profileFolder)
  // Flink on RocksDB and Kafka Streams stand still once in a while: that must not cost the whole comparison. A failure of
  // ours ends it.
  const again = (engine: Backend) => (error: unknown) => {
    if (!peers.some(({ id }) => id === engine.id)) throw error
    plan.say(`${engine.name} failed and runs again: ${String(error)}`)
    repeated.set(engine, (repeated.get(engine) ?? 0) + 1)
    return once(engine)
  }
  for (let run = 0; run < plan.runs; run++) {
    for (const engine of engines) {
      loads.push(loadavg()[0] ?? 0)
      const result = await once(engine).catch(again(engine))
      results.get(engine)?.push(result)
      plan.say(`${engine.name}: ${summaryOf(result)}`)
    }
  }
  return engines.map((engine) => ({
    id: engine.id,
    name: engine.name,
    results: results.get(engine) ?? [],
    repeated: repeated.get(engine) ?? 0,
  }))
}

/** Opens what is named, with the stream on each log, and closes it in reverse, whatever comes. */
async function withEngines<T>(
  { events, say, opened }: ReferenceJobPlan,
  ids: readonly string[],
  use: (engines: readonly Backend[], judges: Pick<Peers, 'judge'>) => Promise<T>,
): Promise<T> {
  const toClose: { close(): Promise<void> }[] = []
  const close = once(async () => {
    for (const one of toClose.toReversed()) await one.close()
  })
  opened({ close })
  try {
    const engines: Backend[] = []
    const add = (engine: Backend) => {
      toClose.push(engine)
      engines.push(engine)
    }
    if (ids.includes('embedded')) {
      say(`embedded: puts ${events} events on the log`)
      add(await openEmbeddedBackend(events))
    }
    let judges: Pick<Peers, 'judge'> = { judge: async () => [] }
    if (ids.some((id) => id !== 'embedded')) {
      const servers = await startBenchServers(say)
      toClose.push({ close: () => servers.stop() })
      if (ids.some((id) => ownIds.includes(id))) {
        say(`Kafka: puts ${events} events on the log`)
        const { one, two } = await openDistributedBackends(servers, events)
        for (const engine of [one, two]) if (ids.includes(engine.id)) add(engine)
      }
      const wanted = peers.filter(({ id }) => ids.includes(id))
      if (wanted.length > 0) {
        say(`peers: puts the same on theirs`)
        const open = await openPeers(servers, wanted, events, say)
        toClose.push(open)
        for (const engine of open.backends) add(engine)
        judges = open
      }
    }
    return await use(engines, judges)
  } finally {
    await close()
  }
}
