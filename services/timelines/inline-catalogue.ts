import { isMap, isNode, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import { CodedError } from '../domain/errors.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { loadCatalogue } from '../rules/load.ts'
import type { Path, SourceFile } from '../rules/source.ts'

/** The kinds of items that a timeline's file may hold itself, named as the folders of a catalogue. */
export const inlineKinds = ['factors', 'rules', 'offers', 'campaigns', 'segments', 'calendars', 'tags'] as const

/** A catalogue and the files that it was made of, upon which others are laid. */
export interface BaseCatalogue {
  readonly catalogue: Catalogue
  readonly files: readonly SourceFile[]
}

/** What a catalogue inside a file of timelines has where the file says nothing. */
const bare: readonly SourceFile[] = [
  {
    path: 'bare/policy.yaml',
    text: 'default_time_zone: Asia/Shanghai\ndefault_language: zh\nquiet_hours: []\ncaps: []\ngaps: {}\n',
  },
  { path: 'bare/offers/thanks.yaml', text: '{ id: thanks, title: { en: Thanks }, message: { en: Thanks } }\n' },
]

/** Cuts pieces out of a file so that everything in them stays at its line and column. */
export type Cut = (index: number, path: Path) => string | undefined

/** `index`: number of the document or, in a file that is one list, of the item. */
export function createCut(text: string): Cut {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const documents = Array.isArray(parsed) ? parsed : []
  const roots = documents.flatMap(({ contents }) =>
    isSeq(contents) ? contents.items.filter(isNode) : contents === null ? [] : [contents],
  )
  return (index, path) => {
    const node = path.reduce<unknown>((from, step) => childOf(from, step), roots[index])
    const range = isNode(node) ? (node as Node).range : undefined
    if (!range) return undefined
    const { line, col } = lines.linePos(range[0])
    return '\n'.repeat(line - 1) + ' '.repeat(col - 1) + text.slice(range[0], range[1])
  }
}

function childOf(from: unknown, step: string | number): unknown {
  if (isMap(from)) return from.get(step, true)
  return isSeq(from) ? from.get(step, true) : undefined
}

/** The inline items at `path` as files of a catalogue. */
export function inlineFiles(cut: Cut, index: number, path: Path, name: string): SourceFile[] {
  const files: SourceFile[] = inlineKinds.flatMap((kind) => {
    const text = cut(index, [...path, kind])
    return text === undefined ? [] : [{ path: `${inlineMark}${name}/${kind}/inline.yaml`, text }]
  })
  const policy = cut(index, [...path, 'policy'])
  if (policy !== undefined) files.push({ path: `${inlineMark}${name}/policy.yaml`, text: policy })
  const without = cut(index, [...path, 'without'])
  if (without !== undefined) {
    // Its key stands before the value, on this line or the one above: put in front of it, nothing moves.
    files.push({ path: `${inlineMark}${name}/catalogue.yaml`, text: `without:${without.replace(/^ {8}/, '')}` })
  }
  return files
}

const inlineMark = 'inline:'

/** The catalogue of these files, in which those that stand inside `file` are blamed on it. */
export function loadInline(
  files: readonly SourceFile[],
  file: string,
  problems: CodedError[],
): BaseCatalogue | undefined {
  const loaded = loadCatalogue(files)
  if (loaded.catalogue) return { catalogue: loaded.catalogue, files }
  for (const { code, message, location } of loaded.problems) {
    const place = location?.file?.startsWith(inlineMark) ? { ...location, file } : (location ?? {})
    problems.push(new CodedError(code, message, { location: place }))
  }
  return undefined
}

/** Inline items as a catalogue of their own, upon the bare one. */
export const onBare = (files: readonly SourceFile[]): SourceFile[] => [
  ...files,
  ...bare.map((file) => ({ ...file, layer: 1 })),
]

/** Inline items laid upon a catalogue: what has the same id takes its place. */
export const onTop = (files: readonly SourceFile[], base: BaseCatalogue): SourceFile[] => [
  ...files,
  ...base.files.map((file) => ({ ...file, layer: (file.layer ?? 0) + 1 })),
]
