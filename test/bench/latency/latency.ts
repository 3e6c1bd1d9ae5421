import { loadavg } from 'node:os'
import type { Say } from '../../../deploy/local/server.ts'
import { circumstances, median, number, type Section, spread, table } from '../page.ts'
import { needPeers } from '../peers/build.ts'
import { latencyPeers, type Peer } from '../peers/engines.ts'
import type { Percentiles } from '../percentiles.ts'
import { perSecond } from '../reload/stream.ts'
import { type LatencyResult, runLatency } from './run.ts'

export interface LatencyMeasurement {
  readonly quick: boolean
  readonly runs: number
  readonly say: Say
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** Of the slowest of a hundred moments, as a consumer sees them. Milliseconds. */
const p99Target = 25

const figures = ['p50', 'p99', 'p999', 'most'] as const satisfies readonly (keyof Percentiles)[]

/** Event to moment at 10,000 events a second, on ours and on the peers in turn. */
export async function measureLatency({ quick, runs, say, opened }: LatencyMeasurement): Promise<Section> {
  const built = await needPeers(say)
  const [seconds, skip] = quick ? [20, 8] : [60, 20]
  const engines: readonly { readonly name: string; readonly peer: Peer | 'ours' }[] = [
    { name: 'Keymoment, Kafka and Redis', peer: 'ours' },
    ...latencyPeers.map((peer) => ({ name: peer.name, peer })),
  ]
  const results = new Map<string, LatencyResult[]>(engines.map(({ name }) => [name, []]))
  const loads: number[] = []
  for (let run = 0; run < runs; run++) {
    for (const { name, peer } of engines) {
      loads.push(loadavg()[0] ?? 0)
      const result = await runLatency(peer, { seconds, skip, built, say, opened })
      results.get(name)?.push(result)
      say(`${name}: ${JSON.stringify(result)}`)
    }
  }
  return section(results, { seconds, skip, runs, loads })
}

interface Circumstances {
  readonly seconds: number
  readonly skip: number
  readonly runs: number
  readonly loads: readonly number[]
}

function section(results: ReadonlyMap<string, readonly LatencyResult[]>, about: Circumstances): Section {
  const rows = [...results].map(([name, own]) => {
    const of = (value: (result: LatencyResult) => number, digits = 0) => spread(own.map(value), digits)
    return [
      name,
      of(({ moments }) => moments),
      ...figures.map((figure) => of(({ visible }) => visible[figure])),
      ...figures.slice(0, 3).map((figure) => of(({ appended }) => appended[figure])),
      of(({ cpuShare }) => 100 * cpuShare),
      of(({ brokerCpuShare }) => 100 * brokerCpuShare),
      of(({ queuedShare }) => 100 * queuedShare),
      of(({ load }) => load.behindMs.p99),
    ]
  })
  const head = ['', 'moments', ...figures.map((figure) => `seen, ${figure}`)]
  head.push(
    ...figures.slice(0, 3).map((figure) => `appended, ${figure}`),
    'CPU %: engine',
    'broker',
    'engine ready, without a core, %',
    'load behind, p99',
  )
  const [ours = []] = results.values()
  const p99 = median(ours.map(({ visible }) => visible.p99))
  const { seconds, skip, runs, loads } = about
  const text = `${circumstances(`npm run bench -- --only latency --runs ${runs}`, loads)} ${number(perSecond)} events of KM-1 a second for ${seconds} s, of which the last ${seconds - skip} count; all engines in turn, ${runs} times, each with Kafka and Redis of its own that were never used before.

From when an event was to be sent until a read_committed consumer had the moment that it completed, and until the broker had appended it; milliseconds, least/median/most of the runs:

${table(head, rows)}

Target: p99 as seen at most ${p99Target} ms. Measured: ${number(p99)}: ${p99 <= p99Target ? 'met' : '**not met**'}.

- The events are stamped with the time at which they are to be sent, and counted from it, so a producer that is behind hides nothing. One producer and one consumer for all engines (\`latency/load.ts\`, \`latency/tail.ts\`: kafkajs, processes of their own); it sends every 5 ms. What the processes, the broker and the consumer cost on two cores is in everybody's figures.
- "Engine ready, without a core": of all its threads together, the time for which they could have run while something else did, as a share of the time. The slowest of a hundred moments wait for that: the main thread is found late by 20 to 50 ms with 3 to 9 ms of work done, while no time is stolen from the machine.
- Absences have no completing event and don't count. Ours is \`keymoment start detect\` with the shipped settings; every moment is committed durably before it leaves. Flink at least once sends moments before the state that they come from is durable; its exactly once shows them at the next checkpoint only, seconds later.
`
  return { title: 'Latency: event to moment', text }
}
