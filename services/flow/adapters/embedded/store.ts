import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type Clock, wallClock } from '../../clock.ts'
import type { StateStore } from '../../state-store.ts'
import { openDatabase } from './database.ts'
import { createExpiringIndex } from './expiring-index.ts'
import { createShardStore, scanPages } from './shard-store.ts'
import { openStoreTable } from './store-table.ts'

export interface EmbeddedStoreOptions {
  /** A path, or ':memory:'. Its folder is locked by the caller (`lockData`). */
  readonly file: string
  /** Ends the lifetimes of index entries. Default: the wall clock. */
  readonly clock?: Clock
}

const schema = `
  create table if not exists shard (
    number integer primary key, service text not null, shard integer not null,
    epoch text not null, sequence integer not null, progress text not null,
    note text not null default '', unique (service, shard)
  );
  -- "shard" below is the number of the row above.
  create table if not exists state (
    shard integer not null, key blob not null, value blob not null, primary key (shard, key)
  ) without rowid;
  create table if not exists timer (
    shard integer not null, slot integer not null, key text not null, primary key (shard, slot, key)
  ) without rowid;
  create table if not exists outbox (
    shard integer not null, sequence integer not null, bytes blob not null, primary key (shard, sequence)
  ) without rowid;
  create table if not exists expiring (
    name text not null, key text not null, value text not null, expires_at real not null, primary key (name, key)
  ) without rowid;
  create index if not exists expiring_at on expiring (expires_at);`

/**
 * The shards' states in one SQLite file, for one process.
 *
 * `synchronous = NORMAL`: a commit doesn't wait for the disk. A power cut (not the end of the process) may take the
 * newest commits, whole ones and from the end. The log is written through (FULL) and is the truth: the state's positions
 * go back with it, and the owner adopts its own outputs from the log before it goes on.
 *
 * @throws CodedError KM_DATA_FORMAT, KM_DATA_UNREADABLE
 */
export function createEmbeddedStore({ file, clock = wallClock }: EmbeddedStoreOptions): StateStore {
  const database = openDatabase({
    file,
    synchronous: 'NORMAL',
    schema,
    format: 1,
    cacheBytes: 128 * 1024 * 1024,
    // Commits change pages all over the file, often the same ones: with seldom checkpoints a commit costs less than half.
    checkpointBytes: 256 * 1024 * 1024,
  })
  addNotes(database)
  const table = openStoreTable(database)
  let closed = false

  return {
    async claim(service, shard, signal) {
      signal?.throwIfAborted()
      const epoch = `${Date.now()}-${randomBytes(8).toString('hex')}`
      const number = table.claim(service, shard, epoch)
      return createShardStore(table, { number, epoch, place: `shard ${shard} of ${service}`, signal })
    },
    peek: async (service, shard, key) => table.peek(service, shard, key),
    progress: async (service, shard) => table.progress(service, shard),
    async *scan(service, shard) {
      const number = table.numberOf(service, shard)
      if (number !== undefined) yield* scanPages(table, number)
    },
    index: (name) => createExpiringIndex(database, name, clock),
    async close() {
      if (!closed) database.close()
      closed = true
    },
  }
}

/** To a file that was written before there were notes. */
function addNotes(database: DatabaseSync): void {
  const columns = database.prepare("select name from pragma_table_info('shard')").all()
  if (columns.some(({ name }) => name === 'note')) return
  database.exec("alter table shard add column note text not null default ''")
}
