import { rareApps } from './km1-stream.ts'
import rules from './rules.json' with { type: 'json' }

type Rule = (typeof rules)[number]

interface Metric {
  readonly id: string
  readonly from: string
  readonly where?: string
  /** Summed; without one, events are counted. */
  readonly value?: string
}

const kilobytes = '(bytes_down + bytes_up) / 1024'
const metrics: Readonly<Record<string, Metric>> = {
  voiceSecs: { id: 'voice_secs', from: 'cdr', where: 'kind == "voice"', value: 'duration_s' },
  dropped: { id: 'dropped', from: 'cdr', where: 'end_cause == "dropped"' },
  video: { id: 'video', from: 'app-usage', where: 'app_category == "video"', value: kilobytes },
  social: { id: 'social', from: 'app-usage', where: 'app_category == "social"', value: kilobytes },
  other: { id: 'other', from: 'app-usage', where: 'app_category == "other"', value: kilobytes },
  rechargeCount: { id: 'recharges', from: 'recharge' },
  rechargeSum: { id: 'recharged', from: 'recharge', value: 'amount' },
  complaints: { id: 'complaints', from: 'complaint' },
}

/** 1h is the current hour, 24h the last 24 hours of the clock; 7d and 30d are civil days; 1d and 8d are for changes. */
const windows: Readonly<Record<string, string>> = {
  '1h': '{ rolling: 1h, pane: 1h }',
  '24h': '{ rolling: 24h, pane: 1h }',
  '7d': '{ days: 7 }',
  '30d': '{ days: 30 }',
  '1d': '{ days: 1 }',
  '8d': '{ days: 8 }',
}

const firsts: Readonly<Record<number, readonly [on: string, when: string]>> = {
  81: ['cdr', 'has(event.roaming_country)'],
  82: ['cdr', 'has(event.charge)'],
  83: ['recharge', 'event.method == "bank"'],
  84: ['complaint', 'event.category == "service" && event.severity >= 4'],
}

const bigVideo = { on: 'app-usage', where: 'app_category == "video" && (bytes_down + bytes_up) / 1024 >= 200000' }
const dropped = { on: 'cdr', where: 'end_cause == "dropped"' }

interface Step {
  readonly on: string
  readonly where?: string
}

/** A and B of KM-1's sequences. */
const sequences: Readonly<Record<number, readonly [first: Step, then: Step]>> = {
  85: [dropped, { on: 'cdr', where: 'end_cause == "dropped" && duration_s < 10' }],
  86: [
    { on: 'cdr', where: 'has(event.roaming_country)' },
    { on: 'cdr', where: 'has(event.charge)' },
  ],
  87: [bigVideo, { on: 'app-usage', where: 'app in ["bank", "hbomax", "linkedin", "speedtest"]' }],
  88: [
    { on: 'recharge', where: 'amount <= 300' },
    { on: 'recharge', where: 'amount >= 2000' },
  ],
  89: [
    { on: 'complaint', where: 'category == "billing"' },
    { on: 'complaint', where: 'category == "network"' },
  ],
  90: [dropped, { on: 'complaint' }],
  91: [{ on: 'complaint' }, { on: 'recharge' }],
  92: [{ on: 'recharge' }, bigVideo],
  93: [{ on: 'app-usage', where: 'app == "speedtest"' }, { on: 'complaint' }],
  94: [{ on: 'cdr', where: 'balance_after < 100' }, bigVideo],
}

/**
 * The reference tests its rules at every event of their source, ours are tested when a factor changes: a condition which
 * also reads a field of the event is tested at each.
 */
const atEachEvent: Readonly<Record<string, string>> = {
  cdr: 'event.duration_s >= 0',
  recharge: 'event.amount >= 0',
  complaint: 'event.severity >= 0',
  'app-usage': 'event.duration_s >= 0',
}

/** The name of a metric over a window; it becomes a factor. */
function factor(name: string | undefined, window: string, factors: Map<string, string>): string {
  const metric = metrics[name ?? '']
  if (!metric) throw new RangeError(`no metric '${name}'`)
  const id = `${metric.id}_${window}`
  const where = metric.where === undefined ? '' : `\n  where: '${metric.where}'`
  const value = metric.value === undefined ? 'aggregate: count' : `value: ${metric.value}\n  aggregate: sum`
  factors.set(
    id,
    `- id: ${id}\n  title: { en: ${id} }\n  from: ${metric.from}${where}\n  ${value}\n  window: ${windows[window]}\n`,
  )
  return id
}

function condition(
  rule: Rule,
  factors: Map<string, string>,
): { readonly on: string; readonly when: string; readonly evidence: readonly string[] } {
  if (rule.kind === 'first') {
    const [on, when] = firsts[rule.id] ?? ['app-usage', `event.app == "${rareApps[rule.id - 75]}"`]
    return { on, when, evidence: [] }
  }
  const from = metrics[rule.metric ?? '']?.from ?? ''
  if (rule.kind === 'threshold') {
    const id = factor(rule.metric, rule.window ?? '', factors)
    return { on: from, when: `${id} >= ${rule.gte} && ${atEachEvent[from]}`, evidence: [id] }
  }
  const today = factor(rule.metric, '1d', factors)
  const withBase = factor(rule.metric, '8d', factors)
  const base = `${withBase} - ${today}`
  const when = `${today} >= ${rule.floor} && ${base} >= ${rule.minBase} && 7 * ${today} >= ${rule.k} * (${base}) && ${atEachEvent[from]}`
  return { on: from, when, evidence: [today] }
}

function yaml(rule: Rule, factors: Map<string, string>): string {
  const id = `${rule.kind}-${String(rule.id).padStart(2, '0')}`
  const moment = rule.kind === 'first' ? 'first' : 'change'
  const head = `- id: ${id}\n  moment: ${moment}\n  title: { en: ${id} of KM-1 }\n  purpose: marketing\n`
  if (rule.kind === 'absence') {
    const hours = (rule.ms ?? 0) / 3_600_000
    const pattern = `    - low: { on: cdr, where: balance_after < ${rule.below} }\n    - not: { on: recharge, for: ${hours}h }\n`
    return `${head}  pattern:\n${pattern}  once: 24h\n`
  }
  if (rule.kind === 'sequence') {
    const [first, then] = sequences[rule.id] ?? []
    const pattern = `    - first: ${step(first)}\n    - then: ${step(then)}\n`
    return `${head}  pattern:\n${pattern}  within: 1h\n  once: 24h\n`
  }
  const { on, when, evidence } = condition(rule, factors)
  const rest = rule.kind === 'first' ? '  history: none\n' : `  once: 24h\n  evidence: [${evidence.join(', ')}]\n`
  return `${head}  on: ${on}\n  when: '${when}'\n${rest}`
}

const step = ({ on, where }: Step = { on: '' }): string =>
  where === undefined ? `{ on: ${on} }` : `{ on: ${on}, where: '${where}' }`

const header = '# Made by make-catalogue.ts from rules.json.\n'

/** The files of KM-1's catalogue. `without`: kinds of rules that are left out. */
export function km1Files(without: readonly string[] = []): readonly { readonly path: string; readonly text: string }[] {
  const factors = new Map<string, string>()
  const made = rules.filter(({ kind }) => !without.includes(kind)).map((rule) => yaml(rule, factors))
  return Object.entries({
    'policy.yaml': 'default_time_zone: UTC\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\n',
    'offers/offers.yaml': '- id: none\n  title: { en: No offer }\n  message: { en: No offer }\n',
    'factors/factors.yaml': [...factors.values()].join('\n'),
    'rules/rules.yaml': made.join('\n'),
  }).map(([path, text]) => ({ path, text: header + text }))
}
