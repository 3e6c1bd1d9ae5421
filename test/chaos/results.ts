import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { campaigns } from './campaigns.ts'
import { type Promised, promises } from './check.ts'
import type { CrashMatrix } from './crash-matrix.ts'
import { crashSection, crashSectionOf } from './crash-section.ts'
import type { Result } from './run.ts'

/** What came of each campaign, a row each; written by `npm run chaos`. */
export const page = join(import.meta.dirname, 'RESULTS.md')

const count = ({ findings }: Result, ...kinds: readonly Promised[]): number =>
  findings.filter(({ promise }) => kinds.includes(promise)).length

const rest = (named: readonly Promised[]): readonly Promised[] => promises.filter((promise) => !named.includes(promise))

const moments = ['moment lost', 'moment that nobody expects'] as const
const twice = ['marketing sent twice', 'care sent twice'] as const
const lost = ['command lost'] as const
const spite = [
  'without consent',
  'in spite of do-not-disturb',
  'in quiet hours',
  'beyond the cap',
  'within the gap',
] as const

const columns: readonly (readonly [head: string, cell: (result: Result, command: string) => string | number])[] = [
  ['campaign', ({ campaign }) => campaign.name],
  [
    'what was done',
    ({ struck }) =>
      Object.entries(struck)
        .map(([what, times]) => `${times} x ${what}`)
        .join(', '),
  ],
  ['events', ({ figures }) => figures.events],
  ['moments', ({ figures }) => figures.moments],
  ['moments lost or too many', (result) => count(result, ...moments)],
  ['commands', ({ figures }) => figures.commands],
  ['left', ({ figures }) => figures.sent],
  ['marketing or care twice', (result) => count(result, ...twice)],
  ['lost', (result) => count(result, ...lost)],
  ['in spite of consent, do-not-disturb, quiet hours, cap or gap', (result) => count(result, ...spite)],
  ['anything else', (result) => count(result, ...rest([...moments, ...twice, ...lost, ...spite]))],
  ['given up, and not left', ({ figures }) => figures.unknown],
  ['processes that ended by themselves', ({ failures }) => failures.length],
  [
    'longest way of an event to the log, and its grace, s',
    ({ wayMs, campaign: { graceMs } }) => `${inSeconds(wayMs)} of ${inSeconds(graceMs)}`,
  ],
  ['minutes', ({ seconds }) => (seconds / 60).toFixed(1)],
  ['when (UTC)', () => new Date().toISOString().slice(0, 16).replace('T', ' ')],
  ['command', (_, command) => `\`${command}\``],
]

const inSeconds = (millis: number): string => (millis / 1_000).toFixed(0)

const rowOf = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

/**
 * All that is wrong is moments that differ, and events may have come later than their grace: then detect was right to leave
 * them out, and nothing is shown either way.
 */
export const isVoid = ({ campaign, findings, wayMs }: Result): boolean =>
  wayMs + (campaign.clocksWrongMs ?? 0) > campaign.graceMs &&
  findings.length > 0 &&
  findings.every(({ promise }) => moments.some((one) => one === promise))

/** Processes that were killed, of all campaigns in the table. */
const killsIn = (rows: Iterable<string>): number =>
  [...rows].flatMap((row) => [...row.matchAll(/(\d+) x kill -9/g)]).reduce((sum, [, times]) => sum + Number(times), 0)

/**
 * Puts a row into the page, in the place of those of the same campaign or beside them.
 *
 * @param command what repeats it
 */
export function writeResult(result: Result, command: string, isBeside = false): void {
  const before = existsSync(page) ? readFileSync(page, 'utf8').split('\n') : []
  const rows = new Map(
    campaigns.map(({ name }) => [name, before.filter((line) => line.startsWith(`| ${name} |`))] as const),
  )
  const { name } = result.campaign
  const others = isBeside ? (rows.get(name) ?? []) : []
  rows.set(name, [...others, rowOf(columns.map(([, cell]) => cell(result, command)))])
  const table = [rowOf(columns.map(([head]) => head)), rowOf(columns.map(() => '---'))]
  const docs = campaigns.map(({ name, doc }) => `- **${name}**: ${doc}.`)
  const none = (name: string) => rowOf([name, 'no result yet', ...columns.slice(2).map(() => '')])
  const ordered = [...rows].flatMap(([name, own]) => (own.length > 0 ? own : [none(name)]))
  const total = `In all of these, ${killsIn(ordered)} processes were killed by kill -9.`
  const matrix = crashSectionOf(before.join('\n'))
  const lines = [heading, ...table, ...ordered, '', total, '', '## The campaigns', '', ...docs, '', matrix]
  writeFileSync(page, `${lines.join('\n').trimEnd()}\n`)
}

/** Puts the matrix at the end of the page, in place of the one before. @param command what repeats it */
export function writeCrashMatrix(matrix: CrashMatrix, command: string): void {
  const text = readFileSync(page, 'utf8')
  const others = text.slice(0, text.length - crashSectionOf(text).length).trimEnd()
  writeFileSync(page, `${others}\n\n${crashSection(matrix, command)}`)
}

const heading = `# Results of \`npm run chaos\`

Each row is written by the command in it. Services are processes of their own (two of each, but ingest in some), on a real Kafka and
Redis, and send to an SMSC of another make; events come over HTTP, some twice, out of order, too late, or spoilt. After a
campaign \`check.ts\` reads what went in, what is on the log and what the SMSC got, and nothing of the engine's states:
the distinct moments must be those of \`simulate\` on the same events; no message but one of service may leave twice; each
command must have left or be told why not; none may leave against consent, an open complaint, quiet hours, cap or gap.

"Given up, and not left": after a crash between the attempt and its answer nobody knows whether a message has left. A marketing
message is not sent again then, and its receipt says \`unknown\`; so many of these were in fact never taken by the SMSC.
"Processes that ended by themselves" are started again, as by any supervisor.

"Longest way": from an event's own time to its acknowledgement, of all that aren't late on purpose. What takes longer than the
grace is rightly left out by detect: where no more than moments differ then, nothing is written down. An early run of kills
(seed 8, 5 minutes, one ingest, a load of 20 to 57) told of 21 moments lost or too many. It had 470 arrivals, all that were due in its
first 29.4 s, and \`simulate\` on the first 262 of these, due in 21.1 s, differs from that on all 470 in just these 21 moments: what
came behind them was one batch, which no ingest took before the campaign's end, minutes behind its grace of 30 s. Since then
another ingest is there whenever one is killed.

That the checker finds what is wrong is tried by \`check.test.ts\`, and on services with a planted defect (\`plants.ts\`):

| planted | what it told of | command |
| --- | --- | --- |
| adoption skipped | marketing sent twice, moments decided twice | \`npm run chaos -- --only redis-goes-back --seed 4 --plant 'adoption skipped'\` |
| commit without the fence | 3 x decided twice, after 14 owners woke up past their session | \`npm run chaos -- --only zombies --seed 3 --minutes 1.2 --plant 'commit without the fence'\` |
| outbox not looked at | 7 moments, 2 decisions and 4 dead letters lost | \`npm run chaos -- --only broker-gone --seed 6 --minutes 1.3 --subscribers 60 --plant 'outbox not looked at'\` |

The last takes a broker that is gone and much that is under way: some milliseconds lie between a commit and its outputs' way to the
broker, and 33 kills of single processes (kills, seed 5) struck none of them.
`
