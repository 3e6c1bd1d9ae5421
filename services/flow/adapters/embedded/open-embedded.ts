import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '../../../domain/errors.ts'
import type { Clock } from '../../clock.ts'
import type { StateStore } from '../../state-store.ts'
import { type DataLock, lockData } from './data-lock.ts'
import { createEmbeddedLog, type EmbeddedLog } from './log.ts'
import { createEmbeddedStore } from './store.ts'

export interface EmbeddedOptions {
  /** Fixed when the folder is created. */
  readonly shards: number
  /** Stamps the records of the log. Default: the wall clock. */
  readonly clock?: Clock
  /** Limit of the log's file; see `createEmbeddedLog`. */
  readonly logBytesMax?: number
}

export interface Embedded {
  readonly log: EmbeddedLog
  readonly store: StateStore
  readonly lock: DataLock
  /** Closes the log, the store and the lock, in this order. */
  close(): Promise<void>
}

/**
 * Opens or creates the embedded engine's data folder: the log, the state and the lock that keeps it to one process.
 * @throws CodedError KM_DATA_LOCKED, KM_DATA_UNREADABLE, KM_DATA_FORMAT, KM_SHARDS_CHANGED
 */
export function openEmbedded(folder: string, { shards, clock, logBytesMax }: EmbeddedOptions): Embedded {
  createFolder(folder)
  const lock = lockData(folder)
  let log: EmbeddedLog | undefined
  try {
    log = createEmbeddedLog({
      file: join(folder, 'log.sqlite'),
      shards,
      ...(clock && { clock }),
      ...(logBytesMax !== undefined && { bytesMax: logBytesMax }),
    })
    const store = createEmbeddedStore({ file: join(folder, 'state.sqlite') })
    const opened = log
    return {
      log,
      store,
      lock,
      async close() {
        await opened.close()
        await store.close()
        lock.release()
      },
    }
  } catch (error) {
    void log?.close()
    lock.release()
    throw error
  }
}

function createFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    const message = `cannot create ${folder}: ${error instanceof Error ? error.message : String(error)}`
    throw new CodedError('KM_DATA_UNREADABLE', `${message}; check the path and its permissions`, { cause: error })
  }
}
