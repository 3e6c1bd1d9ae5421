import { CodedError } from '../domain/errors.ts'

/** What is tried of a record of events. Instants in milliseconds since 1970, lengths in milliseconds. */
export interface Period {
  /** Events before it are left out, but for profiles; absent: all are taken. */
  readonly from?: number
  /** Events after it are left out, and the clock ends there; absent: at the last event and its grace. */
  readonly until?: number
  /** What fires this long from the beginning on is not counted: windows and baselines only fill. */
  readonly warmUp: number
}

/** @throws CodedError KM_BACKTEST_PERIOD: nothing would be counted */
export function checkPeriod({ from, until, warmUp }: Period): void {
  if (from === undefined || until === undefined) return
  if (from >= until) throw wrong(`the period ends at ${iso(until)}, which is not after its beginning at ${iso(from)}`)
  if (from + warmUp >= until) {
    throw wrong(`the warm-up lasts until ${iso(from + warmUp)}, and nothing is left of a period until ${iso(until)}`)
  }
}

const wrong = (message: string): CodedError => new CodedError('KM_BACKTEST_PERIOD', `${message}; name other times`)

/**
 * When a profile from before the period is taken to have come: shortly before the beginning, in its order. Who someone is
 * and what they agreed to must be known, but nobody was watched before: a subscriber who seemed to be known for a year
 * would have had a year of zero weeks. A year becomes a quarter of an hour.
 */
export const profileTime = (time: number, from: number): number => from - 1 - Math.floor((from - time) / 36_500)

export const iso = (time: number): string => new Date(time).toISOString()
