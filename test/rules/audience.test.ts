import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'

const filesWith = (written: { readonly rule?: string; readonly campaign?: string; readonly policy?: string }) => [
  {
    path: 'policy.yaml',
    text: `default_time_zone: UTC\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\n${written.policy ?? ''}`,
  },
  { path: 'offers/o.yaml', text: 'id: o\ntitle: { en: O }\nmessage: { en: Hello }\n' },
  { path: 'campaigns/c.yaml', text: `id: c\ntitle: { en: C }\n${written.campaign ?? ''}` },
  {
    path: 'rules/r.yaml',
    text: `id: r\nmoment: change\ntitle: { en: R }\non: cdr\nwhen: event.duration_s > 9\npurpose: care\noffers: [o]\ncampaign: c\n${written.rule ?? ''}`,
  },
]

test.each([
  ['a rule', { rule: 'audience: pilot\n' }, "rules/r.yaml:9:11  KM_POLICY_PILOTS  'r' is for pilots"],
  ['a campaign', { campaign: 'audience: pilot\n' }, "campaigns/c.yaml:3:11  KM_POLICY_PILOTS  'c' is for pilots"],
])('%s for pilots of whom there are none', (_, written, told) => {
  const { problems = [] } = loadCatalogue(filesWith(written))
  expect(problems.map(String)).toEqual([expect.stringContaining(told)])
})

test('pilots are listed by their pseudonyms', () => {
  const { catalogue } = loadCatalogue(filesWith({ rule: 'audience: pilot\n', policy: 'pilots: [s-1, s-2]\n' }))
  expect(catalogue?.policy.pilots).toEqual(['s-1', 's-2'])
  expect(catalogue?.ruleset.rules).toMatchObject([{ audience: 'pilot' }])
})
