import { inSuccession } from '../catalogue/activation.ts'
import { CatalogueInvalid } from '../catalogue/history.ts'
import type { CatalogueUser } from '../catalogue/open.ts'
import { createSchedule, type InForce } from '../catalogue/schedule.ts'
import { readCatalogueFolder } from '../catalogue-folder/read.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { loadCatalogue } from '../rules/load.ts'

export { shippedCatalogue } from '../catalogue-folder/shipped.ts'

/** The catalogue by time: what was, is and will be in force. */
export interface CatalogueSource {
  /** What applies to what happens now, by the time of day. */
  readonly current: Catalogue
  /** What is in force at a clock: a shard asks with its own. @throws CodedError KM_CATALOGUE_NONE */
  at(clock: number): InForce
  /** Calls back when another version is known, or one can't be used after all: whoever asked before asks again. */
  subscribe(listener: () => void): void
  /** A service that works under the catalogue: a version that it can't use, or that comes too late for it, is noticed. */
  attach(service: string, user: CatalogueUser): void
}

/** A later catalogue, and from which clock on it is in force. */
export interface LaterCatalogue {
  readonly activatesAt: number
  readonly catalogue: Catalogue
}

/** A catalogue that stays, or is followed by others at known times: for simulate and tests. */
export function fixedCatalogue(current: Catalogue, later: readonly LaterCatalogue[] = []): CatalogueSource {
  const schedule = createSchedule()
  for (const version of inSuccession(current, later)) schedule.add(version)
  return { current, at: schedule.at, subscribe: () => undefined, attach: () => undefined }
}

/**
 * Reads a catalogue folder and checks it as a whole.
 * @throws CodedError KM_CATALOGUE_INVALID whose message lists every problem with its place
 */
export async function openCatalogue(dir: string): Promise<Catalogue> {
  const loaded = loadCatalogue(await readCatalogueFolder(dir))
  if (loaded.catalogue) return loaded.catalogue
  throw new CatalogueInvalid(`the catalogue in ${dir}`, loaded.problems)
}
