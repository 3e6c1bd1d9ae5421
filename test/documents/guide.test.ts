import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CodedError } from '../../services/domain/errors.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { missingExamples, readExamples } from '../../services/timelines/examples.ts'
import { createTimelineRunner, type RunTimeline } from '../../services/timelines/run-timeline.ts'
import { shippedFiles } from '../rules/catalogue-files.ts'
import { root } from '../tidy/sources.ts'

interface Recipe {
  readonly page: string
  readonly title: string
  /** Its blocks, as files of a catalogue. */
  readonly files: readonly SourceFile[]
}

const folder = join(root, 'docs', 'guide')
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'))
const recipes = pages.flatMap((page) => recipesOf(page, readFileSync(join(folder, page), 'utf8')))
const isRule = ({ path }: SourceFile) => /(^|\/)(rules|campaigns|examples)\//.test(path)
/** What the recipes stand upon: the shipped catalogue without its rules, and the campaigns that name them. */
const base = shippedFiles()
  .filter((file) => !isRule(file))
  .map((file) => ({ ...file, layer: 1 }))

/** The sections of a page, with the blocks whose fence names a file of a catalogue's folders. */
function recipesOf(page: string, text: string): Recipe[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = ''] = section.split('\n', 1)
      const fences = section.matchAll(
        /^```yaml ((?:factors|rules|offers|tags|segments|examples)\/\S+)\n([\s\S]*?)^```$/gm,
      )
      return { page, title, files: [...fences].map(([, path = '', body = '']) => ({ path, text: body })) }
    })
}

const withFiles = recipes.filter(({ files }) => files.length > 0)

test('there are twenty recipes and more, each with a name of its own', () => {
  expect(withFiles.length).toBeGreaterThanOrEqual(20)
  expect(new Set(recipes.map(({ title }) => title)).size).toBe(recipes.length)
})

test('every block of YAML belongs to a recipe', () => {
  const blocks = pages.flatMap((page) => [...readFileSync(join(folder, page), 'utf8').matchAll(/^```yaml(.*)$/gm)])
  const known = /^ (factors|rules|offers|tags|segments|examples|my-catalogue|candidate)\/\S+\.yaml$/
  expect(blocks.map(([, title = '']) => title).filter((title) => !known.test(title))).toEqual([])
})

describe('each recipe does what it says', () => {
  let run: RunTimeline
  beforeAll(async () => {
    run = await createTimelineRunner()
  })

  test.each(withFiles)('$page: $title', ({ files }) => {
    const problems: CodedError[] = []
    const all = [...files, ...base]
    const loaded = loadCatalogue(all)
    expect(loaded.problems?.map(String) ?? []).toEqual([])
    if (!loaded.catalogue) return
    const timelines = readExamples(all, loaded.catalogue, problems)
    expect(problems.map(String)).toEqual([])
    expect(timelines.flatMap((timeline) => run(timeline).failures.map(String))).toEqual([])
    const ids = loaded.catalogue.ruleset.rules.map(({ id }) => id)
    expect(missingExamples(timelines, ids), 'a rule without a firing and a silent example').toEqual([])
  })
})

test('all recipes together lie upon the shipped catalogue, and take the place of nothing but what they say', () => {
  const own = withFiles.flatMap(({ files }) => files)
  const { problems } = loadCatalogue([...own, ...shippedFiles().map((file) => ({ ...file, layer: 1 }))])
  expect(problems?.map(String) ?? []).toEqual([])
  const idsOf = (files: readonly SourceFile[]) => {
    const found = loadCatalogue(files).catalogue?.ruleset
    return [...(found?.factors ?? []), ...(found?.rules ?? [])].filter((one) => !('hidden' in one && one.hidden))
  }
  const shipped = idsOf(shippedFiles()).length
  const together = idsOf([...own, ...shippedFiles().map((file) => ({ ...file, layer: 1 }))]).length
  const ofRecipes = idsOf([...own, ...base]).length - idsOf(base).length
  expect(together).toBe(shipped + ofRecipes)
})
