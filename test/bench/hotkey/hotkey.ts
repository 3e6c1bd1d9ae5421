import { loadavg } from 'node:os'
import { join } from 'node:path'
import { startChild } from '../../support/child-process.ts'
import { circumstances, number, type Section, table } from '../page.ts'
import { shards } from '../settings.ts'
import { type DelayRun, type Delays, runDelay } from './delay.ts'
import type { HotKeyMeasured } from './measure.ts'
import { hotKeyPerSecond } from './stream.ts'

export interface HotKeyOptions {
  readonly quick: boolean
  readonly say: (line: string) => void
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** The same events with and without a machine SIM that has a tenth of them; faster and faster, so that windows hold more. */
const cases = [
  { name: 'nobody has more than others', every: 0, faster: 100 },
  { name: 'one has 1 %', every: 100, faster: 100 },
  { name: 'one has 10 %', every: 10, faster: 100 },
  { name: 'one has 10 %, 20 times as dense', every: 10, faster: 2_000 },
] as const

/** Whom it delays: on Kafka and Redis, in one process, whose shards share a thread, and in two. */
const delayCases = [
  { name: 'one process, nobody', every: 0, processes: 1 },
  { name: 'one process, one subscriber', every: 10, processes: 1 },
  { name: 'two processes, nobody', every: 0, processes: 2 },
  { name: 'two processes, one subscriber', every: 10, processes: 2 },
] as const

interface Delayed {
  readonly name: string
  readonly run: DelayRun
}

/** @throws Error when a process fails */
export async function measureHotKey({ quick, say, opened }: HotKeyOptions): Promise<Section> {
  const events = quick ? 20_000 : 200_000
  const loads: number[] = []
  const rows: { readonly name: string; readonly measured: HotKeyMeasured }[] = []
  for (const { name, every, faster } of cases) {
    loads.push(loadavg()[0] ?? 0)
    const measured = await measureIn(events, every, faster)
    rows.push({ name, measured })
    say(`${name}: ${measured.microsPerEvent.toFixed(1)} us an event`)
  }
  const [seconds, skip] = quick ? [15, 5] : [60, 20]
  const delayed: Delayed[] = []
  for (const { name, every, processes } of delayCases) {
    loads.push(loadavg()[0] ?? 0)
    const run = await runDelay({ every, processes, seconds, skip, say, opened })
    delayed.push({ name, run })
    say(`${name}: ${JSON.stringify(run)}`)
  }
  const text = `${textOf(rows, loads, quick)}\n${delayText(delayed, seconds, skip)}`
  return { title: 'A hot subscriber', text }
}

/** One case in a process of its own. */
async function measureIn(events: number, every: number, faster: number): Promise<HotKeyMeasured> {
  const args = [events, every, faster].map(String)
  const child = await startChild(process.execPath, [join(import.meta.dirname, 'measure.ts'), ...args])
  const { code } = await child.exited
  if (code !== 0) throw new Error(`hotkey ${args.join(' ')} ended with ${code}; it wrote:\n${child.output()}`)
  return JSON.parse(child.stdout())
}

function textOf(
  rows: readonly { readonly name: string; readonly measured: HotKeyMeasured }[],
  loads: readonly number[],
  quick: boolean,
): string {
  const base = rows[0]?.measured.microsPerEvent ?? Number.NaN
  const cells = rows.map(({ name, measured }) => {
    const { events, hotEvents, microsPerEvent, hotBytes, bounds } = measured
    const share = hotEvents / events
    const own = share > 0 ? (microsPerEvent - (1 - share) * base) / share : Number.NaN
    return [
      name,
      number(microsPerEvent, 1),
      share > 0 ? number(own, 0) : '',
      share > 0 ? number(hotBytes) : '',
      number(bounds.inexact ?? 0),
      number((bounds.patternOverflows ?? 0) + (bounds.firingOverflows ?? 0)),
      number(bounds.seenOverflows ?? 0),
      number(bounds.heldOverflows ?? 0),
    ]
  })
  return `${circumstances(`npm run bench -- --only hotkey${quick ? ' --quick' : ''}`, loads)} Detect's step alone under the shipped catalogue, ${number(rows[0]?.measured.events ?? 0)} events of KM-1 whose ten days pass 100 (2,000) times as fast: CPU microseconds an event of the second half, once everything is compiled. What the machine SIM's own event costs is reckoned from the difference to the first row, others' events costing what they cost there.

${table(['', 'us an event', 'us an event of its own', 'its record, bytes', 'window entries joined', 'marks and firings pushed out', 'ids pushed out', 'settled early'], cells)}

- What its event costs doesn't grow with its history: in the last row as much happens to it in a twentieth of the time, and its record is no larger, as the bounds of the last columns stop windows, rings and patterns (counted in \`keymoment_detect_dropped_total\`).
`
}

function delayText(rows: readonly Delayed[], seconds: number, skip: number): string {
  const told = ({ moments, p50, p99, most }: Delays) =>
    moments === 0 ? ['', ''] : [number(moments), [p50, p99, most].map((value) => number(value)).join(' / ')]
  const cells = rows.map(({ name, run }) => [
    name,
    ...told(run.hot),
    ...told(run.itsShard),
    ...told(run.otherShards),
    cpuPerMillion(run)
      .map((seconds) => number(seconds, 2))
      .join(' + '),
    number(run.load.behindMs),
  ])
  const heads = ['who has 10 %', 'its moments', 'its delay', 'moments on its shard', "others' delay there"]
  heads.push('moments on other shards', 'delay there', 'CPU s per million events', 'load behind, most')
  return `**Whom it delays.** Detect on Kafka and Redis, ${shards} shards, KM-1's 100 rules and five more, ${number(hotKeyPerSecond)} events a second for ${seconds} s, of which the last ${seconds - skip} count; with 10 % of all events its own, its shard has ${number(10 + 90 / shards, 1)} % of the load, and each other one ${number(90 / shards, 1)} %. From the time of an event, at which it is to be sent, to its moment on the log (rule \`probe\`, which fires at every recharge); p50 / p99 / longest, milliseconds:

${table(heads, cells)}

${rows
  .filter((_, i) => i % 2 === 1)
  .map(({ run }, i) => verdict(rows[2 * i]?.run, run, i + 1))
  .join('\n')}
- CPU is that of each process in the second half of its records, for a million events of all, the process with its shard first. In one process all shards share a thread, so that others wait for what its events cost; in two, the shards of the other process don't.
`
}

/** With it and without it. */
function verdict(without: DelayRun | undefined, run: DelayRun, processes: number): string {
  const p99 = (one: DelayRun | undefined, who: 'itsShard' | 'otherShards') => number(one?.[who].p99 ?? Number.NaN)
  const all = (one: DelayRun | undefined) =>
    number(one ? cpuPerMillion(one).reduce((sum, seconds) => sum + seconds, 0) : Number.NaN, 2)
  return `- In ${processes === 1 ? 'one process' : `${processes} processes`}, p99 of others on its shard is ${p99(run, 'itsShard')} ms with it and ${p99(without, 'itsShard')} ms without it, on other shards ${p99(run, 'otherShards')} and ${p99(without, 'otherShards')} ms; CPU ${all(run)} and ${all(without)} s per million events.`
}

/** Of each process, for a million events of all. */
const cpuPerMillion = ({ cpuSeconds, load }: DelayRun): number[] =>
  cpuSeconds.map((seconds) => (2e6 * seconds) / load.sent)
