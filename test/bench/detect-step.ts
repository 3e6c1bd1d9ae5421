/*
 * Cost of detect's step alone on the reference job: no log, no store. Everything is encoded before the clock starts.
 *
 *   node test/bench/detect-step.ts [events=2000000] [rounds=2] [without=sequence]
 */
import { createDetectProcessor } from '../../services/detect/detect-processor.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { km1Files } from './km1-rules.ts'
import { grace, km1Stream, km1Types, wholeJob } from './km1-stream.ts'
import { encodedOf, runStep } from './step.ts'

const args = new Map(process.argv.slice(2).map((arg) => arg.split('=') as [string, string]))
const number = (name: string, fallback: number) => Number(args.get(name) ?? fallback)

const codec = await createCodec(createEmbeddedRegistry(':memory:'))
const records = encodedOf(codec, km1Stream(number('events', wholeJob)))
const { catalogue, problems } = loadCatalogue(km1Files(args.get('without')?.split(',')))
if (!catalogue) throw new Error(problems.map(String).join('\n'))
const { ruleset, policy } = catalogue

for (let i = 0; i < number('rounds', 2); i++) {
  const processor = createDetectProcessor({
    codec,
    ruleset,
    defaultTimeZone: policy.defaultTimeZone,
    grace: Object.fromEntries(km1Types.map((type) => [type, grace])),
  })
  const { cpuSeconds, warmCpuSeconds, moments, stateBytes } = runStep(processor, records)
  const line = {
    events: records.count,
    rules: ruleset.rules.length,
    cpu_s_per_million: Number(((cpuSeconds / records.count) * 1e6).toFixed(2)),
    warm_cpu_s_per_million: Number(((warmCpuSeconds / records.count) * 2e6).toFixed(2)),
    moments_without_timers: moments,
    state_bytes_per_subscriber: Math.round(stateBytes / records.subscribers),
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
