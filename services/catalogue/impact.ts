import { type Carry, carryOf, carryOfRule } from '../rules/carry.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { factorContents } from '../rules/factor-contents.ts'
import type { LoadedCatalogue } from '../rules/load.ts'
import type { SourceFile } from '../rules/source.ts'
import { changedThrough } from './changed-through.ts'
import { itemsOf } from './items.ts'
import { typeChanges } from './type-changes.ts'

/** A catalogue with the files that say it. */
export interface Content {
  readonly files: readonly SourceFile[]
  readonly catalogue: Catalogue
}

/** What one catalogue changes against another. */
export interface Impact {
  /** Hashes of the contents. */
  readonly from: string
  readonly to: string
  /** By kind and id. */
  readonly changes: readonly Change[]
}

export interface Change {
  /** factors, rules, offers, policy and so on. */
  readonly kind: string
  readonly id: string
  readonly change: 'added' | 'removed' | 'changed'
  /** Of what is changed: field by field, as the files say it. Empty where only what it reads has changed. */
  readonly fields: readonly FieldChange[]
  /** Of a rule, and of a factor that says what it said: the changed factors and segments from which it is computed. */
  readonly through: readonly string[]
  /** Of changed factors and rules: what becomes of what is known about subscribers. */
  readonly carry: Carry | null
  /** A publication with this change is refused: why. */
  readonly refusal?: { readonly code: string; readonly message: string }
}

/** Undefined (in JSON: left out) where there is no such field. */
export interface FieldChange {
  readonly field: string
  readonly before?: unknown
  readonly after?: unknown
}

/** Compares two catalogues as people wrote them; what is only written otherwise (order, comments, files) is no change. */
export function impactOf(before: Content, after: Content): Impact {
  const old = itemsOf(before.files)
  const present = itemsOf(after.files)
  const kinds = [...new Set([...old.keys(), ...present.keys()])].toSorted()
  const changes = kinds.flatMap((kind) => changesOf(kind, old.get(kind) ?? none, present.get(kind) ?? none))
  const all = [
    ...changes.map((change) => withCarry(change, before.catalogue, after.catalogue)),
    ...changedThrough(changes, before.catalogue, after.catalogue),
  ]
  const refusals = new Map(typeChanges(before.catalogue, after.catalogue).map((one) => [one.id, one.problem]))
  return {
    from: before.catalogue.version,
    to: after.catalogue.version,
    changes: all.map((change) => {
      const refusal = change.kind === 'factors' ? refusals.get(change.id) : undefined
      return refusal ? { ...change, refusal: { code: refusal.code, message: refusal.message } } : change
    }),
  }
}

/** `impactOf` what `loadCatalogue` gave. @throws RangeError one of them has faults: there is nothing to compare */
export function impactOfLoaded(before: LoadedContent, after: LoadedContent): Impact {
  if (!before.catalogue || !after.catalogue) throw new RangeError('only catalogues without fault are compared')
  return impactOf(
    { files: before.files, catalogue: before.catalogue },
    { files: after.files, catalogue: after.catalogue },
  )
}

type LoadedContent = { readonly files: readonly SourceFile[] } & LoadedCatalogue

const none: ReadonlyMap<string, unknown> = new Map()

function changesOf(kind: string, old: ReadonlyMap<string, unknown>, present: ReadonlyMap<string, unknown>): Change[] {
  const plain = { fields: [], through: [], carry: null } as const
  const ids = [...new Set([...old.keys(), ...present.keys()])].toSorted()
  return ids.flatMap((id): Change[] => {
    if (!present.has(id)) return [{ kind, id, change: 'removed', ...plain }]
    if (!old.has(id)) return [{ kind, id, change: 'added', ...plain }]
    const fields = fieldChanges(old.get(id), present.get(id), '')
    return fields.length === 0 ? [] : [{ kind, id, change: 'changed', ...plain, fields }]
  })
}

/** Down through mappings; lists and single values are compared as wholes. */
function fieldChanges(before: unknown, after: unknown, field: string): FieldChange[] {
  if (isMapping(before) && isMapping(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return names.flatMap((name) => fieldChanges(before[name], after[name], field === '' ? name : `${field}.${name}`))
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  return [{ field, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function withCarry(change: Change, before: Catalogue, after: Catalogue): Change {
  if (change.change !== 'changed') return change
  if (change.kind === 'factors') {
    const pair = pairOf(before.ruleset.factors, after.ruleset.factors, change.id)
    return pair ? { ...change, carry: carryOf(...pair) } : change
  }
  if (change.kind !== 'rules') return change
  const pair = pairOf(before.ruleset.rules, after.ruleset.rules, change.id)
  return pair ? { ...change, carry: carryOfRule(...pair, factorsOf(before, after)) } : change
}

const factorsOf = (before: Catalogue, after: Catalogue) => ({
  before: factorContents(before.ruleset),
  after: factorContents(after.ruleset),
})

function pairOf<T extends { readonly id: string }>(
  before: readonly T[],
  after: readonly T[],
  id: string,
): [T, T] | undefined {
  const old = before.find((one) => one.id === id)
  const present = after.find((one) => one.id === id)
  return old && present && [old, present]
}
