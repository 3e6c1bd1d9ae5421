import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../../services/sample/random.ts'

/** How much phones call, and for how long, of calls that nobody here made up (test/data/README.md). */
export interface RecordedCalls {
  /** Calls of a phone a day, drawn from all phones. */
  perDay(random: Random): number
  /** Seconds of a call, drawn from all calls. */
  seconds(random: Random): number
}

const file = join(import.meta.dirname, '..', '..', 'data', 'vast2008-calls.csv')
const daysRecorded = 10

export function readRecordedCalls(): RecordedCalls {
  const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1)
  const byPhone = new Map<string, number>()
  const durations: number[] = []
  for (const row of rows) {
    const [, from = '', , , seconds = '0'] = row.split(',')
    byPhone.set(from, (byPhone.get(from) ?? 0) + 1)
    // Three of them ended before they began.
    if (Number(seconds) >= 0) durations.push(Number(seconds))
  }
  const rates = [...byPhone.values()].map((calls) => calls / daysRecorded)
  return {
    perDay: (random) => rates[random.whole(rates.length)] ?? 0,
    seconds: (random) => durations[random.whole(durations.length)] ?? 0,
  }
}
