import { isMap, isSeq, parseAllDocuments } from 'yaml'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { type Problem, problem } from './problem.ts'
import { readSource, type SourceFile, type SourceNode } from './source.ts'

/**
 * A catalogue may extend another: an item of an upper layer takes the place of the item of the same id below it, a policy
 * the place of the policy, and `catalogue.yaml` takes items away. What is left out is blanked in the text of its file, so
 * that everything else stands where it stood and whoever reads on knows nothing of layers.
 */

/** What a `catalogue.yaml` says. */
export interface CatalogueHead {
  /** `shipped`, or a folder relative to this one. */
  readonly extends?: string
  /** Ids that are not taken over from below, by kind. */
  readonly without: Readonly<Partial<Record<Kind, readonly string[]>>>
  /** All that is taken over of the rules below. */
  readonly onlyRules?: readonly string[]
}

const kinds = ['factors', 'rules', 'offers', 'campaigns', 'segments', 'calendars', 'tags'] as const
type Kind = (typeof kinds)[number]

const isHead = (path: string): boolean => /(^|[\\/])catalogue\.ya?ml$/.test(path)
const isPolicy = (path: string): boolean => /(^|[\\/])policy\.ya?ml$/.test(path)
const isExample = (path: string): boolean => /(^|[\\/])examples[\\/]/.test(path)

/** By the last folder that says it. */
const kindOf = (path: string): Kind | undefined =>
  path
    .split(/[\\/]/)
    .slice(0, -1)
    .findLast((part): part is Kind => (kinds as readonly string[]).includes(part))

const layerOf = ({ layer = 0 }: SourceFile): number => layer

/** The files that make the catalogue: without examples and heads, and without what an upper layer replaces or takes away. */
export function mergeLayers(files: readonly SourceFile[], problems: Problem[]): SourceFile[] {
  const content = files.filter(({ path }) => !isExample(path) && !isHead(path))
  const hidden = new Map<Kind, Set<string>>()
  const merged: SourceFile[] = []
  let hasPolicy = false
  for (const layer of [...new Set(files.map(layerOf))].sort((a, b) => a - b)) {
    const own = content.filter((file) => layerOf(file) === layer)
    merged.push(...hideIn(own, hidden).filter(({ path }) => !hasPolicy || !isPolicy(path)))
    hasPolicy ||= own.some(({ path }) => isPolicy(path))
    const below = idsOf(content.filter((file) => layerOf(file) > layer))
    if (below.size > 0) for (const [kind, ids] of idsOf(own)) for (const id of ids) hiddenOf(hidden, kind).add(id)
    const heads = files.filter((file) => isHead(file.path) && layerOf(file) === layer)
    for (const head of heads) leaveOut(head, below, hidden, problems)
  }
  return merged
}

function hiddenOf(hidden: Map<Kind, Set<string>>, kind: Kind): Set<string> {
  const ids = hidden.get(kind) ?? new Set()
  hidden.set(kind, ids)
  return ids
}

/** Hides what a head takes away; an id that isn't there below is a problem. */
function leaveOut(
  file: SourceFile,
  below: ReadonlyMap<Kind, ReadonlySet<string>>,
  hidden: Map<Kind, Set<string>>,
  problems: Problem[],
): void {
  const head = readCatalogueHead(file, problems)
  if (!head) return
  const check = (kind: Kind, ids: readonly string[], path: (index: number) => (string | number)[]) => {
    const known = below.get(kind) ?? new Set<string>()
    ids.forEach((id, index) => {
      if (known.has(id)) return
      const message = `nothing below has a ${kind.slice(0, -1)} '${id}'${didYouMeanOneOf(id, [...known])}`
      problems.push(problem('KM_CATALOGUE_VALUE', message, head.node.at(path(index))))
    })
  }
  for (const kind of kinds) {
    const ids = head.without[kind] ?? []
    check(kind, ids, (index) => ['without', kind, index])
    for (const id of ids) hiddenOf(hidden, kind).add(id)
  }
  if (!head.onlyRules) return
  check('rules', head.onlyRules, (index) => ['only_rules', index])
  for (const id of below.get('rules') ?? []) if (!head.onlyRules.includes(id)) hiddenOf(hidden, 'rules').add(id)
}

/** A `catalogue.yaml`; undefined, with problems, where it isn't one. */
export function readCatalogueHead(
  file: SourceFile,
  problems: Problem[],
): (CatalogueHead & { readonly node: SourceNode }) | undefined {
  const before = problems.length
  const [node, second] = readSource(file, problems)
  if (second) problems.push(problem('KM_CATALOGUE_VALUE', 'catalogue.yaml holds one mapping', second.at([])))
  if (!node) return undefined
  const { value } = node
  if (!isMapping(value)) {
    problems.push(problem('KM_CATALOGUE_TYPE', 'catalogue.yaml must be a mapping', node.at([])))
    return undefined
  }
  const known = ['extends', 'without', 'only_rules']
  const fault = (message: string, ...path: (string | number)[]) =>
    problems.push(problem('KM_CATALOGUE_TYPE', message, node.at(path)))
  const unknown = (given: Readonly<Record<string, unknown>>, names: readonly string[], ...path: string[]) => {
    for (const key of Object.keys(given)) {
      if (names.includes(key)) continue
      const message = `no key '${key}' here${didYouMeanOneOf(key, names)}`
      problems.push(problem('KM_CATALOGUE_UNKNOWN_KEY', message, node.atKey(path, key)))
    }
  }
  unknown(value, known)
  const base = value.extends
  if (base !== undefined && (typeof base !== 'string' || base === ''))
    fault("'extends' is 'shipped' or a folder", 'extends')
  const without = value.without ?? {}
  if (!isMapping(without)) fault("'without' must be a mapping of lists of ids", 'without')
  else {
    unknown(without, kinds, 'without')
    for (const kind of kinds) {
      if (without[kind] !== undefined && !isTexts(without[kind]))
        fault(`'${kind}' must be a list of ids`, 'without', kind)
    }
  }
  const only = value.only_rules
  if (only !== undefined && !isTexts(only)) fault("'only_rules' must be a list of ids", 'only_rules')
  if (problems.length > before) return undefined
  return {
    node,
    without: without as CatalogueHead['without'],
    ...(typeof base === 'string' && { extends: base }),
    ...(isTexts(only) && { onlyRules: only }),
  }
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

/** An item of a file and the stretch of text that holds it. */
interface Item {
  readonly id: string
  readonly start: number
  readonly end: number
}

/** The files without the hidden items; a file that is left with nothing is left out. */
function hideIn(files: readonly SourceFile[], hidden: ReadonlyMap<Kind, ReadonlySet<string>>): SourceFile[] {
  return files.flatMap((file) => {
    const kind = kindOf(file.path)
    const ids = kind && hidden.get(kind)
    if (!ids || ids.size === 0) return [file]
    const text = textOf(file)
    const items = itemsIn(text)
    const gone = items.filter(({ id }) => ids.has(id))
    if (gone.length === 0) return [file]
    if (gone.length === items.length) return []
    let blanked = text
    for (const { start, end } of gone) {
      blanked = blanked.slice(0, start) + blanked.slice(start, end).replaceAll(/[^\n]/g, ' ') + blanked.slice(end)
    }
    return [{ ...file, text: blanked }]
  })
}

function idsOf(files: readonly SourceFile[]): ReadonlyMap<Kind, ReadonlySet<string>> {
  const found = new Map<Kind, Set<string>>()
  for (const file of files) {
    const kind = kindOf(file.path)
    if (kind) for (const { id } of itemsIn(textOf(file))) hiddenOf(found, kind).add(id)
  }
  return found
}

const textOf = ({ text }: SourceFile): string =>
  (typeof text === 'string' ? text : new TextDecoder().decode(text)).replace(/^\uFEFF/, '')

/** A file that isn't YAML has none: whoever reads it will say why. */
function itemsIn(text: string): readonly Item[] {
  const documents = parseAllDocuments(text, { prettyErrors: false, stringKeys: true, merge: false })
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return []
  return documents.flatMap(({ contents }) => {
    if (!isSeq(contents)) return itemOf(contents)
    return contents.items.flatMap((node) => itemOf(node).map((item) => withSign(item, text, contents.flow === true)))
  })
}

function itemOf(node: unknown): readonly Item[] {
  if (!isMap(node) || !node.range) return []
  const id: unknown = node.get('id')
  const [start, end] = node.range
  return typeof id === 'string' ? [{ id, start, end }] : []
}

/** With what makes it an item of a list: the dash before it, or the comma behind it. */
function withSign({ id, start, end }: Item, text: string, isFlow: boolean): Item {
  if (!isFlow) return { id, start: text.lastIndexOf('-', start), end }
  const [comma = ''] = /^\s*,/.exec(text.slice(end)) ?? []
  return { id, start, end: end + comma.length }
}
