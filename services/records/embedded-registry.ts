import { DatabaseSync } from 'node:sqlite'
import { CodedError, isCoded } from '../domain/errors.ts'
import { resolve, writerType } from './avro.ts'
import type { SchemaRegistry } from './registry.ts'

/**
 * A registry in an SQLite file (or ':memory:'), for the engine without servers. Ids count from 1 and stay over restarts;
 * a schema has one id under all subjects. A subject's next schema must read what its newest wrote (backward).
 *
 * @throws CodedError KM_REGISTRY_UNAVAILABLE: the file can't be opened
 */
export function createEmbeddedRegistry(file: string): SchemaRegistry {
  const database = open(file)
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS schemas (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE IF NOT EXISTS versions (
      subject TEXT NOT NULL, version INTEGER NOT NULL, schema_id INTEGER NOT NULL REFERENCES schemas (id),
      PRIMARY KEY (subject, version), UNIQUE (subject, schema_id)
    ) STRICT;
  `)
  const idOfText = database.prepare('SELECT id FROM schemas WHERE text = ?')
  const textOfId = database.prepare('SELECT text FROM schemas WHERE id = ?')
  const addSchema = database.prepare('INSERT INTO schemas (text) VALUES (?) ON CONFLICT DO NOTHING')
  const newest = database.prepare(
    'SELECT version, text FROM versions JOIN schemas ON id = schema_id WHERE subject = ? ORDER BY version DESC LIMIT 1',
  )
  const isVersion = database.prepare('SELECT 1 FROM versions WHERE subject = ? AND schema_id = ?')
  const addVersion = database.prepare('INSERT INTO versions (subject, version, schema_id) VALUES (?, ?, ?)')

  /** Under a transaction: two processes may open the file. */
  function registerNow(subject: string, schema: object): number {
    const text = JSON.stringify(schema)
    const known = idOfText.get(text)
    if (known && isVersion.get(subject, Number(known.id))) return Number(known.id)
    const latest = newest.get(subject)
    if (latest) checkBackward(subject, JSON.parse(String(latest.text)), schema)
    addSchema.run(text)
    const id = Number(idOfText.get(text)?.id)
    addVersion.run(subject, Number(latest?.version ?? 0) + 1, id)
    return id
  }

  return {
    async register(subject, schema) {
      try {
        database.exec('BEGIN IMMEDIATE')
        const id = registerNow(subject, schema)
        database.exec('COMMIT')
        return id
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw isCoded(error) ? error : unavailable(file, error)
      }
    },
    async schema(id) {
      try {
        const row = textOfId.get(id)
        return row && JSON.parse(String(row.text))
      } catch (error) {
        throw unavailable(file, error)
      }
    },
    async close() {
      database.close()
    },
  }
}

/** Another process may be writing (two services of one folder): wait that long for it. */
const busyLimitMs = 5_000

function open(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: busyLimitMs })
  } catch (error) {
    throw unavailable(file, error)
  }
}

function unavailable(file: string, cause: unknown): CodedError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `schema registry ${file}: ${reason}; check the folder, its rights and its space`
  return new CodedError('KM_REGISTRY_UNAVAILABLE', message, { cause, canRetry: true })
}

function checkBackward(subject: string, older: object, newer: object): void {
  try {
    resolve(writerType(newer), writerType(older))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError(
      'KM_SCHEMA_INCOMPATIBLE',
      `${subject}: the new schema can't read records of the newest registered one: ${reason}`,
      { cause },
    )
  }
}
