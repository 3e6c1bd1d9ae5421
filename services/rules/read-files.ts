import { type Problem, problem } from './problem.ts'
import { fileBytesMax, readSource, type SourceFile, type SourceNode } from './source.ts'

const folders = ['factors', 'rules', 'offers', 'campaigns', 'segments', 'tags', 'calendars', 'examples'] as const
type Folder = (typeof folders)[number]
type Kind = Folder | 'policy'
type Sources = Readonly<Record<Kind, SourceNode[]>>

/** What a file holds, by its place; undefined where a catalogue has no such place. */
export function kindOf(path: string): Kind | undefined {
  const parts = path.split(/[\\/]/)
  if (/^policy\.ya?ml$/.test(parts.at(-1) ?? '')) return 'policy'
  const isFolder = (part: string): part is Folder => folders.some((folder) => folder === part)
  return parts.slice(0, -1).findLast(isFolder)
}

/** What the files of a catalogue hold, by kind. */
export interface CatalogueSources {
  readonly sources: Sources
  /** Ids that files seem to hold which could not be read: what refers to them isn't blamed too. */
  readonly lost: Readonly<Record<Kind, ReadonlySet<string>>>
}

export function readFiles(files: readonly SourceFile[], problems: Problem[]): CatalogueSources {
  const sources = forEachKind((): SourceNode[] => [])
  const lost = forEachKind(() => new Set<string>())
  for (const file of files) {
    const kind = kindOf(file.path)
    const before = problems.length
    if (kind) sources[kind].push(...readSource(file, problems))
    else {
      const places = folders.map((name) => `${name}/*.yaml`).join(', ')
      const message = `a catalogue has ${places} and policy.yaml; move or rename it`
      problems.push(problem('KM_CATALOGUE_UNEXPECTED_FILE', message, { file: file.path, line: 1, column: 1 }))
    }
    if (kind && problems.length > before) for (const id of idsWrittenIn(file)) lost[kind].add(id)
  }
  return { sources, lost }
}

const forEachKind = <Of>(make: () => Of): Record<Kind, Of> => ({
  factors: make(),
  rules: make(),
  offers: make(),
  campaigns: make(),
  segments: make(),
  tags: make(),
  calendars: make(),
  examples: make(),
  policy: make(),
})

function idsWrittenIn({ text }: SourceFile): readonly string[] {
  const whole = typeof text === 'string' ? text : new TextDecoder().decode(text)
  return [...whole.slice(0, fileBytesMax).matchAll(/^[ \t{-]*id: *["']?([A-Za-z][A-Za-z0-9_.-]*)/gm)].map(
    ([, id = '']) => id,
  )
}
