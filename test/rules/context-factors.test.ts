import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'

const filesWith = (roaming: string) => [
  {
    path: 'policy.yaml',
    text: `default_time_zone: UTC\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\nroaming: ${roaming}\n`,
  },
  {
    path: 'factors/f.yaml',
    text: `
- { id: abroad, title: { en: A }, from: cdr, value: has(event.roaming_country), aggregate: last }
- { id: country, title: { en: C }, from: cdr, value: roaming_country, aggregate: last }
- { id: calls, title: { en: N }, from: cdr, aggregate: count, window: { rolling: 24h } }
`,
  },
  { path: 'offers/o.yaml', text: 'id: o\ntitle: { en: O }\nmessage: { en: Hello }\n' },
  {
    path: 'rules/r.yaml',
    text: `
- { id: offering, moment: change, title: { en: R }, on: cdr, when: calls > 1, purpose: care, evidence: [calls], offers: [o] }
- { id: silent, moment: change, title: { en: R }, on: cdr, when: calls > 2, purpose: care, evidence: [calls] }
`,
  },
]

test('what the policy judges by is told with every moment that offers anything', () => {
  const { catalogue } = loadCatalogue(filesWith('{ abroad: abroad, country: country }'))
  const told = catalogue?.ruleset.rules.map(({ id, evidence, context = [] }) => [id, evidence, context])
  expect(told).toEqual([
    ['offering', ['calls'], ['abroad', 'country']],
    ['silent', ['calls'], []],
  ])
})

test.each([
  ['{ abroad: abroad, country: land }', "policy.yaml:6:37  KM_RULE_UNKNOWN_FACTOR  no factor 'land'"],
  [
    '{ abroad: calls, country: country }',
    "policy.yaml:6:20  KM_CATALOGUE_VALUE  'calls' is int, and bool is asked for here",
  ],
  ['{ abroad: abroad }', "policy.yaml:6:10  KM_CATALOGUE_MISSING_KEY  'country' is missing"],
])('roaming: %s', (roaming, told) => {
  expect((loadCatalogue(filesWith(roaming)).problems ?? []).map(String)).toEqual([expect.stringContaining(told)])
})
