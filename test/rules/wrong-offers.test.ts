import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { catalogueWith, policy } from './catalogue-files.ts'
import { problemsOf, wrongFiles } from './wrong-file.ts'

const segments: SourceFile = {
  path: 'segments/s.yaml',
  text: `
- { id: high-value, dimension: value, title: { en: High }, when: calls_24h > 9 }
- { id: low-value, dimension: value, title: { en: Low }, when: "true" }
- { id: network-to-repair, dimension: repair, title: { en: Network }, when: calls_24h > 5 }
`,
}

/** An offer with these lines behind its first three. */
const offer = (...lines: string[]): string =>
  ['id: o', 'title: { en: O }', 'message: { en: Hello }', ...lines, ''].join('\n')

const withPolicy = (...lines: string[]): SourceFile => ({ ...policy, text: `${policy.text}${lines.join('\n')}\n` })

const forHigh = offer('segments: { value: [high-value] }')
const listedBy = (...only: string[]): SourceFile => ({
  path: 'rules/r.yaml',
  text: only
    .map(
      (condition, i) =>
        `- { id: r${i}, moment: change, title: { en: R }, on: cdr, when: calls_24h > 3, purpose: care, offers: [o], only: '${condition}' }\n`,
    )
    .join(''),
})

test.each([
  ['another segment of the dimension', ['segment("low-value")'], "'r0', for low-value"],
  ['others, by one or the other', ['segment("low-value") && calls_24h > 5'], "'r0', for low-value"],
  ['others, in each of two rules', ['segment("low-value")', 'segment("low-value")'], "'r0', 'r1', for low-value"],
] as const)('nobody can get an offer whose rules ask for %s', (_, only, said) => {
  const offered = { path: 'offers/o.yaml', text: forHigh }
  expect(problemsOf(segments, offered, listedBy(...only))).toEqual([
    `offers/o.yaml:4:20  KM_OFFER_NEVER  nobody can get it: it is for high-value, and listed only by ${said}`,
  ])
})

test.each([
  ['the segment', ['segment("high-value")']],
  ['one of two', ['segment("high-value") || segment("low-value")']],
  ['a segment, or something else', ['segment("low-value") || calls_24h > 9']],
  ['a segment not to be theirs', ['!segment("low-value")']],
  ['another dimension', ['segment("network-to-repair")']],
  ['another segment, in one of two rules', ['segment("low-value")', 'calls_24h > 9']],
] as const)('somebody may get an offer whose rules ask for %s', (_, only) => {
  expect(problemsOf(segments, { path: 'offers/o.yaml', text: forHigh }, listedBy(...only))).toEqual([])
})

describe('an offer', () => {
  wrongFiles('offers/o.yaml', [
    [
      'KM_CATALOGUE_VALUE',
      offer('kind: servce-action'),
      "4:7  KM_CATALOGUE_VALUE  'kind' must be one of voice, data, broadband, family-network, contract, terminal, value-added, service-action, not 'servce-action'; did you mean 'service-action'?",
    ],
    ['KM_CATALOGUE_VALUE', offer('price: -1'), "4:8  KM_CATALOGUE_VALUE  'price' must be 0 or more, not -1"],
    ['KM_CATALOGUE_TYPE', offer('price: 9.99'), "4:8  KM_CATALOGUE_TYPE  'price' must be a whole number, not 9.99"],
    ['KM_CATALOGUE_VALUE', offer('stickiness: 90'), "4:13  KM_CATALOGUE_VALUE  'stickiness' must be 1 or less, not 90"],
    ['KM_CATALOGUE_VALUE', offer('segments: {}'), "4:11  KM_CATALOGUE_VALUE  'segments' must not be empty"],
    [
      'KM_CATALOGUE_VALUE',
      offer('valid: { from: "2026-02-30" }'),
      "4:16  KM_CATALOGUE_VALUE  '2026-02-30' is no date; write it like 2026-02-17",
    ],
    [
      'KM_OFFER_NEVER',
      offer('valid: { from: "2026-06-01", to: "2026-05-31" }'),
      '4:34  KM_OFFER_NEVER  nobody can get it: it ends on 2026-05-31, before it begins',
    ],
    [
      'KM_OFFER_NEVER',
      offer('product: fibre', 'requires: [fibre]'),
      "5:12  KM_OFFER_NEVER  nobody can get it: it requires 'fibre', and isn't made to those who have it; say repeatable: true, or leave it out",
    ],
    [
      'KM_OFFER_NEVER',
      offer('requires: [a, [b, c]]', 'conflicts: [c, b]'),
      "4:15  KM_OFFER_NEVER  nobody can get it: it requires 'b' or 'c', and conflicts with it; take it out of one of them",
    ],
    [
      'KM_CATALOGUE_VALUE',
      offer('product: fibre', 'replaces: [dsl, fibre]'),
      "5:17  KM_CATALOGUE_VALUE  'fibre' is the product itself; leave it out",
    ],
    [
      'KM_CATALOGUE_VALUE',
      offer('product: fibre', 'replaces: [dsl]', 'conflicts: [dsl]'),
      "6:13  KM_CATALOGUE_VALUE  'dsl' is replaced, so that those who have it may get this; leave it out of conflicts or of replaces",
    ],
    [
      'KM_CATALOGUE_MISSING_KEY',
      offer('repeatable: true'),
      "4:13  KM_CATALOGUE_MISSING_KEY  'product' is missing: without it 'repeatable' says nothing",
    ],
    [
      'KM_SEGMENT_UNKNOWN',
      offer('segments: { value: [high-value] }'),
      "4:20  KM_SEGMENT_UNKNOWN  no segments of a dimension 'value'",
    ],
  ])

  test.each([
    ['segments: { value: [] }', "4:20  KM_CATALOGUE_VALUE  'value' must not be empty"],
    [
      'segments: { value: [hgh-value] }',
      "4:21  KM_SEGMENT_UNKNOWN  no segment 'hgh-value' of value; did you mean 'high-value'?",
    ],
    [
      'segments: { valu: [high-value] }',
      "4:19  KM_SEGMENT_UNKNOWN  no segments of a dimension 'valu'; did you mean 'value'?",
    ],
    [
      'segments: { repair: [network-to-repair, low-value] }',
      "4:41  KM_SEGMENT_UNKNOWN  'low-value' is a segment of value, not of repair",
    ],
  ])('%s', (line, said) => {
    expect(problemsOf(segments, { path: 'offers/o.yaml', text: offer(line) })).toEqual([`offers/o.yaml:${said}`])
  })

  test('that is only for those to whom nothing of its kind is sold can never be made', () => {
    const repairs = withPolicy('repair_first: { network-to-repair: [data] }')
    const said = (...lines: string[]) => problemsOf(segments, repairs, { path: 'offers/o.yaml', text: offer(...lines) })
    expect(said('kind: data', 'segments: { repair: [network-to-repair] }')).toEqual([
      'offers/o.yaml:5:21  KM_OFFER_NEVER  nobody can get it: repair_first of the policy holds data back in network-to-repair',
    ])
    expect(said('kind: voice', 'segments: { repair: [network-to-repair] }')).toEqual([])
  })

  test('with two faults is told both', () => {
    const text = offer('price: -1', 'requires: [a]', 'conflicts: [a]')
    expect(problemsOf({ path: 'offers/o.yaml', text }).map((line) => line.split('  ').slice(0, 2).join(' '))).toEqual([
      'offers/o.yaml:4:8 KM_CATALOGUE_VALUE',
      'offers/o.yaml:5:12 KM_OFFER_NEVER',
    ])
  })

  test('isn’t blamed for a segment that has a fault itself', () => {
    const broken = { ...segments, text: String(segments.text).replace('calls_24h > 9', 'calls_24 > 9') }
    const text = offer('segments: { value: [high-value] }')
    expect(problemsOf(broken, { path: 'offers/o.yaml', text })).toEqual([
      "segments/s.yaml:2:66  KM_RULE_UNKNOWN_FACTOR  no factor 'calls_24'; did you mean 'calls_24h'?",
    ])
  })

  test('without fault is as its file says', () => {
    const text = offer('product: fibre', 'price: 3000', 'requires: [a, [b, c]]', 'contract_days_left_most: 60')
    const files = catalogueWith({ path: 'offers/o.yaml', text })
    expect(loadCatalogue(files).catalogue?.offers.at(-1)).toEqual({
      id: 'o',
      title: { en: 'O' },
      message: { en: 'Hello' },
      product: 'fibre',
      price: 3000,
      requires: [['a'], ['b', 'c']],
      contractDaysLeftMost: 60,
    })
  })
})

describe('what a policy says about offers', () => {
  test.each([
    [
      'repair_first: { network-to-repare: [data] }',
      "6:36  KM_SEGMENT_UNKNOWN  no segment 'network-to-repare'; did you mean 'network-to-repair'?",
    ],
    ['repair_first: { network-to-repair: [] }', "6:36  KM_CATALOGUE_VALUE  'network-to-repair' must not be empty"],
    [
      'offer_order: [{ segment: high, by: price }]',
      "6:26  KM_SEGMENT_UNKNOWN  no segment 'high'; known: high-value, low-value, network-to-repair",
    ],
    [
      'offer_order: [{ segment: low-value, by: price }, { segment: low-value, by: cost }]',
      "6:61  KM_CATALOGUE_REPEATED  'low-value' has an order already, and the first holds; leave one out",
    ],
    [
      'offer_order: [{ segment: low-value, by: priec }]',
      "6:41  KM_CATALOGUE_VALUE  'by' must be one of stickiness, value, price, cost, not 'priec'; did you mean 'price'?",
    ],
  ])('%s', (line, said) => {
    expect(problemsOf(segments, withPolicy(line))).toEqual([`policy.yaml:${said}`])
  })
})
