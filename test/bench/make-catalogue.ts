/*
 * Writes km1-catalogue/ from rules.json, the reference job's own list of rules (its numbers are kept in the rules' ids):
 *
 *   node test/bench/make-catalogue.ts
 *
 * The ten sequence rules (85 to 94) are left out: the language has no sequences yet.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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

const factors = new Map<string, string>()

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
function factor(name: string | undefined, window: string): string {
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

function condition(rule: Rule): { readonly on: string; readonly when: string; readonly evidence: readonly string[] } {
  if (rule.kind === 'first') {
    const [on, when] = firsts[rule.id] ?? ['app-usage', `event.app == "${rareApps[rule.id - 75]}"`]
    return { on, when, evidence: [] }
  }
  const from = metrics[rule.metric ?? '']?.from ?? ''
  if (rule.kind === 'threshold') {
    const id = factor(rule.metric, rule.window ?? '')
    return { on: from, when: `${id} >= ${rule.gte} && ${atEachEvent[from]}`, evidence: [id] }
  }
  const today = factor(rule.metric, '1d')
  const withBase = factor(rule.metric, '8d')
  const base = `${withBase} - ${today}`
  const when = `${today} >= ${rule.floor} && ${base} >= ${rule.minBase} && 7 * ${today} >= ${rule.k} * (${base}) && ${atEachEvent[from]}`
  return { on: from, when, evidence: [today] }
}

function yaml(rule: Rule): string {
  const id = `${rule.kind}-${String(rule.id).padStart(2, '0')}`
  const moment = rule.kind === 'first' ? 'first' : 'change'
  const head = `- id: ${id}\n  moment: ${moment}\n  title: { en: ${id} of KM-1 }\n  purpose: marketing\n`
  if (rule.kind === 'absence') {
    const hours = (rule.ms ?? 0) / 3_600_000
    const pattern = `    - low: { on: cdr, where: balance_after < ${rule.below} }\n    - not: { on: recharge, for: ${hours}h }\n`
    return `${head}  pattern:\n${pattern}  once: 24h\n`
  }
  const { on, when, evidence } = condition(rule)
  const rest = rule.kind === 'first' ? '  history: none\n' : `  once: 24h\n  evidence: [${evidence.join(', ')}]\n`
  return `${head}  on: ${on}\n  when: '${when}'\n${rest}`
}

const header = '# Made by make-catalogue.ts from rules.json.\n'
const made = rules.filter(({ kind }) => kind !== 'sequence').map(yaml)
const files = {
  'policy.yaml': 'default_time_zone: UTC\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\n',
  'offers/offers.yaml': '- id: none\n  title: { en: No offer }\n  message: { en: No offer }\n',
  'factors/factors.yaml': [...factors.values()].join('\n'),
  'rules/rules.yaml': made.join('\n'),
}
for (const [name, text] of Object.entries(files)) {
  const file = join(import.meta.dirname, 'km1-catalogue', name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, header + text)
}
