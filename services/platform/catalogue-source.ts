import type { Catalogue } from '../rules/catalogue.ts'

/** The catalogue in force, and word of the next one. */
export interface CatalogueSource {
  readonly current: Catalogue
  /** Calls back with each catalogue that takes the place of the current one. */
  subscribe(listener: (catalogue: Catalogue) => void): void
  close(): Promise<void>
}

/** A catalogue that stays, for simulate and tests. */
export const fixedCatalogue = (current: Catalogue): CatalogueSource => ({
  current,
  subscribe: () => undefined,
  close: async () => undefined,
})
