import { beforeAll, expect, test } from 'vitest'
import type { CodedError } from '../../services/domain/errors.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { missingExamples, readExamples } from '../../services/timelines/examples.ts'
import { createTimelineRunner, type TimelineResult } from '../../services/timelines/run-timeline.ts'
import { shippedFiles } from './catalogue-files.ts'

const files = shippedFiles()
const catalogue = loadCatalogue(files).catalogue
const problems: CodedError[] = []
const examples = catalogue ? readExamples(files, catalogue, problems) : []
let results: readonly TimelineResult[] = []

beforeAll(async () => {
  const run = await createTimelineRunner()
  results = examples.map(run)
}, 120_000)

test('the worked examples are readable', () => {
  expect(problems.map(String)).toEqual([])
})

test('each shipped rule has one that fires and one that nearly does', () => {
  const rules = catalogue?.ruleset.rules.map(({ id }) => id) ?? []
  expect(rules.length).toBeGreaterThanOrEqual(60)
  expect(missingExamples(examples, rules)).toEqual([])
})

test('what they say comes true', () => {
  expect(results.length).toBeGreaterThanOrEqual(120)
  expect(results.flatMap(({ failures }) => failures.map(String))).toEqual([])
})
