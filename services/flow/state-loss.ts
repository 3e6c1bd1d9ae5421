import type { ServiceNode } from '../topology.ts'
import type { EventLog } from './event-log.ts'
import type { LogGap } from './log-gap.ts'
import type { Progress } from './progress.ts'

/** Where the topics of a service begin (oldest kept record) and end in one shard, by name. */
export interface Extents {
  readonly begins: ReadonlyMap<string, number>
  readonly ends: ReadonlyMap<string, number>
}

/** What a shard has lost, if it begins with what the store has. */
export type StateLoss =
  /** Nothing: there is a state whose positions the log still has, or nothing was ever done. */
  | { readonly kind: 'none' }
  /** There is no state, and there is history. `forgotten`: topics of whose history the log has only the newer part. */
  | { readonly kind: 'state'; readonly forgotten: readonly string[] }
  /** Between the state and what the log still has, records of these topics were never handled. */
  | { readonly kind: 'gap'; readonly forgotten: readonly string[]; readonly gaps: readonly LogGap[] }

/** Asks the log for the extents of all that a service reads and writes, by shard. */
export async function extentsOf(log: EventLog, node: ServiceNode, signal?: AbortSignal): Promise<readonly Extents[]> {
  const names = [...new Set([...node.reads, ...node.writes].map(({ name }) => name))]
  const [begins, ends] = await Promise.all([log.begins(names, signal), log.ends(names, signal)])
  const ofShard = (positions: readonly (readonly number[])[], shard: number) =>
    new Map(names.map((name, i) => [name, positions[i]?.[shard] ?? 0]))
  return Array.from({ length: log.shards }, (_, shard) => ({
    begins: ofShard(begins, shard),
    ends: ofShard(ends, shard),
  }))
}

/**
 * Compares what the store has of a shard with the log. Without a state, outputs of the shard say that there was one, and so do
 * topics whose beginning retention has dropped: whoever begins there would take 'forgotten' for 'never happened'.
 * `progress`: undefined where nothing was ever committed.
 */
export function stateLoss(node: ServiceNode, progress: Progress | undefined, { begins, ends }: Extents): StateLoss {
  const inputs = node.reads.map(({ name }) => name)
  const outputs = node.adopts.map(({ name }) => name)
  if (!progress) {
    const forgotten = [...new Set([...inputs, ...outputs])].filter((name) => (begins.get(name) ?? 0) > 0)
    const hasHistory = forgotten.length > 0 || outputs.some((name) => (ends.get(name) ?? 0) > 0)
    return hasHistory ? { kind: 'state', forgotten } : { kind: 'none' }
  }
  // A topic that is read since a later release has no position yet: it is read from where it begins.
  const gaps = inputs
    .map((topic) => ({
      topic,
      from: progress.positions[topic] ?? Number.POSITIVE_INFINITY,
      to: begins.get(topic) ?? 0,
    }))
    .filter(({ from, to }) => from < to)
  return gaps.length > 0 ? { kind: 'gap', forgotten: gaps.map(({ topic }) => topic), gaps } : { kind: 'none' }
}
