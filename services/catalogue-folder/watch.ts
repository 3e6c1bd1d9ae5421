import { watch } from 'chokidar'
import { CodedError } from '../domain/errors.ts'
import { type LoadedCatalogue, loadCatalogue } from '../rules/load.ts'
import { readCatalogueFolder } from './read.ts'

export interface CatalogueWatch {
  /** No `onChange` is called after this resolves. */
  stop(): Promise<void>
}

export interface WatchOptions {
  /** Version of the catalogue that runs already: it isn't announced. */
  readonly running?: string
  /** The folder is read once nothing in it has changed for this time, in milliseconds. */
  readonly settleMs?: number
}

/**
 * Watches a catalogue folder and calls `onChange` with each state of it that differs from the last announced one: a
 * catalogue, or all its problems, after which the caller keeps the one that it runs (a file saved half is seen this way
 * too; the next change tries again). The state at the start counts as a change unless it is `running`.
 * Resolves when changes are seen.
 */
export async function watchCatalogue(
  dir: string,
  onChange: (loaded: LoadedCatalogue) => void,
  { running = '', settleMs = 200 }: WatchOptions = {},
): Promise<CatalogueWatch> {
  const watcher = watch(dir, { ignoreInitial: true })
  let announced = running
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let reading = Promise.resolve()

  const announce = (loaded: LoadedCatalogue) => {
    const state = loaded.catalogue?.version ?? loaded.problems?.join('\n') ?? ''
    if (stopped || state === announced) return
    announced = state
    onChange(loaded)
  }
  const check = async () => announce(await load(dir))
  const changed = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      // One after the other, so that an older reading never comes after a newer one.
      reading = reading.then(check)
    }, settleMs)
  }

  await new Promise<void>((resolve) => watcher.once('ready', resolve))
  watcher.on('all', changed)
  watcher.on('error', (error) => announce({ problems: [unreadable(dir, error)] }))
  await check()

  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await watcher.close()
      await reading
    },
  }
}

async function load(dir: string): Promise<LoadedCatalogue> {
  try {
    return loadCatalogue(await readCatalogueFolder(dir))
  } catch (error) {
    return { problems: [unreadable(dir, error)] }
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
