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
const maybe = <T>(weight: number, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary })
const event = fc.record({ any, times: fc.constantFrom(1, 1, 1, 1, 2, 3), before: maybe(2, excluded) })
const pattern = fc
  .record({
    front: maybe(2, fc.tuple(excluded, fc.integer({ min: 1, max: 12 }))),
    events: fc.array(event, { minLength: 1, maxLength: 3 }),
    end: maybe(5, fc.tuple(excluded, fc.integer({ min: 1, max: 14 }), fc.boolean())),
    within: fc.integer({ min: 3, max: 25 }),
    unless: maybe(3, fc.constantFrom('u', 'x', 'c')),
    keyed: fc.constantFrom(false, false, true),
    once: fc.constantFrom('0', '0', '0', '0', '0', '3', '11', 'lifetime'),
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
  forward: fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 7),
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
  const fired = { complete: 0, ended: 0, chains: 0 }
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1, maxLength: 3 }),
      fc.array(happening, { minLength: 15, maxLength: 40, size: 'max' }),
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
          // Deadlines may be looked at late, but not so late that more wait than are kept.
          if (prompt || one.next === 'due' || i % 2 === 1) timeline.due(timeline.head)
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
        fired.complete += complete.length
        fired.ended += timeline.firings.length - complete.length
        fired.chains += timeline.firings.filter(({ times }) => times.length > 1).length
      },
    ),
    { numRuns: 1500 },
  )
  // Else it would say little.
  expect(fired.complete).toBeGreaterThan(1000)
  expect(fired.ended).toBeGreaterThan(500)
  expect(fired.chains).toBeGreaterThan(1000)
})
