import type { DatabaseSync } from 'node:sqlite'
import { CodedError } from '../../../domain/errors.ts'
import type { CommitGroup, PeekedState, StateWrites, StoredShard } from '../../state-store.ts'
import { inTransaction, sqliteReason } from './database.ts'

/** A shard's row before a commit. */
export interface ShardRow {
  readonly epoch: string
  readonly sequence: number
}

/** The statements on the store's tables, by the number of a shard's row. Synchronous. */
export interface StoreTable {
  /** Puts the shard under a new epoch; returns the number of its row. */
  claim(service: string, shard: number, epoch: string): number
  stored(number: number): StoredShard
  /** Of a shard that somebody may own; undefined where nothing was ever committed. */
  peek(service: string, shard: number, key: string): PeekedState | undefined
  progress(service: string, shard: number): string | undefined
  /** Number of the row of a shard that was committed to. */
  numberOf(service: string, shard: number): number | undefined
  load(number: number, keys: readonly string[]): (Buffer | null)[]
  /** Keys in their order, behind `after`. */
  page(number: number, after: Buffer): { readonly key: Buffer; readonly value: Buffer }[]
  /** One transaction: `check` sees the row first and throws to refuse; then everything of the group is written. */
  commit(number: number, group: CommitGroup, check: (row: ShardRow | undefined) => void): void
}

const PAGE_ROWS = 2000

export function openStoreTable(database: DatabaseSync): StoreTable {
  const claim = database.prepare(`
    insert into shard (service, shard, epoch, sequence, progress) values (?, ?, ?, 0, '')
    on conflict do update set epoch = excluded.epoch returning number`)
  const row = database.prepare('select epoch, sequence, progress, note from shard where number = ?')
  const fence = database.prepare('select epoch, sequence from shard where number = ?')
  const look = database.prepare(
    'select number, progress, note from shard where service = ? and shard = ? and sequence > 0',
  )
  const progressOf = database.prepare('select progress from shard where service = ? and shard = ? and sequence > 0')
  const advance = database.prepare('update shard set sequence = ?, progress = ? where number = ?')
  const keepNote = database.prepare('update shard set note = ? where number = ?')
  const get = database.prepare('select value from state where shard = ? and key = ?')
  const put = database.prepare(`
    insert into state values (?, ?, ?) on conflict do update set value = excluded.value`)
  const remove = database.prepare('delete from state where shard = ? and key = ?')
  const page = database.prepare(
    `select key, value from state where shard = ? and key > ? order by key limit ${PAGE_ROWS}`,
  )
  const timers = database.prepare('select slot, key from timer where shard = ?')
  const addTimer = database.prepare('insert into timer values (?, ?, ?) on conflict do nothing')
  const removeTimer = database.prepare('delete from timer where shard = ? and slot = ? and key = ?')
  const outbox = database.prepare('select sequence, bytes from outbox where shard = ? order by sequence')
  const addOutbox = database.prepare('insert into outbox values (?, ?, ?)')
  const trimOutbox = database.prepare('delete from outbox where shard = ? and sequence <= ?')
  get.setReturnArrays(true)

  let scratch = Buffer.allocUnsafe(4096)

  function write(number: number, writes: StateWrites): void {
    for (let i = 0; i < writes.count; i++) {
      const needed = writes.keyLength(i) + writes.valueLength(i)
      if (needed > scratch.length) scratch = Buffer.allocUnsafe(needed * 2)
      const keyEnd = writes.copyKey(i, scratch, 0)
      const valueEnd = writes.copyValue(i, scratch, keyEnd)
      // SQLite copies what is bound, so one buffer serves all.
      const key = scratch.subarray(0, keyEnd)
      if (valueEnd === keyEnd) remove.run(number, key)
      else put.run(number, key, scratch.subarray(keyEnd, valueEnd))
    }
  }

  return {
    claim: (service, shard, epoch) =>
      guarded(() => inTransaction(database, () => Number(claim.get(service, shard, epoch)?.number))),
    stored: (number) =>
      guarded(() => {
        const found = row.get(number)
        return {
          sequence: Number(found?.sequence ?? 0),
          progress: String(found?.progress ?? ''),
          note: String(found?.note ?? ''),
          timers: timers.all(number).map(({ slot, key }) => ({ slot: Number(slot), key: String(key) })),
          outbox: outbox.all(number).map(({ sequence, bytes }) => {
            return { sequence: Number(sequence), bytes: asBuffer(bytes as Uint8Array) }
          }),
        }
      }),
    load: (number, keys) =>
      guarded(() =>
        keys.map((key) => {
          const found: unknown = get.get(number, Buffer.from(key))
          return Array.isArray(found) ? asBuffer(found[0] as Uint8Array) : null
        }),
      ),
    peek: (service, shard, key) =>
      guarded(() => {
        const found = look.get(service, shard)
        if (!found) return undefined
        const state: unknown = get.get(Number(found.number), Buffer.from(key))
        const value = Array.isArray(state) ? asBuffer(state[0] as Uint8Array) : null
        return { progress: String(found.progress), note: String(found.note), value }
      }),
    numberOf: (service, shard) =>
      guarded(() => {
        const found = look.get(service, shard)
        return found && Number(found.number)
      }),
    progress: (service, shard) =>
      guarded(() => {
        const found = progressOf.get(service, shard)
        return found && String(found.progress)
      }),
    page: (number, after) =>
      guarded(() =>
        page.all(number, after).map(({ key, value }) => {
          return { key: asBuffer(key as Uint8Array), value: asBuffer(value as Uint8Array) }
        }),
      ),
    commit: (number, group, check) =>
      guarded(() =>
        inTransaction(database, () => {
          const found = fence.get(number)
          check(found && { epoch: String(found.epoch), sequence: Number(found.sequence) })
          write(number, group.writes)
          for (const { slot, key } of group.timersRemoved) removeTimer.run(number, slot, key)
          for (const { slot, key } of group.timersAdded) addTimer.run(number, slot, key)
          if (group.trimThrough > 0) trimOutbox.run(number, group.trimThrough)
          if (group.outbox) addOutbox.run(number, group.sequence, group.outbox)
          advance.run(group.sequence, group.progress, number)
          if (group.note !== null) keepNote.run(group.note, number)
        }),
      ),
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** @throws CodedError as `work` does; anything else becomes KM_STORE_UNAVAILABLE */
export function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw new CodedError('KM_STORE_UNAVAILABLE', `the state database failed: ${sqliteReason(error)}`, {
      canRetry: true,
      cause: error,
    })
  }
}
