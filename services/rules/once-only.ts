import { type Problem, problem } from './problem.ts'
import type { SourceNode } from './source.ts'

/** Whether an id wasn't there before; says so, with the place of the other, where it was. */
export function isNew(
  what: string,
  id: string,
  seen: ReadonlyMap<string, unknown>,
  node: SourceNode,
  problems: Problem[],
): boolean {
  if (!seen.has(id)) return true
  const message = `there is another ${what} '${id}'; ids are used once, rename one of them`
  problems.push(problem('KM_CATALOGUE_DUPLICATE_ID', message, node.at(['id'])))
  return false
}
