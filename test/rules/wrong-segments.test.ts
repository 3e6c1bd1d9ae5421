import { describe, expect, test } from 'vitest'
import type { SourceFile } from '../../services/rules/source.ts'
import { factor, marketing, problemsOf, rule, wrongFiles } from './wrong-file.ts'

const segments: SourceFile = {
  path: 'segments/s.yaml',
  text: `
- { id: high-value, dimension: value, title: { en: High }, when: calls_24h > 9 }
- { id: low-value, dimension: value, title: { en: Low }, when: "true" }
- { id: summer, dimension: season, title: { en: Summer }, when: 'now.month in [6, 7, 8]' }
`,
}

describe('a rule that watches segments', () => {
  const told = (...lines: string[]) => problemsOf(segments, { path: 'rules/r.yaml', text: rule(...lines, marketing) })

  test.each([
    ['segment: { of: valu }', "4:16  KM_SEGMENT_UNKNOWN  no segments of a dimension 'valu'; did you mean 'value'?"],
    [
      'segment: { of: value, from: hgh-value }',
      "4:29  KM_SEGMENT_UNKNOWN  no segment 'hgh-value' of value; did you mean 'high-value'?",
    ],
    [
      'segment: { of: value, to: [high-value, summer] }',
      "4:40  KM_SEGMENT_UNKNOWN  'summer' is a segment of season, not of value",
    ],
    [
      'segment: { of: value, from: low-value, to: low-value }',
      "4:44  KM_RULE_IMPOSSIBLE  nobody changes from 'low-value' to 'low-value'; name another segment of value",
    ],
    ['segment: { of: value, from: [] }', "4:29  KM_CATALOGUE_VALUE  'from' must not be empty"],
    ['segment: { from: high-value }', "4:10  KM_CATALOGUE_MISSING_KEY  'of' is missing in 'segment'"],
    [
      'segment: { of: season }',
      '4:10  KM_CATALOGUE_MISSING_KEY  the segments of season depend on no event; say when they are looked at: every: day, at: "09:00"',
    ],
  ])('%s', (line, said) => {
    expect(told(line)).toEqual([`rules/r.yaml:${said}`])
  })

  test.each([
    [
      ['segment: { of: value }', 'at: "09:00"'],
      '5:5  KM_CATALOGUE_MISSING_KEY  at needs every: day, week, month or billing-month',
    ],
    [
      ['segment: { of: value }', 'every: day'],
      '5:8  KM_CATALOGUE_MISSING_KEY  every needs at: the time of day, as "09:00"',
    ],
    [
      ['segment: { of: value }', 'when: calls_24h > 3'],
      "5:7  KM_CATALOGUE_VALUE  'when' does not go with 'segment'; it takes segment, every, at",
    ],
    [
      ['segment: { of: value }', 'on: cdr', 'when: calls_24h > 3'],
      '5:5  KM_CATALOGUE_VALUE  a change rule has on and when (or becomes), or every, at and when (or becomes), or a segment, or a pattern; not both on and segment',
    ],
  ])('%j', (lines, said) => {
    expect(told(...lines)).toEqual([expect.stringContaining(said.slice(said.indexOf('KM_')))])
  })

  test('of a season by a timer is without fault', () => {
    expect(told('segment: { of: season }', 'every: day', 'at: "09:00"')).toEqual([])
  })
})

describe('segments that ask for others', () => {
  const asking = (when: string) => ({
    path: 'segments/t.yaml',
    text: `- { id: cell, dimension: matrix, title: { en: Cell }, when: '${when}' }\n`,
  })

  test.each([
    ['segment("hihg-value")', "no segment 'hihg-value'; did you mean 'high-value'?"],
    ['segment("cell")', 'the segments of matrix ask for themselves: matrix → matrix; break the circle'],
  ])('%s', (when, said) => {
    expect(problemsOf(segments, asking(when))).toEqual([expect.stringContaining(said)])
  })

  test('round a circle of two dimensions', () => {
    const back = {
      path: 'segments/u.yaml',
      text: `- { id: tier, dimension: tiers, title: { en: T }, when: 'segment("cell")' }\n`,
    }
    expect(problemsOf(asking('segment("tier")'), back)).toEqual([
      'segments/t.yaml:1:3  KM_SEGMENT_CYCLE  the segments of matrix ask for themselves: matrix → tiers → matrix; break the circle',
    ])
  })

  test('in any order of files are without fault', () => {
    expect(problemsOf(segments, asking('segment("high-value") && segment("summer")'))).toEqual([])
  })
})

describe('quantiles', () => {
  const quantiles = (...parts: string[]) => factor(`quantiles: { ${parts.join(', ')} }`)
  const measured = (thresholds: string) => `measured: { at: 2026-11-23, subscribers: 20, thresholds: ${thresholds} }`
  wrongFiles('factors/f.yaml', [
    [
      'KM_FACTOR_QUANTILES',
      quantiles('of: calls_24h', 'cuts: [0.8, 0.4]', 'declared: [3, 5]'),
      '3:41  KM_FACTOR_QUANTILES  cuts are parts of all subscribers between 0 and 1, each greater than the one before; 0.4 is not',
    ],
    [
      'KM_FACTOR_QUANTILES',
      quantiles('of: calls_24h', 'cuts: [0.4, 1]', 'declared: [3, 5]'),
      '3:41  KM_FACTOR_QUANTILES  cuts are parts of all subscribers between 0 and 1, each greater than the one before; 1 is not',
    ],
    [
      'KM_FACTOR_QUANTILES',
      quantiles('of: calls_24h', 'cuts: [0.4, 0.8]', 'declared: [3]'),
      '3:57  KM_FACTOR_QUANTILES  each of the 2 cuts has a threshold; there are 1',
    ],
    [
      'KM_FACTOR_QUANTILES',
      quantiles('of: calls_24h', 'cuts: [0.4, 0.8]', 'declared: [3, 5]', measured('[5, 3]')),
      '3:126  KM_FACTOR_QUANTILES  a greater part has no smaller threshold; 3 is below the one before',
    ],
    [
      'KM_FACTOR_QUANTILES',
      quantiles('of: calls_24h', 'cuts: [0.4]', 'declared: [3]', measured('[3.5]')),
      "3:114  KM_FACTOR_QUANTILES  'calls_24h' is int; its thresholds are whole numbers, not 3.5",
    ],
    [
      'KM_RULE_UNKNOWN_FACTOR',
      quantiles('of: calls_24', 'cuts: [0.4]', 'declared: [3]'),
      "3:18  KM_RULE_UNKNOWN_FACTOR  no factor 'calls_24'; did you mean 'calls_24h'?",
    ],
    [
      'KM_FACTOR_CYCLE',
      quantiles('of: f', 'cuts: [0.4]', 'declared: [3]'),
      "3:12  KM_FACTOR_CYCLE  'f' is computed from itself: f → f; break the circle",
    ],
    [
      'KM_CATALOGUE_MISSING_KEY',
      quantiles('of: calls_24h', 'cuts: [0.4]'),
      "3:12  KM_CATALOGUE_MISSING_KEY  'declared' is missing in 'quantiles'",
    ],
  ])
})

describe('a score', () => {
  const score = (...parts: string[]) => factor(`score: [${parts.join(', ')}]`)

  wrongFiles('factors/f.yaml', [
    [
      'KM_FACTOR_WEIGHTS',
      score('{ weight: 0.5, of: calls_24h, full: 3 }', '{ weight: 0.6, when: calls_24h > 1 }'),
      "3:8  KM_FACTOR_WEIGHTS  the weights of 'f' add up to 1.1; they must add up to 1",
    ],
    [
      'KM_FACTOR_WEIGHTS',
      score('{ weight: 0.3, of: calls_24h, full: 3 }', '{ weight: 0.6, when: calls_24h > 1 }'),
      "3:8  KM_FACTOR_WEIGHTS  the weights of 'f' add up to 0.9; they must add up to 1",
    ],
    [
      'KM_FACTOR_VALUE',
      score('{ weight: 0.5, of: calls_24h }', '{ weight: 0.5, when: calls_24h > 1 }'),
      "3:9  KM_FACTOR_VALUE  from where on 'calls_24h' brings all is missing; say full",
    ],
    [
      'KM_FACTOR_VALUE',
      score('{ weight: 0.5, of: calls_24h, none: 3, full: 3 }', '{ weight: 0.5, when: calls_24h > 1 }'),
      "3:54  KM_FACTOR_VALUE  'calls_24h' brings nothing and all at 3; say another full",
    ],
    [
      'KM_FACTOR_KIND',
      score('{ weight: 0.5 }', '{ weight: 0.5, when: calls_24h > 1 }'),
      '3:9  KM_FACTOR_KIND  a part of a score is of a factor, or when a condition is true; say one of them',
    ],
    [
      'KM_FACTOR_KIND',
      score('{ weight: 0.5, when: calls_24h > 1, full: 2 }', '{ weight: 0.5, when: calls_24h > 1 }'),
      "3:51  KM_FACTOR_KIND  'full' goes with of, not with when",
    ],
    [
      'KM_RULE_UNKNOWN_FACTOR',
      score('{ weight: 0.5, of: calls_24, full: 2 }', '{ weight: 0.5, when: calls_24h > 1 }'),
      "3:28  KM_RULE_UNKNOWN_FACTOR  no factor 'calls_24'; did you mean 'calls_24h'?",
    ],
    [
      'KM_FACTOR_CYCLE',
      score('{ weight: 0.5, of: f, full: 2 }', '{ weight: 0.5, when: calls_24h > 1 }'),
      "3:8  KM_FACTOR_CYCLE  'f' is computed from itself: f → f; break the circle",
    ],
    [
      'KM_FACTOR_WEIGHTS',
      score('{ weight: 0, of: calls_24h, full: 2 }', '{ weight: 1, when: calls_24h > 1 }'),
      '3:19  KM_FACTOR_WEIGHTS  a part weighs more than 0 and 1 at most, not 0',
    ],
  ])

  test('of weights that are no exact doubles adds up', () => {
    const parts = Array.from({ length: 10 }, () => '{ weight: 0.1, of: calls_24h, full: 3 }')
    expect(problemsOf({ path: 'factors/f.yaml', text: score(...parts) })).toEqual([])
  })
})
