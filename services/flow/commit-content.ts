import type { CommitContent } from './committer.ts'
import type { Handling } from './handling.ts'
import { type CommitMark, encodeProgress, type Progress } from './progress.ts'
import type { ShardParts } from './shard-parts.ts'

/** What a shard knows beside its handling when it commits. */
export interface Standing<Effect, EffectResult> {
  /** By topic, behind what was handled. */
  readonly positions: readonly number[]
  /** By output topic, behind the last output on the log. */
  readonly ends: ReadonlyMap<string, number>
  /** By output topic, up to where outputs were adopted; empty: nothing is being adopted. */
  readonly adopted: ReadonlyMap<string, number>
  readonly handling: Handling<Effect, EffectResult>
  readonly genesis: Progress['genesis']
}

/** All of a shard that goes into a commit, as of now. */
export function contentOf<Effect, EffectResult>(
  commit: CommitMark,
  { node, processor }: ShardParts<Effect, EffectResult>,
  { positions, ends, adopted, handling, genesis }: Standing<Effect, EffectResult>,
): CommitContent {
  return {
    positions,
    progress: encodeProgress({
      positions: Object.fromEntries(node.reads.map(({ name }, i) => [name, positions[i] ?? 0])),
      ends: Object.fromEntries(ends),
      adopted: adopted.size > 0 ? Object.fromEntries(adopted) : undefined,
      clock: handling.recordClock,
      head: handling.head,
      feedDelay: handling.feedDelay.delay,
      reruns: handling.reruns.stored,
      genesis,
      waiting: processor.waiting,
      failing: handling.failing.stored,
      letters: handling.letters.storedFrom(positions),
      commit,
    }),
    note: processor.note,
    writes: processor.writes,
    timers: handling.timers.changes(),
  }
}
