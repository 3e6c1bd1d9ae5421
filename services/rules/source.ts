import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml'
import type { Location } from '../domain/errors.ts'
import { type Problem, type ProblemCode, problem } from './problem.ts'
import { positionInScalar } from './scalar-position.ts'
import { decodeUtf8 } from './utf8.ts'

/** A file of a catalogue. `path` is what messages show. Bytes are judged to be UTF-8 here, so that a fault has a place. */
export interface SourceFile {
  readonly path: string
  readonly text: string | Uint8Array
  /** 0 (and by default): the catalogue's own; above: of the catalogue that it extends, and so on. */
  readonly layer?: number
}

export type Path = readonly (string | number)[]

/** A piece of a file as plain data, which knows where everything in it stands. */
export interface SourceNode {
  readonly value: unknown
  /** Its `id`, where it has one, whatever else is wrong with it. */
  readonly id: string | undefined
  /** Of the value at the path below this node, or of the nearest thing above that exists. */
  at(path: Path): Location
  /** Of a key of a mapping. */
  atKey(path: Path, key: string): Location
  /** Of a character of a string: `offset` counts UTF-16 units of the string's value. */
  within(path: Path, offset: number): Location
}

/** Far above any sensible file (1,000 rules take about half of it), far below what could hurt. */
export const fileBytesMax = 1_048_576
/** Aliases that a document may have, and how often one anchor's content may be repeated through them. */
const aliasesMax = 100
/** A file may have the same mistake on each line. */
const faultsShownMax = 10

/** The mappings of a file, one for each document or item of a list; what is wrong is added to `problems`. */
export function readSource(file: SourceFile, problems: Problem[]): readonly SourceNode[] {
  const size = typeof file.text === 'string' ? Buffer.byteLength(file.text) : file.text.byteLength
  if (size > fileBytesMax) {
    const message = `larger than ${fileBytesMax} bytes; split the file`
    problems.push(problem('KM_YAML_TOO_LARGE', message, { file: file.path, line: 1, column: 1 }))
    return []
  }
  const text = decodeUtf8(file, problems)
  return text === undefined ? [] : parse(file.path, text, problems)
}

function parse(path: string, text: string, problems: Problem[]): readonly SourceNode[] {
  const lines = new LineCounter()
  const locate = (offset: number): Location => {
    const { line, col } = lines.linePos(offset)
    return { file: path, line, column: col }
  }
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, merge: false })
  const documents = Array.isArray(parsed) ? parsed : []
  const nodes: SourceNode[] = []
  // Looking for aliases costs a walk over the whole; a product has a space behind its sign.
  const mayHaveAliases = /\*\S/.test(text)
  for (const document of documents) {
    const faults = [...document.errors, ...document.warnings]
    // Where the syntax is lost, all that follows is of the same cause.
    const lost = faults.findIndex(({ code }) => codeOf(code) === 'KM_YAML_SYNTAX')
    const telling = lost < 0 ? faults : faults.slice(0, lost + 1)
    for (const fault of telling.slice(0, faultsShownMax)) problems.push(tellFault(fault, text, locate))
    if (faults.length > 0 || document.contents === null || isEmpty(document.contents)) continue
    const value = plainValue(document, mayHaveAliases, locate, problems)
    if (value === undefined) continue
    const root = sourceNode(document, text, locate, value, [])
    if (Array.isArray(value))
      nodes.push(...value.map((item, index) => sourceNode(document, text, locate, item, [index])))
    else nodes.push(root)
  }
  const nothing = documents.every((document) => document.contents === null || isEmpty(document.contents))
  if (nothing && documents.every((document) => document.errors.length === 0)) {
    const message = 'the file holds nothing; delete it, or was it saved half?'
    problems.push(problem('KM_CATALOGUE_EMPTY_FILE', message, { file: path, line: 1, column: 1 }))
  }
  return nodes
}

function tellFault(
  { code, message, pos: [start] }: YAMLParseError | YAMLWarning,
  text: string,
  locate: (offset: number) => Location,
): Problem {
  const own = codeOf(code)
  // The last line of a whole file has an end.
  if (own === 'KM_YAML_SYNTAX' && !text.includes('\n', start)) {
    const said = `the file ends in the middle: ${sentence(message)}; was it saved half, or is a bracket or quote not closed?`
    return problem('KM_CATALOGUE_HALF_SAVED', said, locate(start))
  }
  return problem(own, sentence(message) + (hints[code] ?? ''), locate(start))
}

const isEmpty = (node: Node): boolean => isScalar(node) && node.value === null

/** As plain data; undefined, with a problem, where an alias names nothing or aliases would multiply the content. */
function plainValue(
  document: Document,
  mayHaveAliases: boolean,
  locate: (offset: number) => Location,
  problems: Problem[],
): unknown {
  const aliases: Alias[] = []
  if (mayHaveAliases) visit(document, { Alias: (_key, alias) => void aliases.push(alias) })
  const fault = (code: ProblemCode, message: string, alias: Alias | undefined) => {
    problems.push(problem(code, message, locate(alias?.range?.[0] ?? 0)))
    return undefined
  }
  try {
    if (aliases.length <= aliasesMax) {
      // Each is resolved by a walk over the document, hence behind the limit.
      const dangling = aliases.find((alias) => !alias.resolve(document))
      if (dangling)
        return fault('KM_YAML_SYNTAX', `there is no anchor '&${dangling.source}' before this alias`, dangling)
      return document.toJS({ maxAliasCount: aliasesMax })
    }
  } catch (error) {
    // The library's way of saying that an anchor's content would be repeated more often than allowed.
    if (!(error instanceof ReferenceError)) throw error
  }
  const message = `aliases repeat more than ${aliasesMax} times what they name; write it out`
  return fault('KM_YAML_ALIASES', message, aliases.at(-1))
}

function sourceNode(
  document: Document,
  text: string,
  locate: (offset: number) => Location,
  value: unknown,
  base: Path,
): SourceNode {
  const find = (path: Path) => nearestNode(document, [...base, ...path])
  const start = (node: Node | undefined) => locate(node?.range?.[0] ?? 0)
  return {
    value,
    id: idOf(value),
    at: (path) => start(find(path)),
    atKey(path, key) {
      const node = find(path)
      const pair = isMap(node) ? node.items.find((item) => keyOf(item) === key) : undefined
      return start(isNode(pair?.key) ? pair.key : node)
    },
    within(path, offset) {
      const node = find(path)
      return isScalar(node) ? locate(positionInScalar(node, text, offset)) : start(node)
    },
  }
}

function idOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
  return typeof value.id === 'string' ? value.id : undefined
}

function nearestNode(document: Document, path: Path): Node | undefined {
  let node: unknown = document.contents
  for (const step of path) {
    const parent = isAlias(node) ? node.resolve(document) : node
    const item: unknown = isMap(parent)
      ? parent.items.find((pair) => keyOf(pair) === step)
      : isSeq(parent)
        ? parent.items[Number(step)]
        : undefined
    const child = isPair(item) ? item.value : item
    if (!isNode(child)) break
    node = child
  }
  return isNode(node) ? node : undefined
}

const keyOf = (pair: Pair): unknown => (isScalar(pair.key) ? pair.key.value : pair.key)

/** What most often causes a fault which YAML's own words don't make plain. */
const hints: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: "; is a line indented differently from its neighbours, or a text with ': ' without quotes?",
  BLOCK_IN_FLOW: "; between { and } a text with ': ' stands in quotes",
  BAD_INDENT: '; is a bracket before it not closed?',
  MISSING_CHAR: '; is a quote or bracket before it not closed, or a key without its colon?',
  UNEXPECTED_TOKEN: '; a text with quotes or brackets stands in quotes as a whole',
}

function codeOf(yamlCode: string): ProblemCode {
  if (yamlCode === 'DUPLICATE_KEY') return 'KM_YAML_DUPLICATE_KEY'
  if (yamlCode === 'TAB_AS_INDENT') return 'KM_YAML_TAB'
  if (yamlCode === 'TAG_RESOLVE_FAILED') return 'KM_YAML_TAG'
  return 'KM_YAML_SYNTAX'
}

/** The library's words in the shape of ours: small first letter, one line, no full stop. */
const sentence = (message: string): string =>
  message.charAt(0).toLowerCase() + message.slice(1).replaceAll(/\s+/g, ' ').replace(/\.$/, '')
