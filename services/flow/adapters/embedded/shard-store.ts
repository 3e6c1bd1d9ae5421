import { CodedError } from '../../../domain/errors.ts'
import type { ShardStore } from '../../state-store.ts'
import type { ShardRow, StoreTable } from './store-table.ts'

export interface ClaimedShard {
  /** Of the shard's row. */
  readonly number: number
  readonly epoch: string
  /** For messages. */
  readonly place: string
  readonly signal: AbortSignal | undefined
}

/** What one owner of a shard may do, as long as its epoch is the shard's. */
export function createShardStore(table: StoreTable, { number, epoch, place, signal }: ClaimedShard): ShardStore {
  const stored = table.stored(number)

  function checkBefore(sequence: number) {
    return (row: ShardRow | undefined): void => {
      if (row && row.epoch !== epoch) {
        throw new CodedError('KM_SHARD_FENCED', `${place} was claimed by another owner: stop working on it`)
      }
      if (row?.sequence === sequence - 1) return
      const message = `${place} is at commit ${row?.sequence ?? 0}, commit ${sequence} needs ${sequence - 1}`
      throw new CodedError('KM_STATE_ROLLED_BACK', `${message}: claim it again, reload and replay`)
    }
  }

  return {
    epoch,
    stored,
    async load(keys) {
      signal?.throwIfAborted()
      return table.load(number, keys)
    },
    // Everything is done within the call, so the writes are read before the promise is returned.
    async commit(group) {
      signal?.throwIfAborted()
      table.commit(number, group, checkBefore(group.sequence))
    },
    scan: () => scanPages(table, number, signal),
  }
}

/** All keys and values of a shard's row, in the order of the keys. */
export async function* scanPages(
  table: StoreTable,
  number: number,
  signal?: AbortSignal,
): AsyncIterable<readonly (readonly [key: string, value: Buffer])[]> {
  signal?.throwIfAborted()
  for (let rows = table.page(number, Buffer.alloc(0)); rows.length > 0; ) {
    yield rows.map(({ key, value }) => [key.toString(), value] as const)
    signal?.throwIfAborted()
    rows = table.page(number, rows.at(-1)?.key ?? Buffer.alloc(0))
  }
}
