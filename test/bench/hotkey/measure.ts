/*
 * Cost of detect's step where one subscriber has a share of all events. Prints one line of JSON (`HotKeyMeasured`).
 *
 *   node test/bench/hotkey/measure.ts EVENTS EVERY FASTER
 *
 * EVERY: each so many-th event is the machine SIM's; 0: it has none. FASTER: KM-1's ten days pass so many times as fast.
 */
import { readCatalogueFolder } from '../../../services/catalogue-folder/read.ts'
import { createDetectProcessor } from '../../../services/detect/detect-processor.ts'
import { shippedCatalogue } from '../../../services/platform/catalogue-source.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../../services/records/embedded-registry.ts'
import { loadCatalogue } from '../../../services/rules/load.ts'
import type { Km1Event } from '../km1-stream.ts'
import { km1Stream, start } from '../km1-stream.ts'
import { withOwn } from '../load/paced.ts'
import { encodedOf, runStep } from '../step.ts'
import { hotSubscriber } from './stream.ts'

export interface HotKeyMeasured {
  readonly events: number
  readonly hotEvents: number
  /** CPU time of all, of the second half, when everything is compiled and windows are full. */
  readonly microsPerEvent: number
  readonly stateBytes: number
  /** Of the machine SIM's record. */
  readonly hotBytes: number
  /** What the bounds did: entries of windows that became one, marks and ids that were pushed out, and others. */
  readonly bounds: Readonly<Record<string, number>>
}

const [events = 0, every = 0, faster = 1] = process.argv.slice(2).map(Number)

function* stream(): Generator<Km1Event> {
  let i = 0
  for (const event of km1Stream(events)) {
    const isHot = every > 0 && ++i % every === 0
    const event_time = start + Math.floor((event.value.event_time - start) / faster)
    yield withOwn(event, { event_time, ...(isHot ? { subscriber_id: hotSubscriber } : {}) })
  }
}

const codec = await createCodec(createEmbeddedRegistry(':memory:'))
const { catalogue, problems } = loadCatalogue(await readCatalogueFolder(shippedCatalogue))
if (!catalogue) throw new Error(problems.map(String).join('\n'))
const { ruleset, policy } = catalogue
const create = () => createDetectProcessor({ codec, ruleset, defaultTimeZone: policy.defaultTimeZone })
const all = encodedOf(codec, stream())
const own = encodedOf(
  codec,
  [...stream()].filter(({ value }) => value.subscriber_id === hotSubscriber),
)
runStep(create(), all) // compiles
const processor = create()
const cost = runStep(processor, all)
const alone = create()
runStep(alone, own)
const { seenOverflows, inexact, patternOverflows, firingOverflows, heldOverflows } = processor.counters
const measured: HotKeyMeasured = {
  events: all.count,
  hotEvents: own.count,
  microsPerEvent: (2e6 * cost.warmCpuSeconds) / all.count,
  stateBytes: processor.memoryBytes,
  hotBytes: hotBytesOf(alone.writes),
  bounds: { seenOverflows, inexact, patternOverflows, firingOverflows, heldOverflows },
}
process.stdout.write(`${JSON.stringify(measured)}\n`)

function hotBytesOf(writes: { readonly count: number; valueLength(i: number): number }): number {
  return writes.count > 0 ? writes.valueLength(0) : 0
}
