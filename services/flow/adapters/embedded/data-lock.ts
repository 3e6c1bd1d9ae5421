import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CodedError } from '../../../domain/errors.ts'

export interface DataLock {
  release(): void
}

const SQLITE_BUSY = 5

/**
 * Locks a data folder for this process until `release` or the end of the process, however it ends: the lock is
 * SQLite's own on a small database file, which the operating system drops with the process. Who holds it stands in a
 * second file, because a locked database can't be read.
 *
 * @throws CodedError KM_DATA_LOCKED another process (or another engine of this one) holds it; the message names its pid
 * @throws CodedError KM_DATA_UNREADABLE the folder can't be written
 */
export function lockData(folder: string): DataLock {
  const holderFile = join(folder, 'lock.pid')
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(folder, 'lock.sqlite'))
    database.exec('pragma journal_mode = delete; begin exclusive')
    writeFileSync(holderFile, `${process.pid}\n`)
  } catch (error) {
    database?.close()
    const busy = error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === SQLITE_BUSY
    if (!busy) {
      const message = `cannot lock ${folder}: ${error instanceof Error ? error.message : String(error)}`
      throw new CodedError('KM_DATA_UNREADABLE', `${message}; check the path and its permissions`, { cause: error })
    }
    const message = `${folder} is in use by the process with pid ${holder(holderFile)}`
    throw new CodedError('KM_DATA_LOCKED', `${message}: stop it, or set another data folder`, { cause: error })
  }
  const held = database
  return {
    release() {
      if (held.isOpen) held.close()
    },
  }
}

function holder(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return 'unknown' // it has locked but not yet written
  }
}
