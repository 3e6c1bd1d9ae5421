import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Ruleset } from '../../services/rules/ruleset.ts'
import { rulesetOf } from './rulesets.ts'
import { ShardDriver, type TestEvent } from './shard-driver.ts'

/* A word that stands twice in a list is there once: for what factors count, what patterns and intervals match, and rules. */
const minute = 60_000
const start = Date.parse('2026-06-01T12:00Z')
const words = fc.constantFrom('a', 'b', 'c', 'd')
const list = fc.uniqueArray(words, { minLength: 1, maxLength: 3 })
const asked = (field: string) =>
  fc.oneof(
    list.map((all) => `${field} in ${JSON.stringify(all)}`),
    words.map((word) => `${field} == "${word}"`),
    list.map((all) => `${field} in ${JSON.stringify(all)} && duration_s > 1`),
  )

const rulesetText = fc
  .record({
    wheres: fc.array(asked('app'), { minLength: 2, maxLength: 6 }),
    steps: fc.array(fc.tuple(asked('app'), asked('app')), { minLength: 1, maxLength: 4 }),
    intervals: fc.array(fc.tuple(asked('app'), asked('app')), { minLength: 1, maxLength: 4 }),
    whens: fc.array(list, { minLength: 1, maxLength: 16 }),
  })
  .map(({ wheres, steps, intervals, whens }) => {
    const rule = (id: string, moment: string, body: string) =>
      `- { id: ${id}, moment: ${moment}, title: { en: a }, ${body} }\n`
    const told = 'purpose: care, offers: [thanks], expires: 7d'
    const factors = wheres
      .map(
        (where, i) =>
          `- { id: f${i}, title: { en: a }, from: app-usage, where: '${where}', value: bytes_down, aggregate: sum, window: lifetime }\n`,
      )
      .join('')
    const rules = [
      ...wheres.map((_, i) => rule(`sum${i}`, 'change', `on: app-usage, when: f${i} > 0, evidence: [f${i}], ${told}`)),
      ...steps.map(([a, b], i) => {
        const pattern = `[{ a: { on: app-usage, where: '${a}' } }, { b: { on: app-usage, where: '${b}' } }]`
        return rule(`steps${i}`, 'change', `pattern: ${pattern}, within: 1h, once: 1s, ${told}`)
      }),
      ...intervals.map(([open, close], i) =>
        rule(
          `interval${i}`,
          'do-not-disturb',
          `open: { on: app-usage, where: '${open} && duration_s < 9' }, close: { on: app-usage, where: '${close}' }, longest: 1d, lingers: 1s, code: open-issue`,
        ),
      ),
      ...whens.map((all, i) =>
        rule(`when${i}`, 'change', `on: app-usage, when: 'event.app in ${JSON.stringify(all)}', ${told}`),
      ),
    ]
    return { factors, rules: rules.join('') }
  })

/** Each list has its words twice, in another order. A catalogue that says so is refused; the engine is asked all the same. */
const doubled = (ruleset: Ruleset): Ruleset =>
  JSON.parse(JSON.stringify(ruleset), (_, value) =>
    value?.kind === 'in' ? { ...value, values: [...value.values, ...value.values.toReversed()] } : value,
  )

const usage = (app: string, i: number, forward: number, seconds: number): TestEvent => ({
  type: 'app-usage',
  value: {
    event_id: `e${i}`,
    subscriber_id: 's',
    event_time: start + i * minute - (forward % 3) * minute,
    source: 'x',
    app,
    app_category: 'web',
    bytes_up: 0,
    bytes_down: 1 + i,
    duration_s: seconds,
    bearer: '4g',
    login: false,
  },
})

function run(ruleset: Ruleset, events: readonly TestEvent[]) {
  const driver = new ShardDriver({ ruleset, defaultTimeZone: 'UTC' })
  for (const event of events) driver.send(event)
  driver.advance(start + 86_400_000)
  return driver.moments()
}

const stream = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(4), fc.nat(3)), { maxLength: 30 })

it('a word that stands twice in a list counts once', () => {
  let found = 0
  fc.assert(
    fc.property(rulesetText, stream, ({ factors, rules }, steps) => {
      const ruleset = rulesetOf(factors, rules)
      const events = steps.map(([app, forward, seconds], i) => usage(app, i, forward, seconds))
      const moments = run(ruleset, events)
      expect(run(doubled(ruleset), events)).toEqual(moments.map((moment) => ({ ...moment })))
      found += moments.length
    }),
    { numRuns: 40 },
  )
  expect(found).toBeGreaterThan(300)
}, 60_000)
