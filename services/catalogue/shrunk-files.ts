import { kindOf } from '../rules/read-files.ts'
import { readSource, type SourceFile } from '../rules/source.ts'

/** A file that is still there and holds less than it did. */
export interface ShrunkFile {
  readonly path: string
  /** Items of it that are nowhere any more, as `rules silent-7d`. */
  readonly gone: readonly string[]
  /** It holds only the beginning of what it held. */
  readonly isBeginning: boolean
}

/**
 * Files which look as if they were saved half: that lost items which no other file took over, or hold only the beginning of
 * what they held. A file that is gone as a whole was deleted on purpose.
 */
export function shrunkFiles(before: readonly SourceFile[], after: readonly SourceFile[]): readonly ShrunkFile[] {
  const present = new Map(after.map((file) => [keyOf(file), file]))
  const changed = before.flatMap((old) => {
    const file = present.get(keyOf(old))
    return file && file.text !== old.text ? [{ old, file }] : []
  })
  if (changed.length === 0) return []
  const left = new Set(after.flatMap(itemsIn))
  return changed.flatMap(({ old, file }) => {
    const held = itemsIn(old)
    const gone = held.filter((item) => !left.has(item))
    const kept = new Set(itemsIn(file))
    const isMoved = held.some((item) => left.has(item) && !kept.has(item))
    const isBeginning = !isMoved && String(old.text).startsWith(String(file.text))
    return gone.length > 0 || isBeginning ? [{ path: file.path, gone, isBeginning }] : []
  })
}

const keyOf = ({ path, layer = 0 }: SourceFile): string => `${layer} ${path}`

function itemsIn(file: SourceFile): readonly string[] {
  const kind = kindOf(file.path)
  // Faults are the check's matter.
  return readSource(file, []).flatMap(({ id }) => (id === undefined ? [] : [`${kind} ${id}`]))
}
