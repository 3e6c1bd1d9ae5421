import { dataOf, type LoadedData } from '../rules/between-threads.ts'
import { type LoadedCatalogue, loadCatalogue } from '../rules/load.ts'
import type { SourceFile } from '../rules/source.ts'
import { type Impact, impactOfLoaded } from './impact.ts'
import { remembering } from './remembering.ts'

export type CheckTask =
  | { readonly kind: 'load'; readonly files: readonly SourceFile[] }
  | { readonly kind: 'impact'; readonly before: readonly SourceFile[]; readonly after: readonly SourceFile[] }

export type CheckAnswer =
  | { readonly kind: 'load'; readonly loaded: LoadedData }
  | { readonly kind: 'impact'; readonly impact: Impact }

/** Two catalogues are compared, and they were loaded one after the other before. */
const kept = 3

const load = remembering(kept, (files): LoadedCatalogue => loadCatalogue(files))

/** What `CatalogueChecks` does in its thread. */
export function check(task: CheckTask): CheckAnswer {
  if (task.kind === 'load') return { kind: 'load', loaded: dataOf(load(task.files)) }
  const { before, after } = task
  const impact = impactOfLoaded({ files: before, ...load(before) }, { files: after, ...load(after) })
  return { kind: 'impact', impact }
}
