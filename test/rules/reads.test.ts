import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { expressionsOf, factorsReadBy, factorsReadThrough } from '../../services/rules/reads.ts'
import { offers, policy } from './catalogue-files.ts'

const factors = `
- { id: calls, title: { en: F }, from: cdr, aggregate: count, window: { days: 7 } }
- { id: minutes, title: { en: F }, from: cdr, value: duration_s, aggregate: avg, window: { days: 7 } }
- { id: derived, title: { en: F }, derive: double(calls) > minutes }
- { id: months, title: { en: F }, from: bill, aggregate: streak, window: { months: 3 }, while: double(value) > minutes }
- { id: other, title: { en: F }, from: bill, aggregate: count, window: { days: 7 } }
`
const rules = (only = 'months >= 3') => `
id: r
moment: change
title: { en: R }
on: cdr
becomes: derived
rearm: "!derived"
only: ${only}
purpose: care
evidence: [calls]
`

function load(factorText: string, ruleText: string) {
  const files = [policy, offers, { path: 'factors/f.yaml', text: factorText }, { path: 'rules/r.yaml', text: ruleText }]
  const { catalogue, problems } = loadCatalogue(files)
  expect(problems?.map(String) ?? []).toEqual([])
  const [rule] = catalogue?.ruleset.rules ?? []
  if (!catalogue || !rule) throw new Error('not loaded')
  return { rule, factors: new Map(catalogue.ruleset.factors.map((factor) => [factor.id, factor])) }
}

test('a rule reads the factors of all its conditions, and through derived ones and streaks what those are made of', () => {
  const { rule, factors: byId } = load(factors, rules())
  const named = expressionsOf(rule).flatMap((expression) => [...factorsReadBy(expression)])
  expect([...new Set(named)].sort()).toEqual(['derived', 'months'])
  expect([...factorsReadThrough(named, byId)].sort()).toEqual([
    'calls',
    'derived',
    'minutes',
    'minutes$count',
    'minutes$sum',
    'months',
  ])
})

test('the version of a rule changes with what it reads through other factors, and with nothing else', () => {
  const version = (from: string, to: string) => load(factors.replace(from, to), rules()).rule.version
  const before = version('', '')
  expect(version('aggregate: avg, window: { days: 7 }', 'aggregate: avg, window: { days: 8 }')).not.toBe(before)
  expect(version('double(value) > minutes', 'double(value) >= minutes')).not.toBe(before)
  expect(version('id: other, title: { en: F }, from: bill', 'id: other, title: { en: F }, from: order')).toBe(before)
  expect(load(factors, rules('months >= 2')).rule.version).not.toBe(before)
})
