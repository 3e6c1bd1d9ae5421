import { loadavg } from 'node:os'
import type { Say } from '../../../deploy/local/server.ts'
import { circumstances, number, type Section, spread, table } from '../page.ts'
import { runSms, type SmsRun } from './run.ts'

export interface SmsOptions {
  readonly quick: boolean
  readonly runs: number
  readonly say: Say
  readonly opened: (open: { close(): Promise<void> }) => void
}

/** What one bind is to sustain. */
const targetPerSecond = 500
/** At once: fewer than wait for a channel at most, above which marketing is shed. */
const plans = { steady: 60 * targetPerSecond, atOnce: 10_000 } as const

/** @throws Error when a process fails */
export async function measureSms({ quick, runs, say, opened }: SmsOptions): Promise<Section> {
  const messages = quick ? { steady: 10 * targetPerSecond, atOnce: 2_000 } : plans
  const loads: number[] = []
  const cases = { steady: [] as SmsRun[], atOnce: [] as SmsRun[] }
  for (let i = 0; i < runs; i++) {
    for (const name of ['steady', 'atOnce'] as const) {
      loads.push(loadavg()[0] ?? 0)
      const run = await runSms({
        messages: messages[name],
        perSecond: name === 'steady' ? targetPerSecond : undefined,
        say,
        opened,
      })
      cases[name].push(run)
      say(`${name}: ${JSON.stringify(run)}`)
    }
  }
  return { title: 'SMS through one bind', text: textOf(cases, messages.steady, loads, quick) }
}

type Column = readonly [head: string, value: (run: SmsRun) => number, digits: number]

const columns: readonly Column[] = [
  ['messages', ({ messages }) => messages, 0],
  ['messages/s', ({ perSecond }) => perSecond, 0],
  ['accepted', ({ accepted }) => accepted, 0],
  ['delivered by then', ({ delivered }) => delivered, 0],
  ['other receipts', ({ others }) => others, 0],
  ['numbers that got two', ({ twice }) => twice, 0],
  ['command to accepted, ms: p50', ({ toAccepted }) => toAccepted.p50, 0],
  ['p99', ({ toAccepted }) => toAccepted.p99, 0],
  ['most', ({ toAccepted }) => toAccepted.most, 0],
  ['CPU s per 1,000: deliver', ({ cpu }) => cpu.deliver, 2],
  ['Redis', ({ cpu }) => cpu.redis, 2],
  ['broker', ({ cpu }) => cpu.broker, 2],
  ['SMSC', ({ cpu }) => cpu.smsc, 2],
]

function textOf(
  { steady, atOnce }: Readonly<Record<'steady' | 'atOnce', readonly SmsRun[]>>,
  messages: number,
  loads: readonly number[],
  quick: boolean,
): string {
  const row = (name: string, runs: readonly SmsRun[]) => [
    name,
    ...columns.map(([, value, digits]) => spread(runs.map(value), digits)),
  ]
  const most = Math.max(...atOnce.map(({ perSecond }) => perSecond))
  const isMet = steady.every(({ perSecond, accepted }) => accepted === messages && perSecond >= 0.98 * targetPerSecond)
  return `${circumstances(`npm run bench -- --only sms${quick ? ' --quick' : ''}`, loads)} One process of the shipped deliver on Kafka and Redis of its own, one transceiver with the window as it is shipped, to jSMPP's simulator. Commands for marketing, each to a number of its own; each is claimed by a commit, its attempt on the log, before it leaves. Least/median/most of the runs:

${table(
  ['commands', ...columns.map(([head]) => head)],
  [row(`${targetPerSecond} a second`, steady), row('all on the log before', atOnce)],
)}

Target: ${targetPerSecond} messages a second sustained through one bind: ${isMet ? 'met' : '**not met**'}; the most was ${number(most)}.

- The rate is from the first receipt that says accepted to the last, by the log's times.
- The simulator reports 100 messages a second as delivered, at most; the run ends when all are accepted.
- Broker, Redis, the simulator (Java) and the load share the machine's two cores with deliver.
`
}
