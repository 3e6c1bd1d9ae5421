import { isCoded } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import type { ServiceNode } from '../topology.ts'
import type { EventLog } from './event-log.ts'
import { decodeProgress, type Genesis, type Progress } from './progress.ts'
import { type Extents, type StateLoss, stateLoss } from './state-loss.ts'
import { noWrites, type StateStore } from './state-store.ts'

export interface BeginningAnew {
  readonly log: EventLog
  readonly store: StateStore
  readonly node: ServiceNode
  /** Who decided it, why, and when. */
  readonly said: Omit<Genesis, 'knownSince'>
}

/** A worker that has the shard claims it at every attempt to begin, so that one or two of ours may be in vain. */
const attempts = 20

/**
 * Lets a shard begin without what it has lost, from the oldest record that the log has: by one commit, its genesis record, which
 * says who decided that. Its owner adopts what the service did before, reads everything again, and does nothing twice. A state
 * that is there is kept.
 * `extents`: of the shard's topics, of just now.
 * @returns what the shard had lost; 'none': nothing was changed
 * @throws CodedError of the log or the store
 */
export async function beginAnew(
  { log, store, node, said }: BeginningAnew,
  shard: ShardId,
  extents: Extents,
): Promise<StateLoss> {
  for (let attempt = 1; ; attempt++) {
    try {
      const claimed = await store.claim(node.name, shard)
      const { sequence, progress } = claimed.stored
      const known = sequence === 0 ? undefined : decodeProgress(progress)
      const loss = stateLoss(node, known, extents)
      if (loss.kind === 'none') return loss
      const genesis: Genesis = { ...said, knownSince: await knownSince(log, node, shard, extents, said.at) }
      await claimed.commit({
        sequence: sequence + 1,
        progress: JSON.stringify(fromTheLog(node, known, extents, genesis)),
        note: null,
        writes: noWrites,
        outbox: null,
        trimThrough: 0,
        timersAdded: [],
        timersRemoved: [],
      })
      return loss
    } catch (error) {
      if (!isCoded(error, 'KM_SHARD_FENCED') || attempt === attempts) throw error
    }
  }
}

function fromTheLog(node: ServiceNode, known: Progress | undefined, { begins }: Extents, genesis: Genesis): Progress {
  const from = (positions: Progress['positions'], name: string) => Math.max(positions[name] ?? 0, begins.get(name) ?? 0)
  const { positions = {}, ends = {}, ...rest } = known ?? { clock: null, head: null }
  return {
    ...rest,
    positions: Object.fromEntries(node.reads.map(({ name }) => [name, from(positions, name)])),
    ends: Object.fromEntries(node.writes.map(({ name }) => [name, from(ends, name)])),
    genesis,
  }
}

/**
 * Since when the log has all that the service adopts, in milliseconds since 1970; null: from the beginning. The oldest kept
 * record of a topic that has lost its beginning is where it is whole again.
 */
async function knownSince(
  log: EventLog,
  node: ServiceNode,
  shard: ShardId,
  extents: Extents,
  now: number,
): Promise<number | null> {
  let since: number | null = null
  for (const { name } of node.adopts) {
    const [from = 0, to = 0] = [extents.begins.get(name), extents.ends.get(name)]
    if (from === 0) continue
    since = Math.max(since ?? 0, (await oldestOf(log, name, shard, from, to)) ?? now)
  }
  return since
}

/** When the log took the oldest kept record; undefined: none is kept. */
async function oldestOf(
  log: EventLog,
  topic: string,
  shard: ShardId,
  from: number,
  to: number,
): Promise<number | undefined> {
  for await (const batch of log.read(topic, shard, from, to)) if (batch.next()) return batch.appendedAt
  return undefined
}
