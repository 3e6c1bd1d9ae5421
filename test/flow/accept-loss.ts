import { shardId } from '../../services/domain/ids.ts'
import { beginAnew } from '../../services/flow/begin-anew.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { extentsOf, type StateLoss } from '../../services/flow/state-loss.ts'
import type { StateStore } from '../../services/flow/state-store.ts'
import type { ServiceNode } from '../../services/topology.ts'
import { countingNode, start } from './counting-engine.ts'

/** Lets every shard of a service (else of the counting engine) begin without what it has lost; by shard, what that was. */
export async function acceptLoss(
  log: EventLog,
  store: StateStore,
  node: ServiceNode = countingNode,
): Promise<StateLoss['kind'][]> {
  const kinds: StateLoss['kind'][] = []
  const said = { at: start, by: 'somebody', reason: 'a test' }
  for (const [shard, extents] of (await extentsOf(log, node)).entries()) {
    kinds.push((await beginAnew({ log, store, node, said }, shardId(shard), extents)).kind)
  }
  return kinds
}
