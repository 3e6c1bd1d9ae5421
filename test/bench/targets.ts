import type { RunResult } from './backend.ts'
import { median, number, spread, table } from './page.ts'
import type { Measured } from './report.ts'

export const perSecond = ({ records, seconds }: RunResult): number => records / seconds
/** Of engine and store. */
const cpuPerEvent = ({ records, cpuSeconds, storeCpuSeconds = 0 }: RunResult) =>
  (cpuSeconds + storeCpuSeconds) / records

interface Ratio {
  readonly what: string
  /** Whose runs ours are compared with, in turn. */
  readonly with: string
  readonly of: (result: RunResult) => number
  readonly target: number
  readonly is: 'at least' | 'at most'
}

const ratios: readonly Ratio[] = [
  { what: 'events/s to Flink, heap state', with: 'flink-heap', of: perSecond, target: 1.2, is: 'at least' },
  { what: 'events/s to Flink, RocksDB', with: 'flink-rocksdb', of: perSecond, target: 2.5, is: 'at least' },
  { what: 'events/s to Kafka Streams', with: 'kafka-streams-rocksdb', of: perSecond, target: 3, is: 'at least' },
  {
    what: 'CPU of engine and Redis to Flink, heap state',
    with: 'flink-heap',
    of: cpuPerEvent,
    target: 0.6,
    is: 'at most',
  },
]

const storedBytesTarget = 300
const memoryBytesTarget = 200

const verdict = (value: number, is: Ratio['is'], target: number): string =>
  Number.isNaN(value) ? 'not measured' : (is === 'at least' ? value >= target : value <= target) ? 'met' : '**not met**'

export interface TargetsInput {
  readonly measured: readonly Measured[]
  readonly subscribers: number
  /** Of detect's step at the end of the job. */
  readonly memoryBytesPerSubscriber: number
}

/** Targets and what came of them: ratios run by run, each run of ours with the peer's of the same turn. */
export function targetsTable({ measured, subscribers, memoryBytesPerSubscriber }: TargetsInput): string {
  const of = (id: string) => measured.find((one) => one.id === id)?.results ?? []
  const rows = ratios.flatMap(({ what, with: peer, of: value, target, is }) =>
    [
      { id: 'kafka', processes: 'one process' },
      { id: 'kafka-two', processes: 'two processes' },
    ].map(({ id, processes }) => {
      const ours = of(id)
      const each = of(peer).flatMap((theirs, i) => {
        const own = ours[i]
        return own === undefined ? [] : [value(own) / value(theirs)]
      })
      return [`${what}, ${processes}`, `${is} ${target}`, spread(each, 2), verdict(median(each), is, target)]
    }),
  )
  const stored = median(of('kafka').map(({ storedBytes }) => storedBytes / subscribers))
  return table(
    ['', 'target', 'measured', ''],
    [
      ...rows,
      bytesRow('bytes a subscriber in memory', memoryBytesTarget, memoryBytesPerSubscriber),
      bytesRow('bytes a subscriber in Redis', storedBytesTarget, stored),
    ],
  )
}

const bytesRow = (what: string, target: number, value: number): string[] => [
  what,
  `at most ${target}`,
  number(value),
  verdict(value, 'at most', target),
]
