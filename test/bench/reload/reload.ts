import { loadavg } from 'node:os'
import { circumstances, number, type Section, table } from '../page.ts'
import type { Block } from './engine.ts'
import { type ReloadRun, runReload } from './run.ts'
import { perSecond } from './stream.ts'

export interface ReloadOptions {
  readonly quick: boolean
  readonly say: (line: string) => void
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** A span of time, in milliseconds since 1970. */
interface Span {
  readonly from: number
  readonly to: number
}

/** The engine is new: what it does in its first seconds is compiled yet. */
const coldMs = 5_000
/** So long after its cause a pause counts as its. */
const afterwardsMs = 1_000

/** Versions of the catalogue published under load: nothing lost, nothing twice, and how long the engine paused. */
export async function measureReload({ quick, say, opened }: ReloadOptions): Promise<Section> {
  const load = loadavg()[0] ?? 0
  const plan = quick
    ? { before: 7, between: 3, versions: 2, after: 3 }
    : { before: 15, between: 4, versions: 10, after: 10 }
  const run = await runReload({ ...plan, say, opened })
  return { title: 'Another version of the catalogue under load', text: textOf(run, load) }
}

function textOf(run: ReloadRun, load: number): string {
  const { publications, comparison, engine, moments } = run
  const spans = spansOf(run)
  const rows = spans.map(({ name, spans }) => {
    const latencies = moments
      .filter(({ rule, at }) => rule === 'probe' && spans.some(({ from, to }) => at >= from && at < to))
      .map(({ at, appendedAt }) => appendedAt - at)
    const ordered = latencies.toSorted((a, b) => a - b)
    const quantile = (q: number) => ordered[Math.floor(q * (latencies.length - 1))] ?? 0
    const gap = Math.max(0, ...engine.commits.map((times) => longestGap(times, spans)))
    const blocks = engine.blocks.filter((block) => spans.some((span) => isWithin(block, span)))
    const block = Math.max(0, ...blocks.map(({ ms }) => ms))
    const work = Math.max(0, ...blocks.map(({ cpuMs }) => cpuMs))
    return [name, latencies.length, quantile(0.5), quantile(0.99), quantile(1), gap, block, work].map(tell)
  })
  const answered = publications.map(({ askedAt, answeredAt }) => answeredAt - askedAt)
  const isSame = comparison.missing.length + comparison.added.length + comparison.twice === 0
  const differences = [
    ...comparison.missing.map((one) => `missing: ${one}`),
    ...comparison.added.map((one) => `added: ${one}`),
  ]
  const isWhole =
    engine.events === run.load.sent && engine.duplicates === run.load.doubled && engine.late + engine.deadLetters === 0

  return `${circumstances('npm run bench -- --only reload', [load])} One run: ${run.seconds} s of ${number(perSecond)} events a second on Kafka and Redis, 4 shards in one process of detect under KM-1's 100 rules and five more; ${publications.length} versions published over HTTP, each with another threshold, a factor and a rule more and one less (so that every record is rewritten when it is touched next), active ${number(5)} s after their publication.

- **Nothing lost**: ${number(engine.events)} of ${number(run.load.sent)} records handled, ${number(engine.duplicates)} of ${number(run.load.doubled)} doubled ones dropped, ${engine.late} late, ${engine.deadLetters} dead letters${isWhole ? '' : ' - **not as it must be**'}. Versions that came too late for a shard: ${engine.lateVersions}. The sending was at most ${number(run.load.behindMs)} ms behind its time, Kafka's acknowledgement ${number(run.load.acknowledgedMs)} ms.
- **Nothing doubled, nothing else**: ${number(moments.length)} moments, ${comparison.twice} of them twice. \`simulate\` of the same events under the same versions, which pauses nowhere, gives ${number(comparison.simulated)}; of rules that no version touches ${isSame ? 'the same ids, none missing and none more' : `**not the same**: ${comparison.missing.length} missing, ${comparison.added.length} more (${differences.slice(0, 5).join('; ')})`}. Of the rules that versions change ${comparison.touchedMissing} are missing and ${comparison.touchedAdded} more${comparison.touchedMissing + comparison.touchedAdded > 0 ? `, all within ${number(comparison.touchedFarthestMs)} ms of an activation: there it matters in which order events of several topics arrived` : ''}.
- **The pause**: from the time of an event to its moment's arrival on the log, in milliseconds (rule \`probe\`, which fires at every recharge; the load's own delay and the broker's are in it), the longest time between two commits of a shard, and the longest time for which the event loop took no turn (and the longest for which its thread worked meanwhile; the rest it waited for a processor). A publication is answered after ${number(Math.min(...answered))} to ${number(Math.max(...answered))} ms, when every process can use it.

${table(['', 'moments', 'p50', 'p99', 'longest', 'longest between commits', 'longest block', 'of it work'], rows)}
`
}

/** What happens when. */
function spansOf({
  start,
  seconds,
  publications,
}: ReloadRun): readonly { readonly name: string; readonly spans: readonly Span[] }[] {
  const end = start + seconds * 1_000
  const publishing = publications.map(({ askedAt, answeredAt }) => ({ from: askedAt, to: answeredAt + afterwardsMs }))
  const activating = publications.map(({ activatesAt }) => ({ from: activatesAt, to: activatesAt + afterwardsMs }))
  const first = publishing[0]?.from ?? end
  const last = activating.at(-1)?.to ?? end
  return [
    { name: `before (from ${coldMs / 1_000} s on)`, spans: [{ from: start + coldMs, to: first }] },
    { name: 'a publication and the second after it', spans: publishing },
    { name: 'the second after an activation', spans: activating },
    { name: 'all of the time with publications', spans: [{ from: first, to: last }] },
    { name: 'after', spans: [{ from: last, to: end }] },
  ]
}

const tell = (value: number | string): string => (typeof value === 'string' ? value : number(value))

const isWithin = ({ at, ms }: Block, { from, to }: Span): boolean => at > from && at - ms < to

/** The longest time between neighbours that lies, in part, within one of the spans. */
function longestGap(times: readonly number[], spans: readonly Span[]): number {
  let longest = 0
  for (let i = 1; i < times.length; i++) {
    const from = times[i - 1] as number
    const to = times[i] as number
    if (to - from > longest && spans.some((span) => to > span.from && from < span.to)) longest = to - from
  }
  return longest
}
