import type { CodedError } from '../domain/errors.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { readSource, type SourceFile, type SourceNode } from '../rules/source.ts'
import {
  type BaseCatalogue,
  type Cut,
  createCut,
  inlineFiles,
  inlineKinds,
  loadInline,
  onBare,
  onTop,
} from './inline-catalogue.ts'
import { isMapping } from './mapping.ts'
import { type TimelineCode, timelineProblem } from './problem.ts'
import { type Catalogues, readTimeline } from './read-timeline.ts'
import type { Timeline } from './timeline.ts'

const catalogueKeys = [...inlineKinds, 'policy']
const settingKeys = ['rule', 'covers', 'zone', 'start', 'profile', 'grace', 'defaults']
const timelineKeys = ['title', 'timeline', ...settingKeys, ...catalogueKeys, 'catalogues']
const groupKeys = ['timelines', ...settingKeys, ...catalogueKeys, 'catalogues']
const memberKeys = ['title', 'timeline', ...settingKeys]

/**
 * The timelines of a file: documents, items of a list, or groups, whose `timelines` share what stands beside them.
 * What is wrong is added to `problems`; a timeline with a fault is left out. `base` is the catalogue that they try, unless
 * they hold their own.
 */
export function readTimelines(
  file: SourceFile,
  base: BaseCatalogue | undefined,
  problems: CodedError[],
): readonly Timeline[] {
  const nodes = readSource(file, problems)
  const text = typeof file.text === 'string' ? file.text : new TextDecoder().decode(file.text)
  const cut = createCut(text.replace(/^\uFEFF/, ''))
  return nodes.flatMap((node, index) => {
    const { value } = node
    if (!isMapping(value)) return fault('KM_TIMELINE_VALUE', 'a timeline is a mapping with title and timeline', node)
    const isGroup = value.timelines !== undefined
    checkKeys(node, value, isGroup ? groupKeys : timelineKeys, problems)
    const catalogues = readCatalogues(node, value, { file, base, index, cut, problems })
    return membersOf(node, value).flatMap((member) => {
      if (!isMapping(member.value)) {
        return fault('KM_TIMELINE_VALUE', 'a timeline is a mapping with title and timeline', member)
      }
      if (isGroup) checkKeys(member, member.value, memberKeys, problems)
      return (
        readTimeline(isGroup ? inherit(node, member) : node, { ...value, ...member.value }, catalogues, problems) ?? []
      )
    })
  })

  function membersOf(node: SourceNode, value: Readonly<Record<string, unknown>>): readonly SourceNode[] {
    const { timelines } = value
    if (timelines === undefined) return [node]
    if (Array.isArray(timelines) && timelines.length > 0) {
      return timelines.map((member: unknown, i) => below(node, ['timelines', i], member))
    }
    return fault('KM_TIMELINE_VALUE', "'timelines' must be a list of timelines", below(node, ['timelines'], timelines))
  }

  function fault(code: TimelineCode, message: string, node: SourceNode): [] {
    problems.push(timelineProblem(code, message, node.at([])))
    return []
  }
}

function checkKeys(
  node: SourceNode,
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  problems: CodedError[],
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    const message = `no key '${key}' here${didYouMeanOneOf(key, known)}`
    problems.push(timelineProblem('KM_TIMELINE_KEY', message, node.atKey([], key)))
  }
}

interface Surroundings {
  readonly file: SourceFile
  readonly base: BaseCatalogue | undefined
  /** Of the node in its file. */
  readonly index: number
  readonly cut: Cut
  readonly problems: CodedError[]
}

function readCatalogues(
  node: SourceNode,
  value: Readonly<Record<string, unknown>>,
  { file, base, index, cut, problems }: Surroundings,
): Catalogues | undefined {
  const own = inlineFiles(cut, index, [], 'own')
  const first = own.length === 0 ? base : loadInline(onBare(own), file.path, problems)
  if (!first && own.length === 0) {
    const message = 'no catalogue to try: give factors and rules here, or a folder'
    problems.push(timelineProblem('KM_TIMELINE_KEY', message, node.at([])))
  }
  const others = new Map<string, Catalogue>()
  const { catalogues = {} } = value
  if (!isMapping(catalogues)) {
    const message = "'catalogues' must be a mapping by name"
    problems.push(timelineProblem('KM_TIMELINE_VALUE', message, node.at(['catalogues'])))
    return undefined
  }
  for (const [name, content] of Object.entries(catalogues)) {
    const inner = below(node, ['catalogues', name], content)
    if (!isMapping(content)) {
      const message = `'${name}' must be a mapping: ${catalogueKeys.join(', ')}, without`
      problems.push(timelineProblem('KM_TIMELINE_VALUE', message, inner.at([])))
      continue
    }
    checkKeys(inner, content, [...catalogueKeys, 'without'], problems)
    const loaded =
      first && loadInline(onTop(inlineFiles(cut, index, ['catalogues', name], name), first), file.path, problems)
    if (loaded) others.set(name, loaded.catalogue)
  }
  return first && { first: first.catalogue, others }
}

/** A piece of a node as a node. */
const below = (node: SourceNode, base: readonly (string | number)[], value: unknown): SourceNode => ({
  value,
  id: undefined,
  at: (path) => node.at([...base, ...path]),
  atKey: (path, key) => node.atKey([...base, ...path], key),
  within: (path, offset) => node.within([...base, ...path], offset),
})

/** A member of a group: a key stands where it is given, in the member or beside it. */
function inherit(group: SourceNode, member: SourceNode): SourceNode {
  const own = new Set(Object.keys(member.value ?? {}))
  const holder = (key: string | number | undefined) => (key === undefined || own.has(String(key)) ? member : group)
  return {
    value: member.value,
    id: member.id,
    at: (path) => holder(path[0]).at(path),
    atKey: (path, key) => holder(path[0] ?? key).atKey(path, key),
    within: (path, offset) => holder(path[0]).within(path, offset),
  }
}
