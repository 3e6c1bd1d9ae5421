import { fileURLToPath } from 'node:url'
import { readCatalogueFolder } from '../catalogue-folder/read.ts'
import { watchCatalogue } from '../catalogue-folder/watch.ts'
import { CodedError } from '../domain/errors.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { loadCatalogue } from '../rules/load.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** The catalogue in force, and word of the next one. */
export interface CatalogueSource {
  readonly current: Catalogue
  /** Calls back with each catalogue that takes the place of the current one. */
  subscribe(listener: (catalogue: Catalogue) => void): void
  close(): Promise<void>
}

/** The catalogue that comes with Keymoment. */
export const shippedCatalogue = fileURLToPath(new URL('../../deploy/catalogue', import.meta.url))

/** A catalogue that stays, for simulate and tests. */
export const fixedCatalogue = (current: Catalogue): CatalogueSource => ({
  current,
  subscribe: () => undefined,
  close: async () => undefined,
})

/**
 * Reads a catalogue folder and checks it as a whole.
 * @throws CodedError KM_CATALOGUE_INVALID whose message lists every problem with its place
 */
export async function openCatalogue(dir: string): Promise<Catalogue> {
  const loaded = loadCatalogue(await readCatalogueFolder(dir))
  if (loaded.catalogue) return loaded.catalogue
  const list = loaded.problems.map(String).join('\n')
  throw new CodedError(
    'KM_CATALOGUE_INVALID',
    `the catalogue in ${dir} has ${loaded.problems.length} problem${loaded.problems.length === 1 ? '' : 's'}\n${list}`,
  )
}

/** A catalogue folder that is watched: what is saved there takes over if it is right, else the running one stays. */
export async function watchedCatalogue(
  dir: string,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): Promise<CatalogueSource> {
  let current = await openCatalogue(dir)
  const listeners: ((catalogue: Catalogue) => void)[] = []
  const show = () => {
    metrics.catalogue.reset()
    metrics.catalogue.set({ version: current.version }, 1)
  }
  show()
  const watch = await watchCatalogue(
    dir,
    ({ catalogue, problems }) => {
      if (problems) {
        for (const problem of problems) logger.error(`catalogue refused, the running one stays: ${String(problem)}`)
        return
      }
      if (catalogue.version === current.version) {
        logger.info({ version: current.version }, 'the catalogue is the running one again')
        return
      }
      logger.info({ from: current.version, to: catalogue.version }, 'catalogue taken over')
      current = catalogue
      show()
      for (const listener of listeners) {
        try {
          listener(catalogue)
        } catch (error) {
          // A defect of ours. Whoever hears of it goes on with the catalogue that it had; the others have the new one.
          logger.error({ err: error, version: current.version }, 'a service could not take the catalogue over')
        }
      }
    },
    { running: current.version },
  )
  return {
    get current() {
      return current
    },
    subscribe: (listener) => listeners.push(listener),
    close: () => watch.stop(),
  }
}
