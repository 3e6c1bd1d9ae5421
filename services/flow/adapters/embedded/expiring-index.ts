import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../clock.ts'
import type { ExpiringIndex } from '../../state-store.ts'
import { inTransaction } from './database.ts'
import { guarded } from './store-table.ts'

/** Each put also drops this many entries whose time is over: the table stays bounded without a timer of its own. */
const PURGED_WITH_A_PUT = 4

export function createExpiringIndex(database: DatabaseSync, name: string, clock: Clock): ExpiringIndex {
  const select = database.prepare('select value from expiring where name = ? and key = ? and expires_at > ?')
  const upsert = database.prepare(`
    insert into expiring values (?, ?, ?, ?)
    on conflict do update set value = excluded.value, expires_at = excluded.expires_at`)
  const remove = database.prepare('delete from expiring where name = ? and key = ?')
  const purge = database.prepare(`
    delete from expiring where (name, key) in
      (select name, key from expiring where expires_at <= ? order by expires_at limit ${PURGED_WITH_A_PUT})`)

  function find(key: string): string | null {
    const found = select.get(name, key, clock.now())
    return found ? String(found.value) : null
  }

  function store(key: string, value: string, lifetimeMs: number): void {
    const now = clock.now()
    purge.run(now)
    upsert.run(name, key, value, now + lifetimeMs)
  }

  return {
    put: async (key, value, lifetimeMs) => guarded(() => inTransaction(database, () => store(key, value, lifetimeMs))),
    putIfAbsent: async (key, value, lifetimeMs) =>
      guarded(() =>
        inTransaction(database, () => {
          const found = find(key)
          if (found === null) store(key, value, lifetimeMs)
          return found ?? value
        }),
      ),
    get: async (key) => guarded(() => find(key)),
    remove: async (key) => guarded(() => void remove.run(name, key)),
  }
}
