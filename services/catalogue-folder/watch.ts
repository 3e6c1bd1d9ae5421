import { watch } from 'chokidar'
import { CodedError } from '../domain/errors.ts'
import type { SourceFile } from '../rules/source.ts'
import { catalogueFolders } from './layers.ts'
import { readCatalogueFolder } from './read.ts'

export interface CatalogueWatch {
  /** No `onChange` is called after this resolves. */
  stop(): Promise<void>
}

export interface WatchOptions {
  /** The folder is read once nothing in it has changed for this time, in milliseconds. */
  readonly settleMs?: number
}

const absentRetryMs = 1_000

/** What a folder holds, unchecked, or why it can't be read. */
export type FolderState =
  | { readonly files: readonly SourceFile[]; readonly problem?: undefined }
  | { readonly files?: undefined; readonly problem: CodedError }

/** What was told is not settled yet: look again then, if nothing changes before. */
export interface LookAgain {
  readonly againMs: number
}

/**
 * Watches a catalogue folder, with those that it extends, and calls `onChange` with what it holds, beginning with what it
 * holds at the start, and then whenever that is something else. Files that are saved together are told together: what
 * changes while it is read is read again. What `onChange` asks to see again is told again, changed or not. One call after the
 * other, each awaited. Resolves when changes are seen and the state at the start was told.
 */
export async function watchCatalogue(
  dir: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: who has nothing to add returns nothing
  onChange: (state: FolderState) => void | Promise<LookAgain | void>,
  { settleMs = 200 }: WatchOptions = {},
): Promise<CatalogueWatch> {
  const watcher = watch(dir, { ignoreInitial: true })
  let told: FolderState | undefined
  let stopped = false
  let settling: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined
  let reading = Promise.resolve()

  const tell = async (state: FolderState) => {
    if (stopped || (told && isSame(told, state))) return
    told = undefined
    const unsettled = await onChange(state)
    if (unsettled) lookAgain(unsettled.againMs)
    else told = state
  }
  const check = async () => {
    // What it extends may be another folder by now; those of before are watched on, which costs little.
    watcher.add([...(await catalogueFolders(dir).catch(() => []))])
    const state = await lookAt(dir)
    if (state.files && !isSame(state, await lookAt(dir))) {
      settle()
      return
    }
    // Of a folder that went away and comes back no event may come: it is looked for.
    if (state.problem) lookAgain(absentRetryMs)
    await tell(state)
  }
  const inTurn = (action: () => Promise<void>) => {
    // One after the other, so that an older reading never comes after a newer one.
    reading = reading.then(action)
    return reading
  }
  const settle = () => {
    clearTimeout(settling)
    if (!stopped) settling = setTimeout(() => void inTurn(check), settleMs)
  }
  const lookAgain = (millis: number) => {
    clearTimeout(again)
    if (!stopped) again = setTimeout(() => void inTurn(check), millis)
  }

  await new Promise<void>((resolve) => watcher.once('ready', resolve))
  watcher.on('all', settle)
  watcher.on('error', (error) => void inTurn(() => tell({ problem: unreadable(dir, error) })))
  await inTurn(check)

  return {
    async stop() {
      stopped = true
      clearTimeout(settling)
      clearTimeout(again)
      await watcher.close()
      await reading
    },
  }
}

function isSame(a: FolderState, b: FolderState): boolean {
  if (!a.files || !b.files) return a.problem?.message === b.problem?.message
  const { files } = b
  return (
    a.files.length === files.length &&
    a.files.every(
      ({ path, text }, i) => path === files[i]?.path && Buffer.compare(bytesOf(text), bytesOf(files[i].text)) === 0,
    )
  )
}

const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === 'string' ? Buffer.from(text) : text)

/** What a folder holds now, unchecked. */
export async function lookAt(dir: string): Promise<FolderState> {
  try {
    return { files: await readCatalogueFolder(dir) }
  } catch (error) {
    return { problem: unreadable(dir, error) }
  }
}

const unreadable = (dir: string, error: unknown): CodedError =>
  error instanceof CodedError
    ? error
    : new CodedError('KM_CATALOGUE_FOLDER', `the catalogue in '${dir}' cannot be watched: ${error}`, {
        canRetry: true,
        location: { file: dir },
        cause: error,
      })
