import { describe, expect, test } from 'vitest'
import { timeZone } from '../../services/domain/time-zones.ts'
import { blameWords, valueText } from '../../services/explain/blame-words.ts'
import { lengthText, localText, roughly } from '../../services/explain/clock-text.ts'
import { factorWords, windowWords } from '../../services/explain/factor-words.ts'
import { sentences } from '../../services/explain/sentences.ts'
import { whyUnknown } from '../../services/explain/unknown-reason.ts'
import { checkCondition } from '../../services/rules/condition.ts'
import { blameFor } from '../../services/rules/condition-blame.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { Factor } from '../../services/rules/ruleset.ts'
import { createFactorScopes } from '../../services/rules/scope.ts'

const say = sentences.en
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const berlin = timeZone('Europe/Berlin')

test.each([
  [90_000, '90s'],
  [10 * minute, '10m'],
  [24 * hour, '24h'],
  [48 * hour, '48h'],
  [7 * day, '7d'],
  [1_500, '1500ms'],
  [0, '0ms'],
])('%i ms are %s', (ms, text) => {
  expect(lengthText(ms)).toBe(text)
})

test.each([
  [4_400, '4 s'],
  [90 * minute, '1 h 30 min'],
  [25 * hour, '1 d 1 h'],
  [-3 * day, '3 d'],
])('%i ms are roughly %s', (ms, text) => {
  expect(roughly(ms, say)).toBe(text)
})

test('times are those of the wall clock', () => {
  expect(localText(Date.parse('2026-03-29T00:59:59.500Z'), berlin, say)).toBe('2026-03-29 01:59:59.500')
  expect(localText(Date.parse('2026-03-29T01:00:00Z'), berlin, say)).toBe('2026-03-29 03:00:00')
  expect(localText(Number.POSITIVE_INFINITY, berlin, say)).toBe('never')
})

/** Factors of a file, by id. */
function factorsOf(text: string): ReadonlyMap<string, Factor> {
  const policy = {
    path: 'c/policy.yaml',
    text: 'default_time_zone: Europe/Berlin\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\n',
  }
  const tags = { path: 'c/tags/tags.yaml', text: 'id: tier\ntitle: { en: Tier }\ntype: text\n' }
  const { catalogue, problems } = loadCatalogue([policy, tags, { path: 'c/factors/f.yaml', text }])
  if (!catalogue) throw new Error(problems.map(String).join('\n'))
  return new Map(catalogue.ruleset.factors.map((factor) => [factor.id, factor]))
}

const title = 'title: { en: A factor }'
const one = (body: string): Factor => {
  const found = factorsOf(`id: f\n${title}\n${body}`).get('f')
  if (!found) throw new Error('no factor')
  return found
}

describe('a factor in words', () => {
  const table: readonly (readonly [body: string, of: string, window: string])[] = [
    ['from: cdr\naggregate: count\nwindow: lifetime', 'count of cdr', 'the whole life'],
    [
      'from: cdr\nwhere: end_cause == "dropped"\naggregate: count\nwindow: { rolling: 24h }',
      'count of cdr where end_cause == "dropped"',
      'the last 24h, exact',
    ],
    [
      'from: cdr\naggregate: count\nwindow: { rolling: 24h, pane: 1h }',
      'count of cdr',
      'the current pane of 1h and the 23 before it, not exact: 23h to 24h',
    ],
    ['from: cdr\nvalue: duration_s\naggregate: max\nwindow: { days: 1 }', 'greatest of duration_s over cdr', 'today'],
    ['from: cdr\naggregate: count\nwindow: { days: 2 }', 'count of cdr', 'today and the day before it'],
    ['from: cdr\naggregate: count\nwindow: { months: 1, ago: 1 }', 'count of cdr', 'the last full month'],
    ['from: cdr\naggregate: count\nwindow: { weeks: 3, ago: 1 }', 'count of cdr', 'the last 3 full weeks'],
    [
      'from: cdr\naggregate: count\nwindow: { weeks: 4, ago: 2 }',
      'count of cdr',
      'the 4 full weeks before the last full week',
    ],
    [
      'from: cdr\naggregate: count\nwindow: { weeks: 1, ago: 3 }',
      'count of cdr',
      'the full week before the last 2 full weeks',
    ],
    [
      'from: recharge\naggregate: cadence\nmeasure: median\nwindow: { last: 6 }',
      'median of the gaps between recharge, in hours',
      'the newest 6 events',
    ],
    [
      'from: cdr\naggregate: count\nwindow: { since: { on: recharge, where: amount >= 500 } }',
      'count of cdr',
      'since the newest recharge where amount >= 500',
    ],
    [
      'from: app-usage\nwhere: app == "event.x"\naggregate: count\nwindow: lifetime',
      'count of app-usage where app == "event.x"',
      'the whole life',
    ],
  ]
  test.each(table)('%s', (body, of, window) => {
    const factor = one(body)
    expect(factorWords(factor, say)).toBe(of)
    expect(factor.definition.kind === 'events' && windowWords(factor.definition.window, say)).toBe(window)
  })
})

describe('why a factor is unknown', () => {
  const monday = Date.parse('2026-03-02T00:00:00+01:00')
  const at = monday + 2 * day
  const table: readonly (readonly [body: string, since: number, why: string])[] = [
    [
      'from: cdr\naggregate: count\nwindow: { weeks: 4, ago: 1 }',
      monday - 10 * day,
      'first sight was 2026-02-20 00:00:00: 1 full week has passed since, 4 must',
    ],
    [
      'from: cdr\naggregate: baseline\nhalf_life: 4\nat_least: 2\nwindow: { weeks: 4 }',
      monday,
      'first sight was 2026-03-02 00:00:00: no full week has passed since, 2 must',
    ],
    ['from: recharge\nvalue: amount\naggregate: last', monday, 'there was no recharge with a value yet'],
    [
      'from: cdr\nvalue: duration_s\naggregate: max\nwindow: { days: 7 }',
      monday,
      'there is no cdr with a value in its window',
    ],
    ['from: recharge\nvalue: amount\naggregate: previous', monday, 'there were no two of recharge with a value yet'],
    [
      'from: recharge\naggregate: cadence\nat_least: 3\nwindow: { last: 6 }',
      monday,
      'there were fewer than 4 of recharge yet',
    ],
    [
      'from: cdr\naggregate: count\nwindow: { since: { on: recharge } }',
      monday,
      'there was no recharge yet, or nothing came after it',
    ],
    [
      'from: cdr\nvalue: duration_s\naggregate: avg\nwindow: { days: 7 }',
      monday,
      'there is nothing to divide by (0 events in the window)',
    ],
    ['tag: tier', monday, "no profile has named a tag 'tier' that can be read"],
    ['product: rbt', monday, 'no profile has named products'],
  ]
  test.each(table)('%s', (body, since, why) => {
    const factors = factorsOf(`id: f\n${title}\n${body}`)
    const factor = factors.get('f')
    if (!factor) throw new Error('no factor')
    // Sums and counts over nothing are 0, all else unknown.
    const value = (id: string) => (factors.get(id)?.hidden ? 0 : null)
    const found = whyUnknown(factor, {
      at,
      zone: berlin,
      say,
      billingDay: 1,
      since,
      factor: (id) => factors.get(id),
      value,
    })
    expect(found).toBe(why)
  })

  test('of a derived one: what it reads says why', () => {
    const factors = factorsOf(
      `- id: last_amount\n  ${title}\n  from: recharge\n  value: amount\n  aggregate: last\n- id: f\n  ${title}\n  derive: last_amount * 2\n`,
    )
    const factor = factors.get('f')
    if (!factor) throw new Error('no factor')
    const found = whyUnknown(factor, {
      say,
      at,
      zone: berlin,
      billingDay: 1,
      since: monday,
      factor: (id) => factors.get(id),
      value: () => null,
    })
    expect(found).toBe('last_amount is: there was no recharge with a value yet')
  })
})

describe('the blame for a condition', () => {
  const types = {
    a: 'int',
    b: 'int',
    d: 'double',
    yes: 'bool',
    no: 'bool',
    maybe: 'bool',
    name: 'string',
    gone: 'int',
  } as const
  const values = { a: 2, b: 5, d: 0.25, yes: true, no: false, maybe: undefined, name: 'x', gone: undefined } as const
  const scope = createFactorScopes(Object.entries(types).map(([id, type]) => [id, { type }] as const)).scope()
  const environment = {
    factor: (id: string) => values[id as keyof typeof values],
    field: () => undefined,
    now: () => undefined,
  }
  const table: readonly (readonly [condition: string, ...words: string[]])[] = [
    ['a >= 2'],
    ['a >= 3', 'a is 2, needs >= 3'],
    ['3 <= a', '3 <= a is false: a is 2'],
    ['a >= 3 && b >= 3', 'a is 2, needs >= 3'],
    ['a >= 3 && b >= 6', 'a is 2, needs >= 3', 'b is 5, needs >= 6'],
    ['a >= 3 || b >= 6', 'a is 2, needs >= 3', 'b is 5, needs >= 6'],
    ['a >= 3 || b >= 5'],
    ['!(a >= 2)', 'a is 2, needs < 2'],
    ['!(a >= 2 || b >= 6)', 'a is 2, needs < 2'],
    ['!(a >= 2 && b >= 5)', 'a is 2, needs < 2', 'b is 5, needs < 5'],
    ['!yes', 'yes is true, needs false'],
    ['yes && no', 'no is false, needs true'],
    ['maybe && a >= 3', 'maybe is unknown (why maybe)', 'a is 2, needs >= 3'],
    ['gone > 1', 'gone is unknown (why gone)'],
    ['gone > a', 'gone is unknown (why gone), in gone > a'],
    ['a > b', 'a > b is false: a is 2, b is 5'],
    ['d * 2.0 > 1.0', 'd * 2.0 > 1.0 is false: d is 0.25'],
    ['a in [1, 3]', 'a is 2, needs in [1, 3]'],
    ['!(a in [2])', 'a is 2, needs not in [2]'],
    ['name == "y"', 'name is "x", needs == "y"'],
    ['yes ? a >= 3 : b >= 3', 'a is 2, needs >= 3'],
    ['maybe ? a >= 3 : b >= 3', 'maybe is unknown (why maybe)'],
    ['known(gone)', 'known(gone) is false: gone is unknown'],
    ['now.hour >= 9', 'now.hour is unknown (why hour)'],
  ]
  test.each(table)('%s', (condition, ...words) => {
    const faults: string[] = []
    const expression = checkCondition(condition, scope, ({ code, message }) => faults.push(`${code} ${message}`))
    expect(faults).toEqual([])
    if (!expression) throw new Error('no expression')
    const why = ({ name }: { readonly name: string }) => `why ${name}`
    expect(blameFor(expression, environment).map((blame) => blameWords(blame, why, say))).toEqual(words)
  })
})

test.each([
  [1 / 3, '0.333333'],
  [1e-9, '1e-9'],
  [2, '2'],
  ['a "b"', '"a \\"b\\""'],
  [null, 'unknown'],
  [false, 'false'],
])('a value of %s reads %s', (value, text) => {
  expect(valueText(value, say)).toBe(text)
})

test('a rule that watches segments says what it has seen of them', () => {
  const { catalogue, problems } = loadCatalogue([
    {
      path: 'c/policy.yaml',
      text: 'default_time_zone: Europe/Berlin\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\n',
    },
    { path: 'c/factors/f.yaml', text: `id: paid\n${title}\nfrom: recharge\naggregate: count\nwindow: lifetime\n` },
    { path: 'c/segments/s.yaml', text: `id: payer\ndimension: money\n${title}\nwhen: paid >= 1\n` },
    { path: 'c/rules/r.yaml', text: `id: r\nmoment: change\n${title}\nsegment: { of: money }\npurpose: care\n` },
  ])
  if (!catalogue) throw new Error(problems.map(String).join('\n'))
  const { factors, rules } = catalogue.ruleset
  const trigger = rules[0]?.trigger
  if (trigger?.kind !== 'condition') throw new Error('it is judged after events')
  const byId = new Map(factors.map((factor) => [factor.id, factor]))
  const surroundings = { at: day, zone: berlin, say, billingDay: 1, since: 0, factor: (id: string) => byId.get(id) }
  const told = (values: Readonly<Record<string, string | number>>) =>
    blameFor(trigger.when, { factor: (id) => values[id], field: () => undefined }).map((blame) =>
      blameWords(
        blame,
        ({ name }) => {
          const factor = byId.get(name)
          return factor && whyUnknown(factor, { ...surroundings, value: (id) => values[id] ?? null })
        },
        say,
      ),
    )
  expect(told({})[0]).toContain('segment_now(money)')
  expect(told({ 'segment_now(money)': 'payer' }).join()).toContain('no change of it has been seen yet')
  const before = { 'segment_now(money)': 'payer', 'segment_before(money)': 'payer' }
  expect(told({ ...before, 'segment_hours(money)': 52 })).toEqual(['segment_hours(money) is 52, needs == 0.0'])
  expect(told({ ...before, 'segment_hours(money)': 0 })).toEqual([])
})
