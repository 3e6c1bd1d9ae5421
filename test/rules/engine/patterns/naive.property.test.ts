import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PatternFiring } from '../../../../services/rules/engine/patterns/pattern-book.ts'
import { NaivePatterns } from './naive-patterns.ts'
import { type NotedEvent, patternRule } from './notation.ts'
import { Timeline } from './timeline.ts'

const grace = 5

const any = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c') },
  { weight: 1, arbitrary: fc.constantFrom('a|b', 'b|c', 'a|x') },
)
const excluded = fc.constantFrom('x', 'x', 'u', 'a', 'b', 'x|u')
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
const event = fc.record({ any, times: fc.constantFrom(1, 1, 1, 2, 3), before: maybe(excluded) })
const pattern = fc
  .record({
    front: maybe(fc.tuple(excluded, fc.integer({ min: 1, max: 12 }))),
    events: fc.array(event, { minLength: 1, maxLength: 3 }),
    end: fc.option(fc.tuple(excluded, fc.integer({ min: 1, max: 14 }), fc.boolean()), { nil: undefined, freq: 1 }),
    within: fc.integer({ min: 2, max: 20 }),
    unless: maybe(fc.constantFrom('u', 'x', 'c')),
    keyed: fc.constantFrom(false, false, true),
    once: fc.constantFrom('0', '0', '0', '3', '11', 'lifetime'),
  })
  .map(({ front, events, end, within, unless, keyed, once }) => {
    const steps = [
      ...(front ? [`not ${front[0]} ${front[1]}`] : []),
      ...events.flatMap(({ any: match, times, before }, i) => [
        ...(i > 0 && before ? [`not ${before}`] : []),
        times > 1 ? `${match}×${times}` : match,
      ]),
      ...(end ? [`not ${end[0]} ${end[1]}${end[2] ? ' from start' : ''}`] : []),
    ]
    const clauses = [
      `within ${within}`,
      `once ${once}`,
      ...(unless ? [`unless ${unless}`] : []),
      ...(keyed ? ['key'] : []),
    ]
    return `${steps.join(', ')}; ${clauses.join('; ')}`
  })

const happening = fc.record({
  forward: fc.constantFrom(0, 0, 1, 1, 2, 3, 7),
  back: fc.constantFrom(0, 0, 0, 1, 2, 3, 5, 6),
  letter: fc.constantFrom('a', 'a', 'b', 'b', 'c', 'x', 'u'),
  key: fc.constantFrom('k', 'k', 'm', undefined),
  name: fc.constantFrom('a', 'b', 'c', 'long-id-of-an-event-'),
  again: fc.constantFrom(false, false, false, true),
  next: fc.constantFrom('', '', '', 'reload', 'change', 'due', 'due'),
})

/** Some instants are refused by another condition of the rule, as `only` does. */
const isRefused = ({ at }: PatternFiring): boolean => at % 6 === 4

const byRule = (firings: readonly PatternFiring[]): PatternFiring[] => firings.toSorted((a, b) => a.rule - b.rule)
const inOrder = (firings: readonly PatternFiring[]): PatternFiring[] =>
  firings.toSorted((a, b) => a.rule - b.rule || a.at - b.at)

it('fires what trying every chain of all events finds, in any order of arrival', () => {
  let fired = 0
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1, maxLength: 3 }),
      fc.array(happening, { maxLength: 32 }),
      fc.boolean(),
      (texts, happenings, prompt) => {
        const rules = texts.map((text, i) => patternRule(text, `rule-${i}`, i))
        // The same rules in another order, and others among them, which share some of their events.
        const others = [patternRule('c, not x, a, not u 7; within 30', 'other', 7), ...rules.toReversed()]
        const timeline = new Timeline(rules, grace, isRefused)
        const model = new NaivePatterns(rules, isRefused)
        let isChanged = false
        let now = 20
        const sent: NotedEvent[] = []
        happenings.forEach((one, i) => {
          now += one.forward
          const noted = { letter: one.letter, time: now - one.back, id: `${one.name}${(i * 7) % 40}`, key: one.key }
          if (timeline.send(noted)) {
            model.send(noted)
            sent.push(noted)
          }
          const old = sent.at(-1 - (i % 3))
          if (one.again && old) timeline.send(old)
          if (one.next === 'reload') timeline.reload()
          if (one.next === 'change') {
            isChanged = !isChanged
            timeline.change(isChanged ? others : rules)
          }
          if (prompt || one.next === 'due') timeline.due(timeline.head)
        })
        const own = () => timeline.firings.filter(({ rule }) => rule < 7)
        const ends = new Set(
          rules.filter(({ trigger }) => trigger.steps.at(-1)?.kind === 'absence').map(({ index }) => index),
        )
        const complete = own().filter(({ rule }) => !ends.has(rule))
        expect(byRule(complete)).toEqual(byRule(model.firings))
        timeline.due(100_000)
        expect(inOrder(own().filter(({ rule }) => ends.has(rule)))).toEqual(inOrder(model.absences()))
        expect(timeline.nextDue()).toBe(Number.POSITIVE_INFINITY)
        expect(timeline.allOverflows).toBe(0)
        fired += timeline.firings.length
      },
    ),
    { numRuns: 2000 },
  )
  expect(fired).toBeGreaterThan(500)
})
