import { expect, test } from 'vitest'
import { loadCatalogue } from '../../../services/rules/load.ts'

/** A marketing rule that tells the balance and lists one of two offers, and a campaign with one variant of what is said. */
const filesWith = (variant: string, other = 'Hello') => [
  {
    path: 'policy.yaml',
    text: 'default_time_zone: UTC\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\nopt_out_text: { en: Reply STOP. }\n',
  },
  {
    path: 'factors/f.yaml',
    text: '- { id: balance, title: { en: B }, from: recharge, value: amount, aggregate: last }\n',
  },
  {
    path: 'offers/o.yaml',
    text: `- { id: o, title: { en: O }, message: { en: Hello } }\n- { id: other, title: { en: P }, message: { en: "${other}" } }\n`,
  },
  { path: 'campaigns/c.yaml', text: `id: c\ntitle: { en: C }\nvariants:\n  - { id: v, share: 1, ${variant} }\n` },
  {
    path: 'rules/r.yaml',
    text: 'id: r\nmoment: change\ntitle: { en: R }\non: recharge\nwhen: balance > 9\npurpose: marketing\nevidence: [balance]\noffers: [o]\ncampaign: c\n',
  },
]

test.each([
  [
    'an unknown name',
    'messages: { o: { en: "You have {{ balnce }}" } }',
    "campaigns/c.yaml:4:58  KM_TEMPLATE_VARIABLE  no variable 'balnce'",
  ],
  [
    'a lone brace',
    'messages: { o: { en: "You have { 5" } }',
    'campaigns/c.yaml:4:55  KM_TEMPLATE_SYNTAX  a lone brace',
  ],
  [
    'a language without an opt-out',
    'messages: { o: { en: Hi, de: Hallo } }',
    'campaigns/c.yaml:4:49  KM_POLICY_OPT_OUT',
  ],
])('%s in what a variant says', (_, variant, told) => {
  const { problems = [] } = loadCatalogue(filesWith(variant))
  expect(problems.map(String)).toEqual([expect.stringContaining(told)])
})

test('an offer that only a variant puts in place is held against what the rule tells', () => {
  const { problems = [] } = loadCatalogue(filesWith('offers: { o: other }', 'You have {{ balnce }}'))
  expect(problems.map(String)).toEqual([
    expect.stringContaining("offers/o.yaml:2:62  KM_TEMPLATE_VARIABLE  no variable 'balnce'"),
  ])
  expect(
    loadCatalogue(filesWith('offers: { o: other }', `You have {{ balance | number | default: 'nothing' }}`)).problems,
  ).toBeUndefined()
})
