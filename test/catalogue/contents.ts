import type { Content } from '../../services/catalogue/impact.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { filesOf } from './over-http.ts'

/** The small catalogue with some files changed (undefined: left out), as it is published. */
export function contentOf(changes: Readonly<Record<string, string | undefined>> = {}): Content {
  const files: Record<string, string | undefined> = { ...smallCatalogue, ...changes }
  const kept = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const sources = filesOf(Object.fromEntries(kept))
  const { catalogue, problems } = loadCatalogue(sources)
  if (!catalogue) throw new Error(problems.map(String).join('\n'))
  return { files: sources, catalogue }
}

export const catalogueOfFiles = (changes: Readonly<Record<string, string | undefined>> = {}): Catalogue =>
  contentOf(changes).catalogue

/** The small catalogue's rule `long-call` with another threshold. */
export const threshold = (seconds: number) => ({
  'rules/calls.yaml': smallCatalogue['rules/calls.yaml'].replace('>= 600', `>= ${seconds}`),
})
