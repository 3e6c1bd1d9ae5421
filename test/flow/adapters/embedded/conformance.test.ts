import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createEmbeddedLog } from '../../../../services/flow/adapters/embedded/log.ts'
import { createEmbeddedStore } from '../../../../services/flow/adapters/embedded/store.ts'
import { wallClock } from '../../../../services/flow/clock.ts'
import { type EventLogFixture, eventLogConformance } from '../../../conformance/event-log.ts'
import { type StateStoreFixture, stateStoreConformance } from '../../../conformance/state-store.ts'

const DAY_MS = 24 * 60 * 60 * 1000

function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-test-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

async function logFixture(): Promise<EventLogFixture> {
  const { folder, remove } = newFolder()
  let ahead = 0
  const now = () => Date.now() + ahead
  const open = () => createEmbeddedLog({ file: join(folder, 'log.sqlite'), shards: 4, clock: { ...wallClock, now } })
  let log = open()
  let topics = 0
  return {
    now,
    connect: async () => log,
    createTopics: async (count) => Array.from({ length: count }, () => `topic-${topics++}`),
    async restart() {
      await log.close()
      log = open()
      return log
    },
    async expire() {
      ahead += 8 * DAY_MS
      await log.retain()
    },
    async close() {
      await log.close()
      remove()
    },
  }
}

async function storeFixture(): Promise<StateStoreFixture> {
  const { folder, remove } = newFolder()
  const file = join(folder, 'state.sqlite')
  let store = createEmbeddedStore({ file })
  return {
    connect: async () => store,
    async restart() {
      await store.close()
      store = createEmbeddedStore({ file })
      return store
    },
    async remember(service, shard) {
      const before = readShard(file, service, shard)
      return async () => writeShard(file, before)
    },
    async close() {
      await store.close()
      remove()
    },
  }
}

/** The rows of one shard, taken by a connection of its own as an administrator's tool would. */
function readShard(file: string, service: string, shard: number) {
  using database = new DatabaseSync(file)
  const row = database.prepare('select * from shard where service = ? and shard = ?').get(service, shard) ?? {}
  const number = Number(row.number)
  const rows = ['state', 'timer', 'outbox'].map((table) => {
    return { table, rows: database.prepare(`select * from ${table} where shard = ?`).all(number) }
  })
  return { number, tables: [{ table: 'shard', rows: [row] }, ...rows] }
}

function writeShard(file: string, { number, tables }: ReturnType<typeof readShard>): void {
  using database = new DatabaseSync(file)
  database.exec('begin immediate')
  for (const { table, rows } of tables) {
    database.prepare(`delete from ${table} where ${table === 'shard' ? 'number' : 'shard'} = ?`).run(number)
    for (const row of rows) {
      const marks = Object.keys(row).map(() => '?')
      database.prepare(`insert into ${table} values (${marks})`).run(...Object.values(row))
    }
  }
  database.exec('commit')
}

eventLogConformance('embedded', logFixture)
stateStoreConformance('embedded', storeFixture)
