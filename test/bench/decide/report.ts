import { circumstances, median, number, type Section, spread, table } from '../page.ts'
import type { Percentiles } from '../percentiles.ts'
import type { Tally } from './in-process.ts'
import type { DecideJob } from './job.ts'
import type { DecideLatency } from './latency.ts'
import type { DecideRun } from './throughput.ts'

/** Of one process. */
const perSecondTarget = 10_000

export interface DecideResults {
  readonly job: DecideJob
  readonly subscribers: number
  readonly results: readonly DecideRun[]
  /** By moments a second. */
  readonly latencies: ReadonlyMap<number, readonly DecideLatency[]>
  readonly seconds: number
  readonly skip: number
  readonly loads: readonly number[]
}

/** Moments that came to their decision; those that waited for the morning count once. */
export const decisionsPerSecond = ({ moments }: DecideJob, { seconds }: DecideRun): number => moments / seconds

export function decideSection(about: DecideResults): Section {
  const { job, results, latencies, seconds, skip, subscribers, loads } = about
  const { moments, receipts, expected, stepCpuSeconds } = job
  const rate = median(results.map((result) => decisionsPerSecond(job, result)))
  const records = job.profiles.length + job.rest.length
  const text = `${circumstances('npm run bench -- --only decide', loads)} One process of the shipped decide on Kafka and Redis of its own, four shards, under the shipped catalogue; ${number(subscribers)} subscribers, ${number(moments)} moments of all its rules over two days (${number(receipts)} receipts of what is commanded, ${number(job.profiles.length)} profiles before them). The shipped detect stands by with the same profiles read, as decide waits for it before it says anything that rests on consent.

From the first batch taken until the last group is durable and its decisions and commands are on the log, least/median/most of the runs:

${throughputTable(about, records)}

Target: ${number(perSecondTarget)} decisions/s a process. Measured: ${number(rate)}: ${rate >= perSecondTarget ? 'met' : '**not met**'}. The step alone, in-process, decoding and encoding included: ${number((stepCpuSeconds / records) * 1e6, 1)} CPU s per million records.

What was decided, in the same words as README.md and the metrics; a moment that waits for the end of quiet hours has a second decision then:

${tallyTable(expected, results)}

${agreement(about)}

At a steady load by the time of day, from when the broker appended a moment until it appended what came of it; milliseconds, the last ${seconds - skip} s of ${seconds} s:

${latencyTable(latencies)}

- A moment's own detection is not in these figures ('Latency: event to moment' has it). All subscribers have noon, so that nothing waits for the morning.
- Broker, Redis, load and detect share the machine's two cores with decide.
`
  return { title: 'Decide: decisions a second, moment to command', text }
}

function throughputTable({ job, results }: DecideResults, records: number): string {
  const of = (value: (result: DecideRun) => number, digits = 0) => spread(results.map(value), digits)
  const perMillion = (cpuSeconds: number) => (cpuSeconds / records) * 1e6
  return table(
    [
      'decisions/s',
      'records/s',
      'second half, records/s',
      'CPU s per million records: decide',
      'Redis',
      'broker',
      'detect',
      'states written a record',
      'RSS, MB',
    ],
    [
      [
        of((result) => decisionsPerSecond(job, result)),
        of(({ seconds }) => records / seconds),
        of(({ warmSeconds }) => records / 2 / warmSeconds),
        of(({ cpuSeconds }) => perMillion(cpuSeconds), 1),
        of(({ redisCpuSeconds }) => perMillion(redisCpuSeconds), 1),
        of(({ brokerCpuSeconds }) => perMillion(brokerCpuSeconds), 1),
        of(({ detectCpuSeconds }) => perMillion(detectCpuSeconds), 1),
        of(({ writes }) => writes / records, 2),
        of(({ rssBytes }) => rssBytes / 1e6),
      ],
    ],
  )
}

function tallyTable(expected: Tally, results: readonly DecideRun[]): string {
  const names = new Set([...expected.keys(), ...results.flatMap(({ tally }) => [...tally.keys()])])
  const rows = [...names]
    .sort((a, b) => (expected.get(b) ?? 0) - (expected.get(a) ?? 0))
    .map((name) => [
      name,
      number(expected.get(name) ?? 0),
      spread(
        results.map(({ tally }) => tally.get(name) ?? 0),
        0,
      ),
    ])
  return table(['', 'in-process', 'on the log'], rows)
}

/** Runs whose decisions aren't those of the step, by outcome and code, or that met something unforeseen. */
export function differing({ job, results }: Pick<DecideResults, 'job' | 'results'>): readonly DecideRun[] {
  return results.filter(({ tally, moments, deadLetters }) => {
    const isSame = tally.size === job.expected.size && [...job.expected].every(([name, n]) => tally.get(name) === n)
    return !isSame || moments !== job.moments || deadLetters > 0
  })
}

function agreement(about: DecideResults): string {
  const others = differing(about)
  if (others.length === 0)
    return 'Every run came to what the step in-process comes to, outcome by outcome and code by code.'
  const told = others.map(({ moments, deadLetters }) => `${number(moments)} moments, ${deadLetters} dead letters`)
  return `**Not the same as the step in-process** in ${others.length} of ${about.results.length} runs (${told.join('; ')}).`
}

function latencyTable(latencies: DecideResults['latencies']): string {
  const figures = ['p50', 'p99', 'p999', 'most'] as const satisfies readonly (keyof Percentiles)[]
  const rows = [...latencies].map(([perSecond, runs]) => {
    const of = (value: (run: DecideLatency) => number, digits = 0) => spread(runs.map(value), digits)
    return [
      number(perSecond),
      of(({ commands }) => commands),
      ...figures.map((figure) => of(({ toCommand }) => toCommand[figure])),
      ...figures.slice(0, 2).map((figure) => of(({ toDecision }) => toDecision[figure])),
      of(({ undecided }) => undecided),
      of(({ cpuShare }) => 100 * cpuShare),
      of(({ brokerCpuShare }) => 100 * brokerCpuShare),
      of(({ load }) => load.behindMs),
    ]
  })
  const head = ['moments/s', 'commands', ...figures.map((figure) => `to command, ${figure}`)]
  head.push('to decision, p50', 'p99', 'undecided', 'CPU %: decide', 'broker', 'load behind, at most')
  return table(head, rows)
}
