import { CodedError } from '../domain/errors.ts'

/** What is tried of a record of events. Instants in milliseconds since 1970, lengths in milliseconds. */
export interface Period {
  /** What fires before it isn't counted; absent: the first event. */
  readonly from?: number
  /** Events after it are left out, and the clock ends there; absent: at the last event and its grace. */
  readonly until?: number
  /**
   * Events of so long before `from` are read, so that windows, intervals and first times are what they would have been;
   * absent: all that there are. Without `from`: so long from the first event on nothing is counted; absent: everything is.
   */
  readonly warmUp?: number
}

/** Of events from before it only profiles are taken. -Infinity: all are taken. */
export const readFrom = ({ from, warmUp }: Period): number =>
  from === undefined || warmUp === undefined ? Number.NEGATIVE_INFINITY : from - warmUp

/** From when on what fires is counted, of a record that begins at `first`. -Infinity: everything is. */
export function countedFrom({ from, warmUp = 0 }: Period, first: number): number {
  if (from !== undefined) return from
  return warmUp === 0 ? Number.NEGATIVE_INFINITY : first + warmUp
}

/** @throws CodedError KM_BACKTEST_PERIOD: nothing would be counted */
export function checkPeriod({ from, until }: Period): void {
  if (from === undefined || until === undefined || from < until) return
  const message = `the period ends at ${iso(until)}, which is not after its beginning at ${iso(from)}; name other times`
  throw new CodedError('KM_BACKTEST_PERIOD', message)
}

/** @throws CodedError KM_BACKTEST_PERIOD: the record has nothing behind the warm-up */
export function checkCounted(counted: number, end: number): void {
  if (counted < end) return
  const message = `what fires is counted from ${iso(counted)} on, and the clock ends at ${iso(end)}; name another time, or a shorter warm-up`
  throw new CodedError('KM_BACKTEST_PERIOD', message)
}

/**
 * When a profile from before what is read is taken to have come: shortly before its beginning, in its order. Who someone is
 * and what they agreed to must be known, but nobody was watched before: a subscriber who seemed to be known for a year
 * would have had a year of zero weeks. A year becomes a quarter of an hour.
 */
export const profileTime = (time: number, from: number): number => from - 1 - Math.floor((from - time) / 36_500)

export const iso = (time: number): string => new Date(time).toISOString()
