import type { CodedError } from '../domain/errors.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { loadCatalogue } from '../rules/load.ts'
import type { SourceFile } from '../rules/source.ts'
import { readTimelines } from './read-timelines.ts'
import type { Timeline } from './timeline.ts'

const isExample = ({ path }: SourceFile): boolean => path.split(/[\\/]/).slice(0, -1).includes('examples')

/**
 * The worked examples of a catalogue's files: its own, and those of the catalogue that it extends as far as they are about
 * rules which it left as they were. What is wrong with its own is added to `problems`.
 */
export function readExamples(
  files: readonly SourceFile[],
  catalogue: Catalogue,
  problems: CodedError[],
): readonly Timeline[] {
  const examples = files.filter(isExample)
  const layers = [...new Set(examples.map(({ layer = 0 }) => layer))].sort((a, b) => a - b)
  return layers.flatMap((layer) => {
    const own = examples.filter((file) => (file.layer ?? 0) === layer)
    if (layer === 0) return own.flatMap((file) => readTimelines(file, { catalogue, files }, problems))
    return examplesBelow(
      own,
      files.filter((file) => (file.layer ?? 0) >= layer),
      catalogue,
    )
  })
}

/** Of an extended catalogue, whose own check tells what is wrong with them. */
function examplesBelow(
  examples: readonly SourceFile[],
  files: readonly SourceFile[],
  upper: Catalogue,
): readonly Timeline[] {
  const { catalogue } = loadCatalogue(files)
  if (!catalogue) return []
  const versions = new Map(upper.ruleset.rules.map(({ id, version }) => [id, version]))
  const same = new Set(
    catalogue.ruleset.rules.filter(({ id, version }) => versions.get(id) === version).map(({ id }) => id),
  )
  return examples
    .flatMap((file) => readTimelines(file, { catalogue, files }, []))
    .filter(
      (timeline) =>
        timeline.catalogue === catalogue && timeline.rules.length > 0 && timeline.rules.every((id) => same.has(id)),
    )
    .map((timeline) => ({ ...timeline, catalogue: upper }))
}

/** A rule that lacks an example which fires, or one which nearly does, or both. */
export interface MissingExample {
  readonly rule: string
  readonly lacks: readonly ('firing' | 'silent')[]
}

/** Rules of which no example shows that they fire, or that they don't. An example is about the rules that it names. */
export function missingExamples(timelines: readonly Timeline[], rules: readonly string[]): readonly MissingExample[] {
  const firing = new Set<string>()
  const silent = new Set<string>()
  for (const { rules: about, expected } of timelines) {
    for (const rule of about) (expected.some((moment) => moment.rule === rule) ? firing : silent).add(rule)
  }
  return rules.flatMap((rule) => {
    const lacks = [...(firing.has(rule) ? [] : ['firing' as const]), ...(silent.has(rule) ? [] : ['silent' as const])]
    return lacks.length > 0 ? [{ rule, lacks }] : []
  })
}
