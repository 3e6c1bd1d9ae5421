import { dataOf, type LoadedData } from '../rules/between-threads.ts'
import { type LoadedCatalogue, loadCatalogue } from '../rules/load.ts'
import type { SourceFile } from '../rules/source.ts'
import { type Impact, impactOf } from './impact.ts'
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
  const [before, after] = [load(task.before), load(task.after)]
  if (!before.catalogue || !after.catalogue) throw new RangeError('only catalogues without fault are compared')
  return {
    kind: 'impact',
    impact: impactOf(
      { files: task.before, catalogue: before.catalogue },
      { files: task.after, catalogue: after.catalogue },
    ),
  }
}
