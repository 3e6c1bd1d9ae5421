import type { ValueType } from './expression.ts'
import { isNew } from './once-only.ts'
import type { Problem } from './problem.ts'
import type { Text } from './ruleset.ts'
import { checkShape } from './shape.ts'
import type { SourceNode } from './source.ts'

/** A mark that other systems put on subscribers' profiles. */
export interface Tag {
  readonly id: string
  readonly title: Text
  /** A profile holds it as text, from which it is read. */
  readonly type: ValueType
  /** The only texts, where they are listed. */
  readonly values?: readonly string[]
}

/** By id; undefined for one which is faulty: reading it is no further fault. */
export function checkTags(
  nodes: readonly SourceNode[],
  lost: ReadonlySet<string>,
  problems: Problem[],
): ReadonlyMap<string, Tag | undefined> {
  const tags = new Map<string, Tag | undefined>()
  for (const node of nodes) {
    const shaped = checkShape('tag', node, problems)
    const raw = shaped?.raw
    if (raw?.values && raw.type !== undefined && raw.type !== 'text') {
      const message = `values are of tags of type text, not ${raw.type}`
      shaped?.subject.fault('KM_CATALOGUE_VALUE', message, ['values'])
    }
    const { id } = node
    if (id === undefined || !isNew('tag', id, tags, node, problems)) continue
    const type = raw?.type === undefined || raw.type === 'text' ? 'string' : raw.type
    tags.set(
      id,
      raw && shaped.isWhole ? { id, title: raw.title, type, ...(raw.values && { values: raw.values }) } : undefined,
    )
  }
  for (const id of lost) if (!tags.has(id)) tags.set(id, undefined)
  return tags
}
