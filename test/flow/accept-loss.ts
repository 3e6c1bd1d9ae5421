import { shardId } from '../../services/domain/ids.ts'
import { beginAnew } from '../../services/flow/begin-anew.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { extentsOf, type StateLoss } from '../../services/flow/state-loss.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import { countingNode, start } from './counting-engine.ts'

/** Lets every shard of the counting engine begin without what it has lost; by shard, what that was. */
export async function acceptLoss(log: EventLog, store: StateStore): Promise<StateLoss['kind'][]> {
  const kinds: StateLoss['kind'][] = []
  const said = { at: start, by: 'somebody', reason: 'a test' }
  for (const [shard, extents] of (await extentsOf(log, countingNode)).entries()) {
    kinds.push((await beginAnew({ log, store, node: countingNode, said }, shardId(shard), extents)).kind)
  }
  return kinds
}
