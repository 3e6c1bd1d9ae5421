import type { Catalogue } from '../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { purposes } from './catalogue.ts'
import type { Played } from './timeline.ts'

const segments = `
- { id: high-value, dimension: value, title: { en: High }, when: balance >= 10000 }
- { id: mid-value, dimension: value, title: { en: Mid }, when: balance >= 5000 }
- { id: low-value, dimension: value, title: { en: Low }, when: balance < 5000 }
- { id: network-to-repair, dimension: stability-kind, title: { en: Network }, when: balance == 1 }
- { id: service-to-repair, dimension: stability-kind, title: { en: Service }, when: balance == 2 }
- { id: steady, dimension: stability-kind, title: { en: Steady }, when: balance > 2 }
`

const rules = purposes
  .map((id) => `- { id: ${id}, moment: change, title: { en: R }, on: cdr, when: balance > 0, purpose: ${id} }\n`)
  .join('')

/**
 * A catalogue with these offers, as its files would say them without title and message, and with these lines of policy; a rule
 * for each purpose, of that name; no caps, gaps or quiet hours.
 */
export function catalogueOfOffers(offers: readonly string[], ...policy: readonly string[]): Catalogue {
  const lines = [
    'default_time_zone: Asia/Shanghai',
    'default_language: en',
    ...['quiet_hours: []', 'caps: []', 'gaps: {}'].filter((line) => !policy.some((own) => keyOf(own) === keyOf(line))),
    ...policy,
  ]
  const { catalogue, problems } = loadCatalogue([
    { path: 'policy.yaml', text: `${lines.join('\n')}\n` },
    {
      path: 'factors/all.yaml',
      text: '{ id: balance, title: { en: B }, from: cdr, value: balance_after, aggregate: last }\n',
    },
    { path: 'segments/all.yaml', text: segments },
    { path: 'rules/all.yaml', text: rules },
    {
      path: 'offers/all.yaml',
      text: offers.map((offer) => `- { title: { en: O }, message: { en: Hello }, ${offer} }\n`).join(''),
    },
  ])
  if (!catalogue) throw new Error(problems.map(String).join('\n'))
  return catalogue
}

const keyOf = (line: string) => line.split(':')[0]

/** Why the offer that came furthest was left out, decision by decision; empty: for another reason, or not at all. */
export const why = ({ decisions }: Played) =>
  decisions.map(({ evidence }) =>
    Object.entries(evidence)
      .filter(([name]) => name.startsWith('ineligible.') && name !== 'ineligible.until')
      .map(([name, value]) => `${name.slice('ineligible.'.length)}=${value}`)
      .join(' '),
  )

const fibre = '[fibre-300, fibre-500]'

/** Offers of which most are products that somebody may have. */
export const catalogueOfProducts = catalogueOfOffers([
  'id: fibre, kind: broadband, product: fibre-300, conflicts: [fibre-500]',
  `id: faster, kind: broadband, product: fibre-500, requires: [${fibre}], replaces: [fibre-300]`,
  'id: pass, kind: data, product: day-pass, repeatable: true',
  'id: tone, kind: value-added, requires: [tones]',
  'id: family, kind: family-network, product: family, segments: { value: [high-value, mid-value] }',
  'id: summer, kind: data, valid: { from: "2026-06-01", to: "2026-06-30" }',
  'id: handset, kind: terminal, product: handset, repeatable: true, contract_days_left_most: 60',
  'id: visit, kind: service-action',
  'id: plain',
])
