import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { loadCatalogue } from '../../../services/rules/load.ts'
import { createRenderer, type Rendered } from '../../../services/rules/templates/render.ts'

const policy = `
default_time_zone: Asia/Shanghai
default_language: zh
quiet_hours: []
caps: []
gaps: {}
currency: CNY
variables:
  hotline: "10086"
  brand: { en: Keymoment Mobile, zh: 锐点移动 }
opt_out_text: { en: Reply STOP to opt out., zh: 退订回复TD。 }
`

const factors = `
- { id: balance, title: { en: Balance }, from: recharge, value: balance_after, aggregate: last }
- { id: share, title: { en: Share }, from: cdr, of: kind == "sms", aggregate: share, window: { days: 7 } }
- { id: mb, title: { en: Data }, from: app-usage, value: double(bytes_up), aggregate: sum, window: { days: 7 } }
- { id: calls, title: { en: Calls }, from: cdr, aggregate: count, window: { rolling: 24h } }
- { id: logged_in, title: { en: Logged in }, from: app-usage, value: login, aggregate: last }
- { id: plan, title: { en: Plan }, profile: plan }
- { id: payment, title: { en: Payment }, profile: payment }
- { id: contract_end, title: { en: End }, profile: contract_end }
- { id: seen, title: { en: Seen }, from: cdr, value: event_time, aggregate: last }
- { id: days_left, title: { en: Days }, derive: contract_end - now.date }
- { id: unsaid, title: { en: In no evidence }, from: cdr, aggregate: count, window: { rolling: 24h } }
`

export const evidence = [
  'balance',
  'share',
  'mb',
  'calls',
  'logged_in',
  'plan',
  'payment',
  'contract_end',
  'seen',
  'days_left',
]

const rule = (id: string, purpose: string, told: readonly string[]): string =>
  `- { id: ${id}, moment: change, title: { en: R }, on: recharge, when: calls > 3, purpose: ${purpose}, evidence: [${told.join(', ')}], offers: [o] }\n`

export interface Written {
  readonly policy?: string
  readonly rules?: string
  /** Lines of the offer before its message. */
  readonly offer?: string
}

/** A marketing rule that tells all factors but one, and an offer with these texts, as they stand in YAML. */
const filesWith = (message: string, written: Written = {}) => [
  { path: 'policy.yaml', text: written.policy ?? policy },
  { path: 'factors/all.yaml', text: factors },
  { path: 'rules/all.yaml', text: written.rules ?? rule('r', 'marketing', evidence) },
  {
    path: 'offers/o.yaml',
    text: `id: o\ntitle: { en: Day pass, zh: 日包 }\n${written.offer ?? 'price: 500\n'}message:\n${message}`,
  },
]
export const rules = { rule, policy }

export const problemsWith = (message: string, written?: Written): readonly string[] =>
  (loadCatalogue(filesWith(message, written)).problems ?? []).map((problem) => problem.toString())

export function catalogueOf(message: string, written?: Written): Catalogue {
  const { catalogue, problems } = loadCatalogue(filesWith(message, written))
  if (!catalogue) throw new Error(problems.map(String).join('\n'))
  return catalogue
}

const whole = catalogueOf('  en: Hello\n')
const render = createRenderer(whole)

export interface Told {
  readonly language?: string
  readonly zone?: string
  readonly at?: number
}

/** A template over values, as it would be said. */
export function told(source: string, values: Readonly<Record<string, unknown>>, about: Told = {}): Rendered {
  const [offer] = whole.offers
  if (!offer) throw new Error('there is an offer')
  const { language = 'en', zone = 'Asia/Shanghai', at = Date.UTC(2026, 2, 3, 6, 5) } = about
  return render(source, { evidence: values, offer, at, language, zone })
}
