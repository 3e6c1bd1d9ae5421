import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { MomentKind, Rule } from '../../services/rules/ruleset.ts'
import { messageSizes } from '../../services/rules/templates/message-sizes.ts'
import { shippedFiles } from './catalogue-files.ts'

const loaded = loadCatalogue(shippedFiles())

function shipped() {
  expect(loaded.problems?.map(String) ?? []).toEqual([])
  if (!loaded.catalogue) throw new Error('the shipped catalogue has problems')
  return loaded.catalogue
}

const factors = () => shipped().ruleset.factors.filter(({ hidden }) => !hidden)

function ruleOf(id: string): Rule {
  const found = shipped().ruleset.rules.find((rule) => rule.id === id)
  if (!found) throw new Error(`no rule '${id}'`)
  return found
}

const hour = 3_600_000
const day = 24 * hour

test('the shipped catalogue has no fault', () => {
  expect(factors().length).toBeGreaterThanOrEqual(177)
})

test('it has rules of all four kinds', () => {
  const { rules } = shipped().ruleset
  const count = (moment: MomentKind) => rules.filter((rule) => rule.moment === moment).length
  expect(rules.length).toBeGreaterThanOrEqual(60)
  expect(count('first')).toBeGreaterThanOrEqual(10)
  expect(count('change')).toBeGreaterThanOrEqual(60)
  expect(count('special')).toBeGreaterThanOrEqual(10)
  expect(count('do-not-disturb')).toBeGreaterThanOrEqual(5)
})

test('warnings in six categories, uplift in four, and the guards', () => {
  const categories = new Map<string, Set<string>>()
  for (const { class: of, category } of factors()) {
    if (of && category) categories.set(of, (categories.get(of) ?? new Set()).add(category))
  }
  expect([...(categories.get('high-risk-warning') ?? [])].sort()).toEqual([
    'balance',
    'leaving-signs',
    'network-experience',
    'new-entry',
    'service',
    'usage-decline',
  ])
  expect([...(categories.get('value-uplift') ?? [])].sort()).toEqual([
    'care-and-circles',
    'first-use',
    'plan-fit',
    'terminal-upgrade',
  ])
  expect([...(categories.get('guard') ?? [])]).toEqual(['do-not-disturb'])
})

test('everything has words in English and Chinese', () => {
  const { ruleset, offers, campaigns } = shipped()
  const han = /\p{Script=Han}/u
  for (const { id, title } of [...factors(), ...ruleset.rules, ...ruleset.segments, ...offers, ...campaigns]) {
    expect(title.zh, id).toMatch(/\p{Script=Han}|VoLTE|VIP/u)
  }
  for (const { id, description } of [...factors(), ...ruleset.rules]) expect(description?.zh, id).toBeTruthy()
  for (const { id, message } of offers) expect(message.zh, id).toMatch(han)
})

test('every file says which schema an editor should hold it against', () => {
  const schemas = 'factor|rule|offer|campaign|policy|segment|tag|calendar|timeline'
  for (const { path, text } of shippedFiles()) {
    expect(text, path).toMatch(
      new RegExp(`^# yaml-language-server: \\$schema=(\\.\\./|\\./)\\.schemas/(${schemas})\\.schema\\.json\\n`),
    )
  }
})

test('every offer says of what kind it is, and what sells a product what it costs', () => {
  for (const { id, kind, product, price, stickiness } of shipped().offers) {
    expect(kind, id).toBeDefined()
    if (kind === 'service-action') expect({ price, stickiness }, id).toEqual({})
    else if (product !== undefined) expect(price ?? stickiness, id).toBeDefined()
  }
})

test('a marketing message says how to opt out', () => {
  const { rules } = shipped().ruleset
  const marketed = new Set(rules.flatMap(({ purpose, offers }) => (purpose === 'marketing' ? offers : [])))
  expect(marketed.size).toBeGreaterThan(40)
  for (const { offer, language, text } of messageSizes(shipped())) {
    if (!marketed.has(offer)) continue
    expect(text.match(language === 'en' ? /STOP/g : /回复TD/g), `${offer} ${text}`).toHaveLength(1)
  }
})

test('first login to the app: once in a life, history by a tag', () => {
  expect(ruleOf('first-app-login')).toMatchObject({
    moment: 'first',
    once: 'lifetime',
    trigger: {
      kind: 'condition',
      on: ['app-usage'],
      when: { kind: 'field', type: 'bool', name: 'login' },
      history: { kind: 'tag', tag: 'app_user' },
    },
  })
})

test('low balance without a top-up for 48 hours', () => {
  expect(ruleOf('low-balance-no-recharge')).toMatchObject({
    moment: 'change',
    trigger: {
      kind: 'pattern',
      steps: [
        { kind: 'event', any: [{ on: ['cdr'], where: { operator: '<', right: { value: 1000 } } }], times: 1 },
        { kind: 'absence', any: [{ on: ['recharge'] }], length: 48 * hour, fromStart: false },
      ],
    },
  })
})

test('birthday at nine in the morning', () => {
  expect(ruleOf('birthday')).toMatchObject({
    moment: 'special',
    purpose: 'care',
    once: 0,
    trigger: {
      kind: 'date',
      field: 'birth_date',
      date: { kind: 'yearly', fromYears: 1, leapDay: '02-28', minuteOfDay: 540 },
    },
  })
})

test('an open complaint is do-not-disturb, ticket by ticket, and seven days longer', () => {
  expect(ruleOf('open-complaint')).toMatchObject({
    moment: 'do-not-disturb',
    trigger: {
      kind: 'interval',
      key: 'ticket_id',
      lingers: 7 * day,
      code: 'open-issue',
      channels: [],
      purposes: ['marketing', 'care'],
    },
  })
})

test('the policy', () => {
  const marketing = { purposes: ['marketing'] } as const
  const sales = ['voice', 'data', 'broadband', 'family-network', 'contract', 'terminal', 'value-added']
  expect(shipped().policy).toMatchObject({
    defaultTimeZone: 'Asia/Shanghai',
    defaultLanguage: 'zh',
    defaultCalendar: 'china',
    repairFirst: [
      { segment: 'network-to-repair', kinds: sales },
      { segment: 'service-to-repair', kinds: sales },
    ],
    offerOrder: expect.arrayContaining([
      { segment: 'priority-1', kinds: ['service-action', 'contract', 'terminal'], by: 'stickiness' },
      { segment: 'priority-9', kinds: ['data', 'voice', 'value-added'], by: 'price' },
      { segment: 'low-value', by: 'price' },
    ]),
    quietHours: [{ id: 'night', channels: ['sms', 'ivr', 'push'], start: 22 * 60, end: 8 * 60 }],
    caps: [
      { id: 'marketing-day', ...marketing, window: { kind: 'civil', unit: 'day' }, most: 1 },
      { id: 'marketing-week', ...marketing, window: { kind: 'rolling', length: 7 * day }, most: 2 },
      { id: 'marketing-year', ...marketing, window: { kind: 'rolling', length: 365 * day }, most: 5 },
      { id: 'marketing-calls', ...marketing, channels: ['ivr'], window: { kind: 'civil', unit: 'month' }, most: 1 },
    ],
    gaps: { marketing: 24 * hour, care: 7 * day },
    cooling: [
      { id: 'after-a-no', of: 'all', after: 1, within: Number.POSITIVE_INFINITY, length: 30 * day },
      { id: 'same-offer', of: 'offer', after: 1, within: Number.POSITIVE_INFINITY, length: 90 * day },
      { id: 'three-times-no', of: 'all', after: 3, within: 180 * day, length: 180 * day },
    ],
    replies: {
      'opted-out': expect.arrayContaining(['stop', 'td', '退订', 'opt out', '拒收']),
      refused: expect.arrayContaining(['no', '2', '不要']),
      accepted: expect.arrayContaining(['yes', '1', '好']),
    },
    currency: 'CNY',
    variables: { hotline: '10086' },
    optOutText: { en: 'Reply STOP to opt out.', zh: '退订回复TD。' },
    segmentsMost: 2,
  })
})

test('the policy knows the categories of registers, spares days off and nights from calls, and asks for others’ goods', () => {
  const { categories = [], defaultCategory, doNotDisturb, register } = shipped().policy
  const ids = categories.map(({ id }) => id)
  expect(ids).toHaveLength(8)
  expect(defaultCategory).toBe('communication')
  const calls = { categories: [], channels: ['ivr', 'task'] }
  const bands = [
    { start: 0, end: 9 * 60 },
    { start: 20 * 60, end: 24 * 60 },
  ]
  expect(doNotDisturb).toEqual([
    { id: 'no-sales-calls-on-days-off', ...calls, purposes: ['marketing'], days: ['sunday', 'holiday'], bands: [] },
    { id: 'no-calls-early-or-late', ...calls, purposes: ['marketing', 'care'], days: [], bands },
  ])
  const others = ids.filter((id) => id !== 'communication')
  expect(register).toEqual({
    requiredFor: { purposes: ['marketing', 'care'], categories: others, channels: [] },
    maxAge: 7 * day,
  })
})

test('each cell of value by stability is made of the two, and has a strategy and a weight of its own', () => {
  const { ruleset, policy } = shipped()
  const cells = ruleset.segments.filter(({ dimension }) => dimension === 'priority')
  const strategies = (policy.offerOrder ?? []).filter(({ segment }) => cells.some(({ id }) => id === segment))
  expect(strategies.map(({ segment }) => segment)).toEqual(cells.map(({ id }) => id))
  expect(new Set(strategies.map(({ kinds, by }) => JSON.stringify([kinds, by]))).size).toBe(9)
  expect(cells.map(({ id }) => policy.priorityWeights?.[id])).toEqual([3, 2.5, 2, 1.5, 1.2, 1, 0.9, 0.8, 0.7])
})
