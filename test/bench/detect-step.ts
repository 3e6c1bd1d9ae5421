/*
 * Cost of detect's step alone: no log, no store. Events like those of the reference job (a hundred rules over four types)
 * are generated from a seed and encoded before the clock starts.
 *
 *   node test/bench/detect-step.ts [events=400000] [subscribers=1000000] [rounds=3]
 */

import { createDetectProcessor } from '../../services/detect/detect-processor.ts'
import type { RecordView } from '../../services/flow/event-log.ts'
import type { Context } from '../../services/flow/processor.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { type EventType, eventTypes, type Topic, topics } from '../../services/topology.ts'
import { referenceRuleset } from './reference-rules.ts'

const args = new Map(process.argv.slice(2).map((arg) => arg.split('=') as [string, string]))
const number = (name: string, fallback: number) => Number(args.get(name) ?? fallback)
const count = number('events', 400_000)
const subscribers = number('subscribers', 1_000_000)
const rounds = number('rounds', 3)

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const codec = await createCodec(createEmbeddedRegistry(':memory:'))
const random = seeded(20_260_101)
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
const start = Date.UTC(2026, 0, 1)
const step = 432

const data: Buffer[] = []
const keys: Buffer[] = []
const types = new Int8Array(count)
const times = new Float64Array(count)
for (let i = 0; i < count; i++) {
  // Density about rank^-0.8, as in the reference job.
  const rank = Math.floor(subscribers * random() ** 5)
  const subscriber = `46000${String(rank).padStart(10, '0')}`
  const late = random() < 0.01 ? random() * 59_000 : 0
  const time = Math.floor(start + i * step + random() * step - late)
  const dice = random()
  const type: EventType = dice < 0.35 ? 'cdr' : dice < 0.39 ? 'recharge' : dice < 0.4 ? 'complaint' : 'app-usage'
  const base = { event_id: String(i), subscriber_id: subscriber, event_time: Math.max(time, start), source: 'bench' }
  const value = {
    cdr: () => ({
      ...base,
      kind: pick(['voice', 'voice', 'sms'] as const),
      direction: pick(['mo', 'mt'] as const),
      other_party: `p${Math.floor(random() * 1e6)}`,
      duration_s: Math.floor(random() ** 3 * 3600),
      end_cause: random() < 0.03 ? ('dropped' as const) : ('normal' as const),
      roaming_country: random() < 0.01 ? 'FR' : null,
      balance_after: Math.floor(random() * 20_000),
    }),
    recharge: () => ({ ...base, amount: pick([300, 1000, 3000]), currency: 'CNY', method: 'app' as const }),
    complaint: () => ({
      ...base,
      ticket_id: `t${i}`,
      category: pick(['billing', 'network', 'service', 'other'] as const),
      status: 'opened' as const,
      severity: 1 + Math.floor(random() * 4),
    }),
    'app-usage': () => ({
      ...base,
      app: random() < 0.003 ? `app${20 + Math.floor(random() * 10)}` : `app${Math.floor(random() * 20)}`,
      app_category: pick(['video', 'social', 'other']),
      bytes_up: Math.floor(random() ** 4 * 5e7),
      bytes_down: Math.floor(random() ** 4 * 4e8),
      duration_s: Math.floor(random() * 600),
      bearer: pick(['4g', '5g', 'wifi'] as const),
      login: random() < 0.01,
    }),
  }[type as 'cdr']()
  data.push(codec.encode(topics.events[type] as Topic & { schema: 'cdr' }, value as never))
  keys.push(Buffer.from(subscriber))
  types[i] = eventTypes.indexOf(type)
  times[i] = base.event_time
}

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

/** CPU time of this process, which other processes on the machine disturb less than the wall clock. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

for (let round = 0; round < rounds; round++) {
  const processor = createDetectProcessor({ codec, ruleset: referenceRuleset(), defaultTimeZone: 'Asia/Shanghai' })
  let emitted = 0
  const armed: [string, number][] = []
  const context = {
    clock: Number.NEGATIVE_INFINITY,
    now: Number.NEGATIVE_INFINITY,
    head: Number.NEGATIVE_INFINITY,
    appendedAt: 0,
    emit: () => {
      emitted++
    },
    arm: (key: string, due: number) => {
      armed.push([key, due])
    },
    effect: () => {},
  } satisfies Context & Record<string, unknown>
  const view = new View()
  let warm = 0
  const from = cpuSeconds()
  for (let i = 0; i < count; i++) {
    const key = keys[i] as Buffer
    const value = data[i] as Buffer
    const time = times[i] as number
    view.key = key
    view.keyEnd = key.length
    view.value = value
    view.valueEnd = value.length
    context.clock = Math.max(context.clock, time)
    context.now = context.clock
    context.appendedAt = context.clock
    view.appendedAt = context.clock
    processor.record(types[i] as number, view, context)
    if (time > context.head) context.head = time
    if (i % 4000 === 3999) processor.settled()
    if (i === count >> 1) warm = cpuSeconds()
  }
  const end = cpuSeconds()
  const seconds = end - from
  const half = end - warm
  process.stdout.write(
    `${JSON.stringify({
      round,
      events: count,
      events_per_s: Math.round(count / seconds),
      ns_per_event: Math.round((seconds * 1e9) / count),
      warm_events_per_s: Math.round((count - (count >> 1)) / half),
      moments: emitted,
      armed: armed.length,
      duplicates: processor.counters.duplicates,
      ...(args.has('rules')
        ? { rules: Object.fromEntries([...processor.counters.moments].map(([id, { count }]) => [id, count])) }
        : {}),
      state_mb: Math.round(processor.memoryBytes / 1e5) / 10,
    })}\n`,
  )
}
