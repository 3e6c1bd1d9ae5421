import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { Factor } from '../../services/rules/ruleset.ts'
import { offers, policy } from './catalogue-files.ts'
import { showFactor } from './show.ts'

const tags = {
  path: 'tags/t.yaml',
  text: `
- { id: churn_score, title: { en: Churn }, type: double }
- { id: tier, title: { en: Tier }, values: [low, high] }
`,
}

function factorsOf(...definitions: string[]): readonly Factor[] {
  const text = definitions.map((definition) => `- { title: { en: F }, ${definition} }`).join('\n')
  const { catalogue, problems } = loadCatalogue([policy, offers, tags, { path: 'factors/f.yaml', text }])
  expect(problems?.map(String) ?? []).toEqual([])
  return catalogue?.ruleset.factors ?? []
}

/** A factor as it is written, and what the engine is given. */
const table: readonly (readonly [written: string, ...given: string[]])[] = [
  ['id: f, from: cdr, aggregate: count, window: { days: 7 }', 'f: int = count over cdr, 7 day'],
  [
    'id: f, from: [cdr, app-usage], where: has(event.roaming_country), aggregate: count, window: { hours: 24 }',
    'f: int = count over cdr|app-usage where has(event.roaming_country), 24 hour',
  ],
  [
    'id: f, from: app-usage, where: local_hour >= 22 || local_hour < 6, value: duration_s, aggregate: sum, window: { billing_months: 2, ago: 1 }',
    'f: int = sum of event.duration_s over app-usage where ((event.local_hour >= 22) || (event.local_hour < 6)), 2 billing-month 1 ago',
  ],
  [
    'id: f, from: recharge, value: amount, aggregate: max, window: { rolling: 168h, pane: 2h }',
    'f: int = max of event.amount over recharge, 84 panes of 2h',
  ],
  [
    'id: f, from: cdr, aggregate: count, window: { since: { on: recharge, where: amount >= 1000 } }',
    'f: int = count over cdr, since recharge where (event.amount >= 1000)',
  ],
  [
    'id: f, from: cdr, value: duration_s, aggregate: avg, window: { weeks: 4 }',
    'hidden f$sum: int = sum of event.duration_s over cdr, 4 week',
    'hidden f$count: int = count over cdr, 4 week',
    'f: double = (double(f$sum) / double(f$count))',
  ],
  // Only events whose value is known count, of the sum and of the number alike.
  [
    'id: f, from: cdr, where: kind == "voice", value: charge, aggregate: avg, window: { last: 10 }',
    'hidden f$sum: int = sum of event.charge over cdr where ((event.kind == "voice") && known(event.charge)), last 10',
    'hidden f$count: int = count over cdr where ((event.kind == "voice") && known(event.charge)), last 10',
    'f: double = (double(f$sum) / double(f$count))',
  ],
  [
    'id: f, from: cdr, aggregate: rate, per: 1d, window: { weeks: 2 }',
    'hidden f$all: int = count over cdr, 2 week',
    'f: double = (double(f$all) / 14.0)',
  ],
  [
    'id: f, from: network, value: value, aggregate: rate, per: 12h, window: { rolling: 48h }',
    'hidden f$all: double = sum of event.value over network, rolling 48h',
    'f: double = (f$all / 4.0)',
  ],
  [
    'id: f, from: app-usage, where: bearer != "wifi", of: app_category == "video", aggregate: share, window: { days: 30 }',
    'hidden f$part: int = count over app-usage where ((event.bearer != "wifi") && (event.app_category == "video")), 30 day',
    'hidden f$all: int = count over app-usage where (event.bearer != "wifi"), 30 day',
    'f: double = (double(f$part) / double(f$all))',
  ],
  [
    'id: f, from: app-usage, value: bytes_down, of: bearer == "5g", aggregate: share, window: lifetime',
    'hidden f$part: int = sum of event.bytes_down over app-usage where (event.bearer == "5g"), lifetime',
    'hidden f$all: int = sum of event.bytes_down over app-usage, lifetime',
    'f: double = (double(f$part) / double(f$all))',
  ],
  [
    'id: f, from: recharge, where: amount > 0, aggregate: days-since',
    'hidden f$date: int = last of event.local_date over recharge where (event.amount > 0), lifetime',
    'f: int = (now.date - f$date)',
  ],
  [
    'id: f, from: order, value: product_id, aggregate: last',
    'f: string = last of event.product_id over order, lifetime',
  ],
  ['id: f, from: bill, value: due, aggregate: last', 'f: int = last of event.due over bill, lifetime'],
  [
    'id: f, from: order, value: product_id, aggregate: last, window: { since: { on: recharge } }',
    'f: string = last of event.product_id over order, since recharge',
  ],
  [
    'id: f, from: recharge, value: event_time, aggregate: first',
    'f: int = first of event.event_time over recharge, lifetime',
  ],
  [
    'id: f, from: order, value: product_id, aggregate: previous',
    'f: string = previous of event.product_id over order, last 2',
  ],
  [
    'id: f, from: cdr, value: other_party, aggregate: distinct, window: { months: 1 }',
    'f: int = distinct of event.other_party over cdr, 1 month',
  ],
  [
    'id: f, from: cdr, value: cell_id, aggregate: entropy, window: { days: 30 }',
    'f: double = entropy of event.cell_id over cdr, 30 day',
  ],
  [
    'id: f, from: app-usage, value: app, aggregate: mode, window: { days: 30 }',
    'f: string = mode of event.app over app-usage, 30 day',
  ],
  [
    'id: f, from: app-usage, aggregate: baseline, half_life: 4, window: { weeks: 8 }',
    'f: double = baseline(halfLife 4, least 8) over app-usage, 8 week 1 ago',
  ],
  [
    'id: f, from: app-usage, value: duration_s, aggregate: trend, at_least: 3, window: { months: 6 }',
    'f: double = trend(least 3) of event.duration_s over app-usage, 6 month 1 ago',
  ],
  [
    'id: f, from: recharge, aggregate: cadence, window: { last: 6 }',
    'f: double = cadence(measure median, least 5) over recharge, last 6',
  ],
  [
    'id: f, from: recharge, aggregate: cadence, measure: last',
    'f: double = cadence(measure last, least 1) over recharge, last 6',
  ],
  ['id: f, profile: plan_data_mb', 'f: int = current of event.plan_data_mb over profile, lifetime'],
  ['id: f, profile: contract_end', 'f: int = current of event.contract_end over profile, lifetime'],
  ['id: f, profile: plan, previous: true', 'f: string = before of event.plan over profile, lifetime'],
  [
    'id: f, profile: plan, unchanged: days',
    'hidden f$date: int = change-date of event.plan over profile, lifetime',
    'f: int = (now.date - f$date)',
  ],
  ['id: f, profile: plan, unchanged: hours', 'f: double = change-age of event.plan over profile, lifetime'],
  ['id: f, tag: churn_score', 'f: double = tag churn_score'],
  ['id: f, tag: tier', 'f: string = tag tier'],
  ['id: f, product: [rbt, rbt-plus]', 'f: bool = product rbt|rbt-plus'],
  ['id: f, consent: { channel: sms, purpose: marketing }', 'f: bool = consent sms marketing'],
]

test.each(table)('%s', (written, ...given) => {
  expect(factorsOf(written).map(showFactor)).toEqual(given)
})

test.each([
  ['declared', '', '((calls >= 5) ? 0.8 : ((calls >= 3) ? 0.4 : 0.0))'],
  [
    'measured',
    ', measured: { at: 2026-11-23, subscribers: 20, thresholds: [4, 9] }',
    '((calls >= 9) ? 0.8 : ((calls >= 4) ? 0.4 : 0.0))',
  ],
])('quantiles go by thresholds that are %s', (_, measured, value) => {
  const [, rank] = factorsOf(
    'id: calls, from: cdr, aggregate: count, window: { days: 7 }',
    `id: f, quantiles: { of: calls, cuts: [0.4, 0.8], declared: [3, 5]${measured} }`,
  )
  expect(rank && showFactor(rank)).toBe(`f: double = ${value}`)
})

test('derived factors stand behind those that they read, wherever they are written', () => {
  const factors = factorsOf(
    'id: d, derive: c > 1.5 && tier == "high"',
    'id: c, ratio: { of: a, to: b }',
    'id: s, from: cdr, aggregate: streak, window: { months: 3 }, while: double(value) > c',
    'id: a, from: cdr, aggregate: count, window: { days: 7 }',
    'id: b, from: cdr, aggregate: avg, value: duration_s, window: { days: 28, ago: 1 }',
    'id: tier, tag: tier',
    'id: month, derive: now.month * 100 + now.day_of_month',
  )
  expect(factors.map(showFactor)).toEqual([
    'a: int = count over cdr, 7 day',
    'hidden b$sum: int = sum of event.duration_s over cdr, 28 day 1 ago',
    'hidden b$count: int = count over cdr, 28 day 1 ago',
    'b: double = (double(b$sum) / double(b$count))',
    'tier: string = tag tier',
    'month: int = ((now.month * 100) + now.day_of_month)',
    'c: double = (double(a) / b)',
    'd: bool = ((c > 1.5) && (tier == "high"))',
    's: int = streak(while (double(value) > c)) over cdr, 3 month 1 ago',
  ])
})

test('what people read goes with a factor', () => {
  const [factor] = factorsOf(
    'id: f, unit: days, class: guard, category: cooling, description: { en: Words }, from: recharge, aggregate: days-since',
  ).filter(({ hidden }) => !hidden)
  expect(factor).toMatchObject({
    title: { en: 'F' },
    description: { en: 'Words' },
    unit: 'days',
    class: 'guard',
    category: 'cooling',
    location: { file: 'factors/f.yaml', line: 1, column: 3 },
  })
})
