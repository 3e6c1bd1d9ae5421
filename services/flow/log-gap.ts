import { CodedError } from '../domain/errors.ts'

/** Records of a topic in one shard that retention dropped before they were handled. */
export interface LogGap {
  readonly topic: string
  /** Position of the first. */
  readonly from: number
  /** Behind the last: the oldest record that the log still has, or its end. */
  readonly to: number
}

/** KM_LOG_GAP: which records are lost, and what there is to be done. */
export function logGap(gaps: readonly LogGap[]): CodedError {
  return new CodedError(
    'KM_LOG_GAP',
    `the log has dropped records that were never handled: ${gaps.map(describeGap).join('; ')}. Put back a newer snapshot ` +
      '(keymoment restore --snapshot FILE), or go on without them (keymoment restore --accept-loss REASON)',
  )
}

/** Its partition is the shard. A topic that is compacted, or written in transactions, has fewer records than positions. */
export const describeGap = ({ topic, from, to }: LogGap): string =>
  `${topic}, offsets ${from} to ${to - 1} (${to - from} records)`
