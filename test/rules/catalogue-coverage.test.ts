import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { shippedFiles } from './catalogue-files.ts'

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const page = text('docs/catalogue-coverage.md')
const checklist = text('test/data/operators-checklist.csv')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.slice(0, line.indexOf(',')))

/** The lines of the page's tables by their id. */
const lines = new Map(
  [...page.matchAll(/^\| ([A-Z]+\d?-\d\d) \| (.+) \|$/gm)].map(([, id = '', cells = '']) => [id, cells.split(' | ')]),
)

const catalogue = loadCatalogue(shippedFiles()).catalogue
const ids = (list: readonly { readonly id: string }[] = []) => new Set(list.map(({ id }) => id))
const kinds: Readonly<Record<string, ReadonlySet<string>>> = {
  factor: ids(catalogue?.ruleset.factors.filter(({ hidden }) => !hidden)),
  rule: ids(catalogue?.ruleset.rules),
  segment: ids(catalogue?.ruleset.segments),
  offer: ids(catalogue?.offers),
  tag: new Set(
    shippedFiles()
      .filter(({ path }) => path.startsWith('tags/'))
      .flatMap(({ text }) => [...String(text).matchAll(/\bid: ([\w.-]+)/g)].map(([, id = '']) => id)),
  ),
}

test('every line of the checklist is on the page, and no other', () => {
  expect(checklist.length).toBeGreaterThan(350)
  expect([...lines.keys()].sort()).toEqual([...checklist].sort())
})

test('every line says where, or why not', () => {
  const silent = [...lines].filter(([, cells]) => cells.length !== 3 || (cells[2] ?? '').trim().length < 8)
  expect(silent).toEqual([])
})

test('everything that the page names is in the catalogue', () => {
  const named = [...page.matchAll(/`(factor|rule|segment|offer|tag):([^`]+)`/g)]
  const missing = named.filter(([, kind = '', id = '']) => !kinds[kind]?.has(id)).map(([whole]) => whole)
  expect(named.length).toBeGreaterThan(400)
  expect(missing).toEqual([])
})

test('every rule of the catalogue is on the page', () => {
  expect([...(kinds.rule ?? [])].filter((id) => !page.includes(`\`rule:${id}\``))).toEqual([])
})

test('the 157 factors are each there as a factor, and each but the states of tenure and resources has a rule', () => {
  const proposed = checklist.filter((id) => /^(HR|VU)\d-/.test(id))
  expect(proposed).toHaveLength(157)
  const where = (id: string) => lines.get(id)?.[2] ?? ''
  expect(proposed.filter((id) => !where(id).includes('`factor:'))).toEqual([])
  const withoutRule = proposed.filter((id) => !where(id).includes('`rule:'))
  expect(withoutRule).toEqual(['HR6-14', 'HR6-15', 'HR6-16'])
})
