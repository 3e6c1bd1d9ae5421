/*
 * Cost of detect's step alone on the reference job: no log, no store. Everything is encoded before the clock starts.
 *
 *   node test/bench/detect-step.ts [events=2000000] [rounds=2]
 */
import { join } from 'node:path'
import { createDetectProcessor } from '../../services/detect/detect-processor.ts'
import type { RecordView } from '../../services/flow/event-log.ts'
import { flowDefaults } from '../../services/flow/settings.ts'
import { openCatalogue } from '../../services/platform/catalogue-source.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { eventTypes } from '../../services/topology.ts'
import { encode } from './fill.ts'
import { grace, km1Stream, km1Types, wholeJob } from './km1-stream.ts'
import { mark } from './watch.ts'

const args = new Map(process.argv.slice(2).map((arg) => arg.split('=') as [string, string]))
const number = (name: string, fallback: number) => Number(args.get(name) ?? fallback)

const codec = await createCodec(createEmbeddedRegistry(':memory:'))
const records: { readonly topic: number; readonly key: Buffer; readonly value: Buffer; readonly time: number }[] = []
for (const event of km1Stream(number('events', wholeJob))) {
  records.push({
    topic: eventTypes.indexOf(event.type),
    key: Buffer.from(event.value.subscriber_id),
    value: encode(codec, event),
    time: event.value.event_time,
  })
}
const { ruleset, policy } = await openCatalogue(join(import.meta.dirname, 'km1-catalogue'))

class View implements RecordView {
  position = 0
  appendedAt = 0
  key: Buffer = Buffer.alloc(0)
  keyStart = 0
  keyEnd = 0
  value: Buffer = Buffer.alloc(0)
  valueStart = 0
  valueEnd = 0
}

function round() {
  const processor = createDetectProcessor({
    codec,
    ruleset,
    defaultTimeZone: policy.defaultTimeZone,
    grace: Object.fromEntries(km1Types.map((type) => [type, grace])),
  })
  let moments = 0
  const context = {
    clock: Number.NEGATIVE_INFINITY,
    now: Number.NEGATIVE_INFINITY,
    head: Number.NEGATIVE_INFINITY,
    appendedAt: 0,
    emit: () => {
      moments++
    },
    arm: () => {},
    effect: () => {},
  }
  const view = new View()
  const from = mark()
  let half = from
  for (const [i, { topic, key, value, time }] of records.entries()) {
    view.key = key
    view.keyEnd = key.length
    view.value = value
    view.valueEnd = value.length
    context.clock = Math.max(context.clock, time)
    context.now = context.clock
    processor.record(topic, view, context)
    if (time > context.head) context.head = time
    if (i % flowDefaults.groupRecords === 0) processor.settled()
    if (i === records.length >> 1) half = mark()
  }
  const end = mark()
  const seconds = (end.cpuMicros - from.cpuMicros) / 1e6
  const warmSeconds = (end.cpuMicros - half.cpuMicros) / 1e6
  const keys = new Set(records.map(({ key }) => key.toString('latin1')))
  return {
    events: records.length,
    cpu_s_per_million: Number(((seconds / records.length) * 1e6).toFixed(2)),
    warm_cpu_s_per_million: Number(((warmSeconds / records.length) * 2e6).toFixed(2)),
    moments_without_timers: moments,
    state_bytes_per_subscriber: Math.round(processor.memoryBytes / keys.size),
  }
}

for (let i = 0; i < number('rounds', 2); i++) process.stdout.write(`${JSON.stringify(round())}\n`)
