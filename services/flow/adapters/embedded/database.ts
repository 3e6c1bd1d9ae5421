import { DatabaseSync } from 'node:sqlite'
import { CodedError } from '../../../domain/errors.ts'

export interface DatabaseOptions {
  /** A path, or ':memory:'. */
  readonly file: string
  /** FULL: a commit is on the disk when it returns. NORMAL: a power cut may take the newest commits, never consistency. */
  readonly synchronous: 'FULL' | 'NORMAL'
  /** `create … if not exists` statements. */
  readonly schema: string
  /** Number of the file's format; a file of another is refused. */
  readonly format: number
  readonly cacheBytes: number
  /** The write-ahead log is copied into the file when it has grown by this much; the writer waits meanwhile. */
  readonly checkpointBytes: number
  /** The database file, without its write-ahead log, grows no further than this. */
  readonly bytesMax?: number
}

const PAGE_BYTES = 4096

/**
 * Opens or creates a SQLite database with a write-ahead log.
 * @throws CodedError KM_DATA_FORMAT the file is of another version of Keymoment
 * @throws CodedError KM_DATA_UNREADABLE it can't be opened: permissions, not a database, damaged
 */
export function openDatabase(options: DatabaseOptions): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(options.file)
    database.exec(`
      pragma page_size = ${PAGE_BYTES};
      pragma journal_mode = wal;
      pragma synchronous = ${options.synchronous};
      pragma cache_size = -${Math.ceil(options.cacheBytes / 1024)};
      pragma wal_autocheckpoint = ${Math.ceil(options.checkpointBytes / PAGE_BYTES)};
      pragma busy_timeout = 2000;`)
    if (options.bytesMax !== undefined) {
      database.exec(`pragma max_page_count = ${Math.max(1, Math.floor(options.bytesMax / PAGE_BYTES))}`)
    }
    const found = Number(database.prepare('pragma user_version').get()?.user_version ?? 0)
    if (found !== 0 && found !== options.format) {
      const message = `${options.file} has format ${found}, this version of Keymoment reads format ${options.format}`
      throw new CodedError('KM_DATA_FORMAT', `${message}: use the version that wrote it, or another data folder`)
    }
    database.exec(options.schema)
    if (found === 0) database.exec(`pragma user_version = ${options.format}`)
    return database
  } catch (error) {
    database?.close()
    if (error instanceof CodedError) throw error
    const message = `cannot open ${options.file}: ${sqliteReason(error)}`
    throw new CodedError('KM_DATA_UNREADABLE', `${message}; check the path and its permissions`, { cause: error })
  }
}

/** Runs `work` in one transaction: all of it is committed, or nothing and the error is thrown on. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('begin immediate')
  try {
    const result = work()
    database.exec('commit')
    return result
  } catch (error) {
    // SQLite has rolled back by itself after some errors, a full disk among them.
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

const SQLITE_FULL = 13

/** What SQLite says is wrong, and what can be done about it. */
export function sqliteReason(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return reason
  return Number(error.errcode) % 256 === SQLITE_FULL ? `${reason}: free disk space or keep less of the log` : reason
}
