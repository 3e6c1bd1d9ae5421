import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RulesetSchedule } from '../../services/detect/ruleset-switch.ts'
import type { Expression } from '../../services/rules/expression.ts'
import type { Rule, Ruleset } from '../../services/rules/ruleset.ts'
import { rulesetOf } from './rulesets.ts'
import { ShardDriver, type TestEvent } from './shard-driver.ts'

/*
 * Many rules over the same events are told apart by words of the event and by lines over one number, so that only those are
 * looked at that may be true. A condition that is negated twice is the same condition, and can't be told apart.
 */
const minute = 60_000
const start = Date.parse('2026-06-01T12:00Z')

const factors = `
- { id: megabytes, title: { en: a }, from: app-usage, value: 'bytes_down - 3', aggregate: sum, window: { days: 2 } }
- { id: uses, title: { en: a }, from: app-usage, value: 'duration_s - 4', aggregate: sum, window: { rolling: 1h } }
- { id: longest, title: { en: a }, from: app-usage, where: 'app != "a0"', value: 'duration_s - 5', aggregate: max, window: { days: 1 } }
- { id: spell, title: { en: a }, from: app-usage, value: duration_s - 4, aggregate: last }
- { id: mean, title: { en: a }, derive: 'double(megabytes) / double(uses)' }
- { id: calls, title: { en: a }, from: cdr, aggregate: count, window: { days: 1 } }
`

const number = (most: number) => fc.integer({ min: -1, max: most })
const compared = (subject: string, most: number, isDouble = false) =>
  fc
    .tuple(fc.constantFrom('>=', '>', '<', '<=', '==', '!='), number(most), fc.boolean())
    .map(([operator, line, turned]) => {
      const literal = isDouble ? `${line}.0` : `${line}`
      const [left, right] = turned ? [literal, subject] : [subject, literal]
      return `${left} ${operator} ${right}`
    })
const band = (subject: string, most: number) =>
  fc
    .tuple(number(most), fc.integer({ min: 1, max: 6 }))
    .map(([low, width]) => `${subject} > ${low} && ${subject} <= ${low + width}`)
const word = (field: string, letter: string) =>
  fc.oneof(
    fc.integer({ min: 0, max: 5 }).map((i) => `event.${field} == "${letter}${i}"`),
    fc.integer({ min: 0, max: 5 }).map((i) => `"${letter}${i}" == event.${field}`),
    fc.integer({ min: 0, max: 4 }).map((i) => `event.${field} in ["${letter}${i}", "${letter}${i + 1}", "other"]`),
  )

/** Of each subject at most once, so that no condition is impossible. */
const condition = fc
  .tuple(
    fc.option(word('app', 'a'), { freq: 2 }),
    fc.option(word('cell_id', 'c'), { freq: 1 }),
    fc.option(fc.oneof(compared('megabytes', 40), band('megabytes', 40)), { freq: 2 }),
    fc.option(fc.oneof(compared('uses', 9), band('uses', 9))),
    fc.option(fc.oneof(compared('mean', 9, true), compared('double(longest)', 9, true))),
    fc.option(
      fc.oneof(
        fc.integer({ min: 1, max: 8 }).map((line) => `event.duration_s >= ${line}`),
        fc.constant('has(event.roaming_country)'),
      ),
    ),
    fc.option(fc.constantFrom('(calls > 1 || uses < 4)', 'calls >= 1', 'now.hour >= 13')),
  )
  .map((parts) => parts.filter((part) => part !== null))
  .filter((parts) => parts.length > 0)
  .map((parts) => parts.join(' && '))

const trigger = fc.oneof(
  { weight: 2, arbitrary: condition.map((when) => `when: '${when}'`) },
  { weight: 1, arbitrary: condition.map((when) => `becomes: '${when}'`) },
  {
    weight: 4,
    arbitrary: fc.tuple(word('app', 'a'), number(30)).map(([app, line]) => `when: '${app} && megabytes > ${line}'`),
  },
  { weight: 4, arbitrary: fc.oneof(compared('megabytes', 30), band('megabytes', 30)).map((when) => `when: '${when}'`) },
  { weight: 2, arbitrary: compared('megabytes', 30).map((when) => `when: '${when} && (uses < 4 || megabytes > 20)'`) },
  { weight: 4, arbitrary: compared('megabytes', 30).map((when) => `becomes: '${when}'`) },
  {
    weight: 2,
    arbitrary: number(30).map((line) => `becomes: 'megabytes > ${line}', rearm: 'megabytes < ${line - 2}'`),
  },
  // Of a number that comes and goes, so that it is often at a line, and crosses it again.
  { weight: 6, arbitrary: compared('spell', 6).map((when) => `becomes: '${when}'`) },
  { weight: 6, arbitrary: number(6).map((line) => `becomes: 'spell >= ${line}', rearm: 'spell <= ${line - 1}'`) },
  { weight: 3, arbitrary: number(6).map((line) => `becomes: 'spell >= ${line}', initial: true`) },
  { weight: 4, arbitrary: fc.oneof(compared('spell', 6), band('spell', 6)).map((when) => `when: '${when}'`) },
)
const ruleText = fc
  .tuple(
    trigger,
    fc.constantFrom('', '', ', once: 5m', ', once: 1d', ', settle: grace', ', settle: grace', ', mode: shadow'),
    fc.constantFrom('app-usage', 'app-usage', 'app-usage', '[app-usage, cdr]'),
  )
  .map(([own, more, on]) => (own.includes('event.app') ? `on: app-usage, ${own}${more}` : `on: ${on}, ${own}${more}`))

const textOf = (rules: readonly (readonly [id: number, body: string])[]) =>
  rules
    .map(
      ([i, body]) =>
        `- { id: r${i}, moment: change, title: { en: a }, purpose: care, expires: 7d, evidence: [megabytes, uses], ${body} }\n`,
    )
    .join('')

/** Of two versions: the second is without some of the rules, and others stand in front, so that all have other numbers. */
const rulesTexts = fc
  .tuple(
    fc.array(ruleText, { minLength: 90, maxLength: 160 }),
    fc.array(ruleText, { minLength: 3, maxLength: 30 }),
    fc.integer({ min: 2, max: 9 }),
  )
  .map(([rules, added, each]) => {
    const first = rules.map((body, i) => [i, body] as const)
    const kept = first.filter(([i]) => i % each !== 0)
    return [textOf(first), textOf([...added.map((body, i) => [1_000 + i, body] as const), ...kept])] as const
  })

const step = fc.record({
  forward: fc.constantFrom(0, 0, 1, 3, 20, 90, 1500),
  back: fc.constantFrom(0, 0, 0, 2, 9),
  isCall: fc.constantFrom(false, false, true),
  app: fc.constantFrom('a0', 'a1', 'a2', 'a3', 'a4', 'other', 'none'),
  cell: fc.option(fc.constantFrom('c0', 'c1', 'c2', 'c9')),
  bytes: fc.integer({ min: 0, max: 9 }),
  seconds: fc.integer({ min: 0, max: 9 }),
  country: fc.option(fc.constant('FR')),
  subscriber: fc.constantFrom('s', 's', 's', 't'),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function eventsOf(steps: readonly Step[]): readonly TestEvent[] {
  let time = start
  return steps.map(({ forward, back, isCall, app, cell, bytes, seconds, country, subscriber }, i) => {
    time += forward * minute
    const base = { event_id: `e${i}`, subscriber_id: subscriber, event_time: time - back * minute, source: 'x' }
    const common = { ...base, duration_s: seconds, cell_id: cell, roaming_country: country }
    if (isCall) {
      const value = { ...common, kind: 'voice' as const, direction: 'mo' as const, other_party: 'o' }
      return { type: 'cdr', value: { ...value, end_cause: 'normal' } }
    }
    const value = { ...common, app, app_category: 'video', bytes_up: 0, bytes_down: bytes }
    return { type: 'app-usage', value: { ...value, bearer: '4g', login: false } }
  })
}

/** The same rules, none of which can be told apart from the others. */
function whole(ruleset: Ruleset): Ruleset {
  const twice = (operand: Expression): Expression => ({
    kind: 'not',
    type: 'bool',
    operand: { kind: 'not', type: 'bool', operand },
  })
  const rules = ruleset.rules.map((rule): Rule => {
    const { trigger } = rule
    return trigger.kind === 'condition' ? { ...rule, trigger: { ...trigger, when: twice(trigger.when) } } : rule
  })
  return { ...ruleset, rules }
}

/** The first ruleset and, from a time on, another one that has some of its rules. */
type InTurn = readonly [first: Ruleset, second: Ruleset, at: number]

function scheduleOf([first, second, at]: InTurn): RulesetSchedule {
  const timesOf = (ruleset: Ruleset, when: (rule: Rule) => boolean) =>
    Object.fromEntries(ruleset.rules.filter(when).map(({ id }) => [id, at]))
  const versions = new Map(first.rules.map(({ id, version }) => [id, version]))
  const times = {
    rulesSince: timesOf(second, ({ id }) => !versions.has(id)),
    changedSince: timesOf(second, ({ id, version }) => versions.get(id) !== version),
  }
  const beginning = { rulesSince: {}, changedSince: {}, activatedAt: Number.NEGATIVE_INFINITY }
  const refuse = (error: unknown) => {
    throw error
  }
  return (clock) =>
    clock < at
      ? { ...beginning, ruleset: first, until: at, refuse }
      : { ...times, ruleset: second, activatedAt: at, until: Number.POSITIVE_INFINITY, refuse }
}

/** What an event leaves behind: the moments by rule, and what the records say of rules. */
function run(inTurn: InTurn, events: readonly TestEvent[]) {
  const [ruleset] = inTurn
  const driver = new ShardDriver({ ruleset, schedule: scheduleOf(inTurn), defaultTimeZone: 'UTC' })
  const after: unknown[] = []
  let told = 0
  const see = (): void => {
    const moments = driver
      .moments()
      .map(({ moment_id: id, rule, at, subscriber_id: key, evidence }) => ({ id, rule, at, key, evidence }))
    after.push(moments.slice(told).toSorted((a, b) => (a.id < b.id ? -1 : 1)))
    told = moments.length
    for (const key of ['s', 't']) {
      const insight = driver.processor.insight(key, driver.clock, new Set())
      after.push(insight && { fired: insight.fired, edges: insight.edges, held: insight.held.length })
    }
  }
  for (const event of events) {
    driver.send(event)
    see()
  }
  driver.advance(driver.clock + 20 * minute)
  see()
  return { after, fired: told, looked: driver.processor.evaluations }
}

describe('rules that are told apart', () => {
  it('fire, and stand where they stand, as if each had been looked at, at each event', () => {
    const count = { fired: 0, looked: 0, lookedAtAll: 0 }
    const rulesOverEvents = fc.property(
      rulesTexts,
      fc.array(step, { minLength: 20, maxLength: 40 }),
      fc.nat(19),
      (texts, steps, change) => {
        const [first, second] = texts.map((text) => rulesetOf(factors, text)) as [Ruleset, Ruleset]
        const events = eventsOf(steps)
        const at = (events[change]?.value.event_time ?? start) + 1
        const apart = run([first, second, at], events)
        const together = run([whole(first), whole(second), at], events)
        expect(apart.after).toEqual(together.after)
        count.fired += apart.fired
        count.looked += apart.looked
        count.lookedAtAll += together.looked
      },
    )
    // An example of a hundred rules gets no shorter in a reasonable time.
    const options = { numRuns: 6, endOnFailure: true }
    // How much is told apart depends on the rules: it is counted of the same ones each time.
    fc.assert(rulesOverEvents, { ...options, seed: 1 })
    expect(count.fired).toBeGreaterThan(1000)
    expect(count.looked).toBeLessThan(0.95 * count.lookedAtAll)
    fc.assert(rulesOverEvents, options)
  }, 120_000)
})
