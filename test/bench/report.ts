import { cpus, totalmem } from 'node:os'
import type { RunResult } from './backend.ts'
import { circumstances, type Section, spread } from './page.ts'
import rules from './rules.json' with { type: 'json' }

export interface Measured {
  readonly name: string
  readonly results: readonly RunResult[]
}

/** Subscribers that occur in the whole job. */
const subscribers = 586_606

const perSecond = ({ records, seconds }: RunResult) => records / seconds
const cpuPerMillion = ({ records, cpuSeconds }: RunResult) => (cpuSeconds / records) * 1e6
const storeCpuPerMillion = ({ records, storeCpuSeconds = Number.NaN }: RunResult) => (storeCpuSeconds / records) * 1e6

const columns: readonly (readonly [head: string, value: (result: RunResult) => number, digits: number])[] = [
  ['events/s', perSecond, 0],
  ['second half', ({ records, warmSeconds }) => records / 2 / warmSeconds, 0],
  ['CPU s per million, engine', cpuPerMillion, 1],
  ['second half', ({ records, warmCpuSeconds }) => (warmCpuSeconds / records) * 2e6, 1],
  ['CPU s per million, Redis', storeCpuPerMillion, 1],
  ['groups', ({ groups }) => groups, 0],
  ['RSS, MB', ({ rssBytes }) => rssBytes / 1e6, 0],
  ['stored, bytes per subscriber', ({ storedBytes }) => storedBytes / subscribers, 0],
]

export function summaryOf(result: RunResult): string {
  const store = result.storeCpuSeconds === undefined ? '' : `, Redis ${storeCpuPerMillion(result).toFixed(1)}`
  const cpu = `CPU s per million: engine ${cpuPerMillion(result).toFixed(1)}${store}`
  const moments = Object.values(momentsByKind(result)).reduce((sum, count) => sum + count, 0)
  return `${result.records} events in ${result.seconds.toFixed(1)} s, ${perSecond(result).toFixed(0)} events/s, ${cpu}, ${moments} moments`
}

/** `loads`: the machine's load averages of one minute, before each run. */
export function km1Section(measured: readonly Measured[], step: readonly string[], loads: readonly number[]): Section {
  const [processor] = cpus()
  const all = measured.flatMap(({ results }) => results)
  const [first] = all
  if (!first) throw new RangeError('nothing was measured')
  const text = `${circumstances('npm run bench -- --only km1', loads)} (The engine, Kafka and Redis of the run before are in that load.)

| | |
|---|---|
| machine | ${processor?.model ?? 'unknown'}, ${cpus().length} cores for everything (engine, Kafka, Redis), ${(totalmem() / 2 ** 30).toFixed(0)} GiB |
| Node | ${process.version} |
| job | ${first.records} records of ${subscribers} subscribers, 4 shards, ${rules.length} rules |

Least/median/most of the runs (${measured[0]?.results.length}), each from an empty state:

| | ${columns.map(([head]) => head).join(' | ')} |
|---|${columns.map(() => '---').join('|')}|
${measured.map(rowOf).join('\n')}

The step alone, without log and store (\`test/bench/detect-step.ts\`):

${step.map((line) => `    ${line}`).join('\n')}

${momentTable(first)}

${all.every((result) => sameMoments(result, first)) ? 'The same by rule in every run.' : '**Not the same in every run.**'} Duplicates dropped: ${first.duplicates}; late: ${first.late}; dead letters: ${first.deadLetters}.

- The stream is KM-1's, drawn by the same random numbers as the reference's (\`km1-stream.ts\` says how its fields become ours). Filling the topics is not part of the time.
- The engine is the shipped \`detect\` service on the shipped platform in a process of its own (\`engine.ts\`): reads from the log, checks every byte, merges by time, evaluates, commits durably and fenced by groups, puts moments on the log. The time runs from the first batch taken to the last group durable and its outputs on the log; CPU is the process's own, user and system, of the same span.
- All 100 rules (\`km1-catalogue\`): thresholds and changes are conditions over factors, sequences and absences are patterns.
- Settings are the shipped ones, but for 4 shards, the job's grace of one minute and its own days (\`settings.ts\`).
- Redis runs with an append-only file, fsync every second; Kafka is one broker, no compression.
- Why absences differ from the reference's: KM-1 doesn't arm one within 24 hours of its last firing; ours is armed at once, and \`once: 24h\` is judged when it is due, so that a subscriber who stays low is told of again after 24 hours. With this edge changed in the reference's oracle its counts are ours, rule by rule (95 to 99: 582, 348, 555, 430, 505). It remembers four ids, ours all of the grace: one duplicate more.
- Sequences are as many as the reference's; compared one by one with its rules written out again (rule, subscriber and time; 85 to 94: 15, 0, 601, 187, 30, 115, 400, 361, 281, 9) they are the same, though KM-1 keeps only the last A and takes one exactly an hour old.
`
  return { title: 'KM-1: the reference job', text }
}

function rowOf({ name, results }: Measured): string {
  const cells = columns.map(([, value, digits]) => spread(results.map(value), digits))
  return `| ${name} | ${cells.join(' | ')} |`
}

/** What the reference's own oracle says for the whole job, by kind of rule. */
const reference: Readonly<Record<string, number>> = {
  threshold: 9344,
  change: 2454,
  first: 4804,
  sequence: 1999,
  absence: 2082,
}

function momentTable(result: RunResult): string {
  const counts = momentsByKind(result)
  const rows = Object.entries(reference).map(([kind, expected]) => {
    const count = rules.filter((rule) => rule.kind === kind).length
    return `| ${kind} | ${count} | ${counts[kind] ?? 0} | ${expected} |`
  })
  return `| kind of rule | rules | moments | reference |\n|---|---|---|---|\n${rows.join('\n')}`
}

function momentsByKind({ moments }: RunResult): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [rule, count] of Object.entries(moments)) {
    const kind = rule.split('-')[0] ?? ''
    counts[kind] = (counts[kind] ?? 0) + count
  }
  return counts
}

function sameMoments(one: RunResult, other: RunResult): boolean {
  const rules = new Set([...Object.keys(one.moments), ...Object.keys(other.moments)])
  return [...rules].every((rule) => one.moments[rule] === other.moments[rule])
}
