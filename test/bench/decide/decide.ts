import { loadavg } from 'node:os'
import { openCatalogue, shippedCatalogue } from '../../../services/platform/catalogue-source.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../../services/records/embedded-registry.ts'
import { number, type Section } from '../page.ts'
import { type DecideJob, makeJob } from './job.ts'
import { type DecideLatency, runLatency } from './latency.ts'
import { decideSection, decisionsPerSecond } from './report.ts'
import type { Watched } from './setting.ts'
import { type DecideRun, runThroughput } from './throughput.ts'

export interface DecidePlan extends Watched {
  readonly quick: boolean
  readonly runs: number
  /** Where decide leaves a CPU profile of each run of all moments; undefined: none. */
  readonly profileFolder: string | undefined
}

const seed = 20_260_302
/** Moments a second. */
const rates = [1_000, 5_000]

/** Decisions a second of one process of decide on Kafka and Redis, and how long a command takes at a steady load. */
export async function measureDecide(plan: DecidePlan): Promise<Section> {
  const { quick, runs, say } = plan
  const size = quick ? { subscribers: 5_000, moments: 40_000 } : { subscribers: 50_000, moments: 400_000 }
  const [seconds, skip] = quick ? [15, 5] : [60, 20]
  say(`makes ${size.moments} moments of ${size.subscribers} subscribers, and decides them in-process`)
  const job = await jobOf(size)
  const loads: number[] = []
  const results: DecideRun[] = []
  const latencies = new Map<number, DecideLatency[]>(rates.map((rate) => [rate, []]))
  for (let run = 0; run < runs; run++) {
    loads.push(loadavg()[0] ?? 0)
    const result = await runThroughput(job, plan, plan.profileFolder)
    results.push(result)
    say(
      `decide: ${number(decisionsPerSecond(job, result))} decisions/s; ${JSON.stringify({ ...result, tally: Object.fromEntries(result.tally) })}`,
    )
    for (const perSecond of rates) {
      loads.push(loadavg()[0] ?? 0)
      const latency = await runLatency({ perSecond, seconds, skip, subscribers: size.subscribers, seed }, plan)
      latencies.get(perSecond)?.push(latency)
      say(`at ${perSecond} moments/s: ${JSON.stringify(latency)}`)
    }
  }
  return decideSection({ job, ...size, results, latencies, seconds, skip, loads })
}

async function jobOf(size: { readonly subscribers: number; readonly moments: number }): Promise<DecideJob> {
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  return makeJob({ seed, zone: 'Asia/Shanghai', ...size }, await openCatalogue(shippedCatalogue), codec)
}
