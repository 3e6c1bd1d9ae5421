import { loadavg } from 'node:os'
import { flowDefaults } from '../../../services/flow/settings.ts'
import { circumstances, number, type Section, table } from '../page.ts'
import { absenceMs, graceMs, marketingRule, serviceRule, timerRule } from './catalogue.ts'
import { channelPerSecond, excess, type OverloadRun, runOverload } from './run.ts'

export interface OverloadOptions {
  readonly quick: boolean
  /** Of the overload; default: one. */
  readonly minutes: number | undefined
  readonly say: (line: string) => void
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** More than can be handled: what grows, what doesn't, who goes first, and how long it takes until all is as before. */
export async function measureOverload({ quick, minutes, say, opened }: OverloadOptions): Promise<Section> {
  const load = loadavg()[0] ?? 0
  const seconds = minutes === undefined ? (quick ? 15 : 60) : 60 * minutes
  const run = await runOverload({ capacityEvents: quick ? 20_000 : 400_000, seconds, say, opened })
  const asked = `${quick ? ' --quick' : ''}${minutes === undefined ? '' : ` --minutes ${minutes}`}`
  return { title: 'Overload', text: textOf(run, seconds, load, asked) }
}

const rowsMost = 16
const mega = (bytes: number | undefined): string => number((bytes ?? Number.NaN) / 1e6)

function textOf(run: OverloadRun, seconds: number, load: number, asked: string): string {
  const { capacity, from, until, drainedAt, samples } = run
  const during = samples.filter(({ at }) => at >= from && at <= drainedAt)
  const before = samples.filter(({ at }) => at < from)
  const most = (value: (sample: (typeof samples)[number]) => number, of = during) => Math.max(0, ...of.map(value))
  const step = Math.max(1, Math.ceil(during.length / rowsMost))
  const rows = during.flatMap((sample, i) =>
    i % step > 0 && i < during.length - 1
      ? []
      : [
          [
            number((sample.at - from) / 1_000),
            sample.at <= until ? 'yes' : '',
            number(sample.lagRecords),
            number(sample.lagSeconds, 1),
            mega(sample.rssBytes),
            mega(sample.heapUsedBytes),
            mega(sample.bufferBytes),
            mega(sample.mergeBytes),
            mega(sample.redisBytes),
            number(sample.held),
          ],
        ],
  )
  return `${circumstances(`npm run bench -- --only overload${asked}`, [load])} Ingest, detect, decide and deliver in one process on Kafka and Redis, 4 shards, the shipped catalogue and three rules more; Perl's SMSC behind ${channelPerSecond} messages a second. The load, the broker and Redis have the same cores. \`--minutes 10\` is the whole of it.

- **Capacity**: ${number(capacity)} events a second, from the first one sent until no service was behind with any of them or with what follows from them. **Overload**: ${excess} times that for ${number(seconds)} s: ${number(run.load.sent)} events were sent in ${number(run.load.seconds)} s.
- **Lag** grows to ${number(most(({ lagRecords }) => lagRecords))} records and ${number(most(({ lagSeconds }) => lagSeconds))} s, and is gone ${number((drainedAt - until) / 1_000)} s after the load.
- **Memory**: resident at most ${mega(most(({ rssBytes }) => rssBytes))} MB (before: ${mega(most(({ rssBytes }) => rssBytes, before))} MB); of it objects at most ${mega(most(({ heapUsedBytes }) => heapUsedBytes))} MB, buffers ${mega(most(({ bufferBytes }) => bufferBytes))} MB, in the merges ${mega(most(({ mergeBytes }) => mergeBytes))} MB, of ${mega(flowDefaults.queueBytes)} MB allowed a service. Redis at most ${mega(most(({ redisBytes }) => redisBytes))} MB.
- **The channel** took ${number(run.commands.filter(({ acceptedAt }) => acceptedAt !== undefined).length)} of ${number(run.commands.length)} commands until the end of the run; ${number(run.shed)} were shed.

The lag and the merges are as the engine's own metrics tell, which are up to 5 s old.

${table(['s', 'load', 'lag, records', 'lag, s', 'resident, MB', 'objects, MB', 'buffers, MB', 'merges, MB', 'Redis, MB', 'commands held'], rows)}

From the time at which something is due to its moment on the log, in milliseconds. Of events that is their own time; of the absence (${number(absenceMs / 1_000)} s) its deadline and the grace (${number(graceMs / 1_000)} s). A timer waits for the events before it, which may cancel it, and for no event behind it.

${table(['', 'moments', 'p50', 'p99', 'longest'], momentRows(run))}

From a command's arrival on the log to the receipt of the SMSC, in milliseconds:

${table(['', 'commands', 'taken', 'p50', 'p99', 'longest'], commandRows(run))}
`
}

function momentRows({ moments, from, drainedAt }: OverloadRun): string[][] {
  const lines = [
    { name: 'events', rules: [serviceRule, marketingRule], wait: 0 },
    { name: 'timers', rules: [timerRule], wait: graceMs },
  ]
  const spans = [
    { when: 'before', isIn: (at: number) => at < from },
    { when: 'overload and drain', isIn: (at: number) => at >= from && at <= drainedAt },
    { when: 'afterwards', isIn: (at: number) => at > drainedAt },
  ]
  return spans.flatMap(({ when, isIn }) =>
    lines.map(({ name, rules, wait }) => {
      const found = moments.filter(({ rule, appendedAt }) => rules.includes(rule) && isIn(appendedAt))
      const delays = found.map(({ at, appendedAt }) => appendedAt - at - wait)
      return [`${name}, ${when}`, number(delays.length), ...quantiles(delays)]
    }),
  )
}

function commandRows({ commands, from, drainedAt }: OverloadRun): string[][] {
  return ['service', 'marketing'].map((purpose) => {
    const found = commands.filter((command) => command.purpose === purpose && command.issuedAt >= from)
    const ofTime = found.filter(({ issuedAt }) => issuedAt <= drainedAt)
    const delays = ofTime.flatMap(({ issuedAt, acceptedAt }) =>
      acceptedAt === undefined ? [] : [acceptedAt - issuedAt],
    )
    return [purpose, number(ofTime.length), number(delays.length), ...quantiles(delays)]
  })
}

function quantiles(values: readonly number[]): string[] {
  if (values.length === 0) return ['', '', '']
  const ordered = values.toSorted((a, b) => a - b)
  return [0.5, 0.99, 1].map((q) => number(ordered[Math.floor(q * (ordered.length - 1))] ?? Number.NaN))
}
