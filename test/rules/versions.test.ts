import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { catalogueWith, factors } from './catalogue-files.ts'

const rules = `
- { id: by-data, moment: change, title: { en: A }, on: app-usage, when: data_mb_7d > 1.0, purpose: care }
- { id: by-calls, moment: change, title: { en: B }, on: cdr, when: calls_24h > 3, purpose: care }
`

function load(...files: SourceFile[]) {
  const { catalogue, problems } = loadCatalogue(catalogueWith(...files))
  expect(problems?.map(String) ?? []).toEqual([])
  if (!catalogue) throw new Error('not loaded')
  const [byData, byCalls] = catalogue.ruleset.rules.map((rule) => rule.version)
  return { catalogue: catalogue.version, byData, byCalls }
}

const file = (text: string): SourceFile => ({ path: 'rules/r.yaml', text })
const before = load(file(rules))

test('a rule has the version of its content and of the factors that it reads', () => {
  const changed = { path: factors.path, text: String(factors.text).replace('double(bytes_up)', 'double(bytes_down)') }
  const after = load(file(rules), changed)
  expect(after.byData).not.toBe(before.byData)
  expect(after.byCalls).toBe(before.byCalls)
  expect(after.catalogue).not.toBe(before.catalogue)
})

test('comments and the order of keys change the version of the files, not of the rules', () => {
  const after = load(
    file(`# says the same\n${rules.replace('title: { en: A }, on: app-usage', 'on: app-usage, title: { en: A }')}`),
  )
  expect([after.byData, after.byCalls]).toEqual([before.byData, before.byCalls])
  expect(after.catalogue).not.toBe(before.catalogue)
})

test('the version does not depend on where the folder stands or in which order its files were read', () => {
  const moved = catalogueWith(file(rules)).map(({ path, text }) => ({ path: `/srv/elsewhere/${path}`, text }))
  expect(loadCatalogue(moved.reverse()).catalogue?.version).toBe(before.catalogue)
})

test('documents, a list and several files say the same', () => {
  const [first = '', second = ''] = rules
    .trim()
    .split('\n')
    .map((line) => line.slice(2))
  const documents = load(file(`${first}\n---\n${second}\n`))
  const files = load({ path: 'rules/a.yaml', text: first }, { path: 'rules/deep/b.yaml', text: second })
  for (const after of [documents, files]) expect([after.byData, after.byCalls]).toEqual([before.byData, before.byCalls])
})

test('a thousand rules and a thousand factors', () => {
  const lines = (make: (index: number) => string) => Array.from({ length: 1000 }, (_, index) => make(index)).join('\n')
  const manyFactors = lines(
    (i) =>
      `- { id: f${i}, title: { en: F }, from: cdr, where: duration_s > ${i}, aggregate: count, window: { days: 7 } }`,
  )
  const manyRules = lines(
    (i) =>
      `- { id: r${i}, moment: change, title: { en: R }, on: cdr, when: f${i} > 3 && event.kind == "voice", once: 7d, purpose: care, evidence: [f${i}] }`,
  )
  const start = performance.now()
  const { catalogue } = loadCatalogue(catalogueWith({ path: 'factors/many.yaml', text: manyFactors }, file(manyRules)))
  console.info(`1,000 rules and 1,000 factors loaded in ${Math.round(performance.now() - start)} ms`)
  expect(catalogue?.ruleset.rules).toHaveLength(1000)
})

const segments: SourceFile = {
  path: 'segments/s.yaml',
  text: `
- { id: heavy, dimension: use, title: { en: H }, when: data_mb_7d > 100.0 }
- { id: light, dimension: use, title: { en: L }, when: calls_24h > 0 }
- { id: other, dimension: else, title: { en: O }, when: calls_24h > 5 }
`,
}
const inSegment = `
- { id: by-data, moment: change, title: { en: A }, on: app-usage, when: data_mb_7d > 1.0, only: segment("light"), purpose: care }
- { id: by-calls, moment: change, title: { en: B }, on: cdr, when: calls_24h > 3, only: segment("other"), purpose: care }
`

test('a rule that asks for a segment has the version of its condition, of those before it and of what they read', () => {
  const asked = load(file(inSegment), segments)
  const change = (from: string, to: string) =>
    load(file(inSegment), { path: segments.path, text: String(segments.text).replace(from, to) })
  const heavier = change('> 100.0', '> 200.0')
  expect(heavier.byData).not.toBe(asked.byData)
  expect(heavier.byCalls).toBe(asked.byCalls)
  const another = change('> 5 }', '> 6 }')
  expect(another.byData).toBe(asked.byData)
  expect(another.byCalls).not.toBe(asked.byCalls)
})

test('a segment is asked for by its name, and not by what makes it', () => {
  const told = (...files: SourceFile[]) => (loadCatalogue(catalogueWith(...files)).problems ?? []).map(String)
  const rule = (id: string) => file(inSegment.replace('"light"', `"${id}"`))
  expect(told(rule('ligth'), segments)).toEqual([
    "rules/r.yaml:2:105  KM_RULE_UNKNOWN_SEGMENT  no segment 'ligth'; did you mean 'light'?",
  ])
  // One that is wrong itself is known by its name.
  expect(
    told(rule('light'), { path: segments.path, text: String(segments.text).replace('calls_24h > 0', '"x" >') }),
  ).toEqual([expect.stringMatching(/^segments.s.yaml:3:.*KM_/)])
  expect(
    told(file(inSegment), {
      path: segments.path,
      text: String(segments.text).replace('> 0 }', '> 0 || segment("heavy") }'),
    }),
  ).toEqual([
    expect.stringMatching(
      /^segments.s.yaml:\d+:\d+ {2}KM_SEGMENT_CYCLE {2}the segments of use ask for themselves: use → use/,
    ),
  ])
})
