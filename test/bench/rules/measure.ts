/*
 * Detect's step alone under a catalogue of many rules of one shape. One line of JSON: `RulesMeasured`.
 *
 *   node test/bench/rules/measure.ts shape=app rules=1000 [events=50000] [rounds=3]
 */
import { createDetectProcessor } from '../../../services/detect/detect-processor.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../../services/records/embedded-registry.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../../services/rules/load.ts'
import { grace, km1Types } from '../km1-stream.ts'
import { encodedOf, runStep } from '../step.ts'
import { eventsOf, filesOf, shapes } from './shapes.ts'

export interface RulesMeasured {
  readonly shape: string
  readonly rules: number
  /** Reading and checking the files; making the generated code of it. Milliseconds, the first time in a process. */
  readonly loadMs: number
  readonly compileMs: number
  /** Of the step, by round but the first, in microseconds of CPU. */
  readonly microsPerEvent: readonly number[]
  readonly conditionsPerEvent: number
  readonly bytesPerSubscriber: number
  /** Of a round. */
  readonly moments: number
  readonly events: number
}

const args = new Map(process.argv.slice(2).map((arg) => arg.split('=') as [string, string]))
const number = (name: string, fallback: number) => Number(args.get(name) ?? fallback)
const shape = shapes.find(({ name }) => name === args.get('shape'))
if (!shape) throw new RangeError(`shape= takes one of ${shapes.map(({ name }) => name).join(', ')}`)
const rules = number('rules', 1_000)

const codec = await createCodec(createEmbeddedRegistry(':memory:'))
const records = encodedOf(codec, eventsOf(shape, rules, number('events', 50_000)))
const files = filesOf(shape, rules)

const started = performance.now()
const catalogue = loaded()
const loadMs = performance.now() - started

function loaded(): Catalogue {
  const { catalogue, problems } = loadCatalogue(files)
  if (!catalogue) throw new Error(problems.slice(0, 5).map(String).join('\n'))
  return catalogue
}

const rounds = Array.from({ length: number('rounds', 3) }, () => {
  const started = performance.now()
  const processor = createDetectProcessor({
    codec,
    ruleset: catalogue.ruleset,
    defaultTimeZone: catalogue.policy.defaultTimeZone,
    grace: Object.fromEntries(km1Types.map((type) => [type, grace])),
  })
  const compileMs = performance.now() - started
  const step = runStep(processor, records)
  return { ...step, compileMs, conditions: processor.evaluations }
})
const [first] = rounds
if (!first) throw new RangeError('rounds= is 0')
const measured: RulesMeasured = {
  shape: shape.name,
  rules,
  loadMs,
  compileMs: first.compileMs,
  microsPerEvent: rounds.slice(1).map(({ cpuSeconds }) => (cpuSeconds / records.count) * 1e6),
  conditionsPerEvent: first.conditions / records.count,
  bytesPerSubscriber: first.stateBytes / records.subscribers,
  moments: first.moments,
  events: records.count,
}
process.stdout.write(`${JSON.stringify(measured)}\n`)
