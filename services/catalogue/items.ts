import { mergeLayers } from '../rules/layers.ts'
import type { Problem } from '../rules/problem.ts'
import { readSource, type SourceFile } from '../rules/source.ts'

/** What a catalogue consists of, as its files say it: by kind (factors, rules, offers, policy and so on) and id. */
export type Items = ReadonlyMap<string, ReadonlyMap<string, unknown>>

/** Items of files that were checked; of a catalogue that extends another, what is left when the layers are merged. */
export function itemsOf(files: readonly SourceFile[]): Items {
  const items = new Map<string, Map<string, unknown>>()
  const seen: Problem[] = []
  for (const file of mergeLayers(files, seen)) {
    const kind = kindOf(file.path)
    const known = items.get(kind) ?? new Map<string, unknown>()
    items.set(kind, known)
    for (const { value } of readSource(file, seen)) known.set(kind === 'policy' ? 'policy' : idOf(value), value)
  }
  return items
}

const kinds = ['factors', 'rules', 'offers', 'campaigns', 'segments', 'tags', 'calendars']

/** By the last folder that says it, as the check does. */
function kindOf(path: string): string {
  const parts = path.split('/')
  const name = (parts.at(-1) ?? '').replace(/\.ya?ml$/, '')
  return parts.slice(0, -1).findLast((part) => kinds.includes(part)) ?? name
}

const idOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : ''
