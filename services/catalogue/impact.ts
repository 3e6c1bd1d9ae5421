import { type Carry, carryOf, carryOfRule } from '../rules/carry.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { factorContents } from '../rules/factor-contents.ts'
import type { LoadedCatalogue } from '../rules/load.ts'
import type { SourceFile } from '../rules/source.ts'
import { itemsOf } from './items.ts'

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
  /** Of what is changed: field by field, as the files say it. Empty for a rule that only reads changed factors. */
  readonly fields: readonly FieldChange[]
  /** Of a rule: the changed factors that it reads. */
  readonly through: readonly string[]
  /** Of changed factors and rules: what becomes of what is known about subscribers. */
  readonly carry: Carry | null
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
  return {
    from: before.catalogue.version,
    to: after.catalogue.version,
    changes: [...changes.map((change) => withCarry(change, before.catalogue, after.catalogue))].concat(
      throughFactors(changes, before.catalogue, after.catalogue),
    ),
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

/** Rules that say what they said, and mean something else as a factor that they read does. */
function throughFactors(changes: readonly Change[], before: Catalogue, after: Catalogue): Change[] {
  const factors = changes.flatMap(({ kind, id }) => (kind === 'factors' ? [id] : []))
  const own = new Set(changes.flatMap(({ kind, id }) => (kind === 'rules' ? [id] : [])))
  return after.ruleset.rules.flatMap((rule): Change[] => {
    const pair = pairOf(before.ruleset.rules, after.ruleset.rules, rule.id)
    if (!pair || own.has(rule.id) || pair[0].version === rule.version) return []
    const text = JSON.stringify(rule)
    const carry = carryOfRule(...pair, factorsOf(before, after))
    const through = factors.filter((id) => text.includes(`"${id}"`))
    return [{ kind: 'rules', id: rule.id, change: 'changed', fields: [], through, carry }]
  })
}

function pairOf<T extends { readonly id: string }>(
  before: readonly T[],
  after: readonly T[],
  id: string,
): [T, T] | undefined {
  const old = before.find((one) => one.id === id)
  const present = after.find((one) => one.id === id)
  return old && present && [old, present]
}
