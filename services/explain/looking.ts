import type { InForce } from '../catalogue/schedule.ts'
import type { DecideState } from '../decide/state.ts'
import type { Insight } from '../detect/insight.ts'
import type { ShardId } from '../domain/ids.ts'
import type { AsOf } from './answer.ts'
import type { KnownEvent } from './event-values.ts'

/** What is asked. */
export interface Question {
  readonly subscriber: string
  readonly shard: ShardId
  readonly at: number
  /** The version by which detect judges at that time. */
  readonly inForce: InForce
  /** Factors whose windows are wanted. */
  readonly windows: ReadonlySet<string>
}

/** What was found of a subscriber, by one of the two ways: in the committed states, or by reading the log again. */
export interface Found {
  /** undefined: detect knows nothing of the subscriber. */
  readonly insight: Insight | undefined
  /** undefined: decide knows nothing. */
  readonly decide: DecideState | undefined
  /** The newest of each type, where events were read. */
  readonly events: readonly KnownEvent[]
  readonly asOf: AsOf
}
