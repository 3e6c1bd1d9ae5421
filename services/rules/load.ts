import { deterministicId } from '../domain/ids.ts'
import type { Catalogue, Offer, Policy } from './catalogue.ts'
import type { ValueType } from './expression.ts'
import { checkFactor } from './factors.ts'
import { mergeLayers } from './layers.ts'
import { checkPolicy } from './policy.ts'
import { type Problem, problem } from './problem.ts'
import type { RawFactor, RawRule } from './raw.ts'
import { checkRule, contentOf, type Known } from './rules.ts'
import type { Factor, Rule } from './ruleset.ts'
import { createFactorScopes } from './scope.ts'
import { checkShape } from './shape.ts'
import { readSource, type SourceFile, type SourceNode } from './source.ts'
import { createSubject } from './subject.ts'

/** Either a catalogue without fault, or everything that is wrong, in the order of files, lines and columns. */
export type LoadedCatalogue =
  | { readonly catalogue: Catalogue; readonly problems?: undefined }
  | { readonly catalogue?: undefined; readonly problems: readonly Problem[] }

/**
 * Reads and checks the files of a catalogue folder as a whole: `factors/*.yaml`, `rules/*.yaml`, `offers/*.yaml` and
 * `policy.yaml` (the last folder of these names in a path counts). Pure: no file, no clock.
 */
export function loadCatalogue(files: readonly SourceFile[]): LoadedCatalogue {
  const problems: Problem[] = []
  const ordered = mergeLayers(files, problems).sort((a, b) => (a.path < b.path ? -1 : 1))
  const sources = readFiles(ordered, problems)

  const offers = checkOffers(sources.offers, problems)
  const { factors, known } = checkFactors(sources.factors, offers, problems)
  const rules = checkRules(sources.rules, known, problems)
  const policy = onlyPolicy(sources.policy, ordered, problems)

  if (problems.length > 0 || !policy) return { problems: problems.sort(byPlace) }
  const version = versionOf(ordered)
  return { catalogue: { version, ruleset: { version, factors, rules }, offers, policy } }
}

type Kind = 'factors' | 'rules' | 'offers' | 'policy'
type Sources = Readonly<Record<Kind, SourceNode[]>>

/** What a file holds, by its place; undefined where a catalogue has no such place. */
function kindOf(path: string): Kind | undefined {
  const parts = path.split(/[\\/]/)
  if (/^policy\.ya?ml$/.test(parts.at(-1) ?? '')) return 'policy'
  const folder = parts.slice(0, -1).findLast((part) => part === 'factors' || part === 'rules' || part === 'offers')
  return folder as Kind | undefined
}

function readFiles(files: readonly SourceFile[], problems: Problem[]): Sources {
  const sources: Sources = { factors: [], rules: [], offers: [], policy: [] }
  for (const file of files) {
    const kind = kindOf(file.path)
    if (kind) sources[kind].push(...readSource(file, problems))
    else {
      const message = 'a catalogue has factors/*.yaml, rules/*.yaml, offers/*.yaml and policy.yaml; move or rename it'
      problems.push(problem('KM_CATALOGUE_UNEXPECTED_FILE', message, { file: file.path, line: 1, column: 1 }))
    }
  }
  return sources
}

function checkOffers(nodes: readonly SourceNode[], problems: Problem[]): readonly Offer[] {
  const offers = new Map<string, Offer>()
  for (const node of nodes) {
    const raw = checkShape('offer', node, problems)
    if (raw && isNew('offer', raw.id, offers, node, problems)) offers.set(raw.id, raw)
  }
  return [...offers.values()]
}

function checkFactors(nodes: readonly SourceNode[], offers: readonly Offer[], problems: Problem[]) {
  const factors = new Map<string, Factor>()
  const types = new Map<string, ValueType | undefined>()
  const factorContents = new Map<string, string>()
  for (const node of nodes) {
    const raw: RawFactor | undefined = checkShape('factor', node, problems)
    // A factor with a fault is still known by its name, so that the rules which read it aren't blamed too.
    const id = raw?.id ?? nameOf(node)
    if (id === undefined || !isNew('factor', id, types, node, problems)) continue
    const factor = raw && checkFactor(raw, createSubject(node, problems))
    types.set(id, factor?.type)
    if (raw) factorContents.set(id, contentOf(raw))
    if (factor) factors.set(id, factor)
  }
  const known: Known = {
    factors: types,
    factorContents,
    offers: new Set(offers.map((offer) => offer.id)),
    factorScope: createFactorScopes(types),
  }
  return { factors: [...factors.values()], known }
}

function checkRules(nodes: readonly SourceNode[], known: Known, problems: Problem[]): readonly Rule[] {
  const rules: Rule[] = []
  const seen = new Map<string, undefined>()
  for (const node of nodes) {
    const raw: RawRule | undefined = checkShape('rule', node, problems)
    if (!raw || !isNew('rule', raw.id, seen, node, problems)) continue
    seen.set(raw.id, undefined)
    const rule = checkRule(raw, createSubject(node, problems), known)
    if (rule) rules.push(rule)
  }
  return rules
}

function onlyPolicy(
  nodes: readonly SourceNode[],
  files: readonly SourceFile[],
  problems: Problem[],
): Policy | undefined {
  const [node, second] = nodes
  const unread = files.some((file) => kindOf(file.path) === 'policy')
  if (second) problems.push(problem('KM_CATALOGUE_NO_POLICY', 'there is a second policy; keep one', second.at([])))
  if (!node) {
    // A policy.yaml which could not be read has said so itself.
    if (!unread) problems.push(problem('KM_CATALOGUE_NO_POLICY', 'there is no policy.yaml; add one', {}))
    return undefined
  }
  const raw = checkShape('policy', node, problems)
  return raw && checkPolicy(raw, createSubject(node, problems))
}

function isNew(
  what: string,
  id: string,
  seen: ReadonlyMap<string, unknown>,
  node: SourceNode,
  problems: Problem[],
): boolean {
  if (!seen.has(id)) return true
  problems.push(problem('KM_CATALOGUE_DUPLICATE_ID', `there is another ${what} '${id}'`, node.at(['id'])))
  return false
}

function nameOf(node: SourceNode): string | undefined {
  const { value } = node
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
  return typeof value.id === 'string' ? value.id : undefined
}

/** Over names and contents of all files, wherever the folder stands. */
function versionOf(files: readonly SourceFile[]): string {
  const parts = files.flatMap(({ path, text }) => [
    kindOf(path) ?? '',
    path.split(/[\\/]/).at(-1) ?? '',
    typeof text === 'string' ? text : new TextDecoder().decode(text),
  ])
  return deterministicId('catalogue', ...parts)
}

function byPlace({ location: a }: Problem, { location: b }: Problem): number {
  if (a?.file !== b?.file) return (a?.file ?? '') < (b?.file ?? '') ? -1 : 1
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0)
}
