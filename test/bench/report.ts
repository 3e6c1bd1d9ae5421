import { cpus, totalmem } from 'node:os'
import { agreementText } from './agreement.ts'
import type { RunResult } from './backend.ts'
import { wholeJob } from './km1-stream.ts'
import { circumstances, number, type Section, spread, table } from './page.ts'
import type { Verdict } from './peers/oracle.ts'
import rules from './rules.json' with { type: 'json' }
import { perSecond, targetsTable } from './targets.ts'

export interface Measured {
  readonly id: string
  readonly name: string
  readonly results: readonly RunResult[]
  /** Runs that failed or didn't end, and were made again. */
  readonly repeated: number
}

const perMillion = (seconds: number | undefined, records: number) => ((seconds ?? Number.NaN) / records) * 1e6

type Column = readonly [head: string, value: (result: RunResult, subscribers: number) => number, digits: number]

const columns: readonly Column[] = [
  ['events/s', perSecond, 0],
  ['second half', ({ records, warmSeconds }) => records / 2 / warmSeconds, 0],
  ['CPU s per million: engine', ({ records, cpuSeconds }) => perMillion(cpuSeconds, records), 2],
  ['second half', ({ records, warmCpuSeconds }) => perMillion(2 * warmCpuSeconds, records), 2],
  ['Redis', ({ records, storeCpuSeconds }) => perMillion(storeCpuSeconds, records), 2],
  ['broker', ({ records, brokerCpuSeconds }) => perMillion(brokerCpuSeconds, records), 2],
  ['RSS, MB', ({ rssBytes }) => rssBytes / 1e6, 0],
  ['state, bytes a subscriber', ({ storedBytes }, subscribers) => storedBytes / subscribers, 0],
]

export function summaryOf(result: RunResult): string {
  const { records, seconds, cpuSeconds, storeCpuSeconds, moments } = result
  const store = storeCpuSeconds === undefined ? '' : `, Redis ${perMillion(storeCpuSeconds, records).toFixed(1)}`
  const cpu = `CPU s per million: engine ${perMillion(cpuSeconds, records).toFixed(1)}${store}`
  return `${records} events in ${seconds.toFixed(1)} s, ${perSecond(result).toFixed(0)} events/s, ${cpu}, ${moments.length} moments`
}

export interface Km1Results {
  readonly measured: readonly Measured[]
  /** In the order of `edgesAsked`. */
  readonly verdicts: readonly Verdict[]
  /** What `detect-step.ts` printed. */
  readonly step: readonly string[]
  /** The machine's load averages of one minute, before each run. */
  readonly loads: readonly number[]
  readonly events: number
}

export function km1Section({ measured, verdicts, step, loads, events }: Km1Results): Section {
  const [processor] = cpus()
  const [first] = measured.flatMap(({ results }) => results)
  const subscribers = verdicts[0]?.subscribers ?? Number.NaN
  if (!first) throw new RangeError('nothing was measured')
  const rows = measured.map(({ name, results }) => [
    name,
    ...columns.map(([, value, digits]) =>
      spread(
        results.map((result) => value(result, subscribers)),
        digits,
      ),
    ),
  ])
  const [lastStep = '{}'] = step.slice(-1)
  const memoryBytesPerSubscriber: number = JSON.parse(lastStep).state_bytes_per_subscriber
  const own = measured.flatMap(({ results }) => results.flatMap((result) => (result.own ? [result.own] : [])))
  const most = (value: (one: (typeof own)[number]) => number) => number(Math.max(...own.map(value)))
  const text = `${circumstances('npm run bench -- --only km1', loads)} (The engine, Kafka and Redis of the run before are in that load.)

| | |
|---|---|
| machine | ${processor?.model ?? 'unknown'}, ${cpus().length} cores for everything (engine, Kafka, Redis), ${(totalmem() / 2 ** 30).toFixed(0)} GiB |
| Node | ${process.version} |
| job | ${number(first.records)} records of ${number(subscribers)} subscribers, 4 shards, ${rules.length} rules |

All engines in turn on one broker, ${measured[0]?.results.length} times, each from an empty state; least/median/most of the runs:

${table(['', ...columns.map(([head]) => head)], rows)}

${targetsTable({ measured, subscribers, memoryBytesPerSubscriber })}

${repeatedText(measured)}(Ratios are run by run, ours on Kafka and Redis to the peer's run of the same turn; the median decides.)

- The stream is KM-1's, drawn by the same random numbers as the reference's (\`km1-stream.ts\` says how its fields become ours). The peers read KM-1's own records of the same events. Filling the topics is not part of the time.
- Ours is the shipped \`detect\` service on the shipped platform in a process of its own (\`engine.ts\`), or in two that share the shards: reads from the log, checks every byte, merges by time, evaluates, commits durably and fenced by groups, puts moments on the log. The time runs from the first batch taken to the last group durable and its outputs on the log; CPU is the process's own, user and system, of the same span. Late: ${most(({ late }) => late)}; dead letters: ${most(({ deadLetters }) => deadLetters)}; groups: ${most(({ groups }) => groups)} at most.
- The peers (\`peers\`) run the same 100 rules written by hand in Java. Flink's time ends with its last event, without its last checkpoint and the commit of its transactions; Kafka Streams' ends when everything is committed. The process's start is in nobody's time, the JIT in everybody's.
- All 100 rules (\`km1-catalogue\`) are said in the shipped language: thresholds and changes are conditions over factors, sequences and absences are patterns.
- Settings are the shipped ones, but for 4 shards, the job's grace of one minute and its own days (\`settings.ts\`).
- Redis runs with an append-only file, fsync every second, rewritten from 512 MB on (as \`deploy\` starts it); Kafka is one broker, no compression. The broker's CPU is that of the engine's whole life. State is what is stored: of Flink its last checkpoint, of Kafka Streams its encoded states.

The step alone, without log and store (\`test/bench/detect-step.ts\`):

${step.map((line) => `    ${line}`).join('\n')}

${agreementText(measured, verdicts, events === wholeJob)}`
  return { title: 'KM-1: the reference job', text }
}

function repeatedText(measured: readonly Measured[]): string {
  const lines = measured.filter(({ repeated }) => repeated > 0).map(({ name, repeated }) => `${name}: ${repeated}`)
  return lines.length === 0
    ? ''
    : `Runs that failed or did not end in time, and were made again: ${lines.join('; ')}.\n\n`
}
