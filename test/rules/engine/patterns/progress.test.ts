import { expect, it } from 'vitest'
import { notedEvent, patternRule } from './notation.ts'
import { Timeline } from './timeline.ts'

const after = (pattern: string, events: string): Timeline => {
  const timeline = new Timeline([patternRule(pattern, 'rule', 3)], 5)
  for (const event of events.split(' · ')) timeline.send(notedEvent(event))
  timeline.reload()
  return timeline
}

it.each([
  ['nothing yet', 'a, b; within 10', 'x0', 0, '- -'],
  ['the first step', 'a, b; within 10', 'a0', 5, 'a 0 -'],
  ['the first step, too long ago', 'a, b; within 10', 'a0', 10, '- -'],
  ['the closest first step', 'a, b; within 10', 'a0 · a2', 5, 'a 2 -'],
  ['all', 'a, b; within 10', 'a0 · b5', 6, 'a 0 - b 5, fired 5'],
  ['some of a repetition', 'a×3, b; within 10', 'a0 · a2', 5, 'a 0 2 -'],
  ['as of an earlier time', 'a×3, b; within 10', 'a0 · a2', 1, 'a 0 -'],
  ['as of the instant itself', 'a×3, b; within 10', 'a0 · a2', 2, 'a 0 2 -'],
  ['of the value that came last', 'a, b, c; within 10; key', 'a0:k · b1:k · a2:m', 5, 'a 2 -'],
  ['cancelled', 'a, b; within 10; unless u', 'a0 · u3', 5, '- -, unless 3'],
  ['cancelled in front', 'not x 5, a, b; within 10', 'x0 · a3', 5, '- -, absence 0'],
  ['cancelled in between', 'a, not x, b, c; within 10', 'a0 · x3 · b4', 5, 'a 0 -, absence 3'],
  ['waits', 'a, b, not x 20; within 10', 'a0 · b5', 7, 'a 0 - b 5, b5 (0 5) until 25, due 30'],
  ['no longer', 'a, b, not x 20; within 10', 'a0 · b5 · x6', 7, 'a 0 - b 5'],
] as const)('how far a pattern has come: %s', (_, pattern, events, time, expected) => {
  const progress = after(pattern, events).progress(3, time)
  const met = progress?.steps.filter((step) => step.met.length > 0) ?? []
  const parts = [
    met.length === 0 ? '- -' : met.map((step) => `${step.name} ${step.met.join(' ')}`).join(' - '),
    ...(progress?.cancelled ? [`${progress.cancelled.by} ${progress.cancelled.at}`] : []),
    ...(progress?.waiting ?? []).map(
      (one) => `${one.event_id} (${one.first} ${one.last}) until ${one.deadline}, due ${one.due}`,
    ),
    ...(progress?.fired ?? []).map((at) => `fired ${at}`),
  ]
  const isOpen = met.length > 0 && met.length < (progress?.steps.length ?? 0)
  expect(
    `${parts[0]}${isOpen ? ' -' : ''}${parts
      .slice(1)
      .map((part) => `, ${part}`)
      .join('')}`,
  ).toBe(expected)
})

it('says nothing of a rule without a pattern', () => {
  expect(after('a, b; within 10', 'a0').progress(4, 0)).toBeUndefined()
})

it.each([
  ['nothing is kept of what is over', 'a, b; within 10', 'a0 · b5', 'x30', 0, Number.POSITIVE_INFINITY],
  ['a deadline waits for its grace', 'a, not x 10', 'a3', 'a4', 8, 18],
  [
    'once in a life, nothing waits any more',
    'a, not x 1; once lifetime',
    'a3 · b9',
    'a10 · u30',
    4,
    Number.POSITIVE_INFINITY,
  ],
  ['an answer is kept for the grace', 'a, not b 10', 'b0', 'x5', 3, Number.POSITIVE_INFINITY],
  ['and not longer', 'a, not b 10', 'b0', 'x6', 0, Number.POSITIVE_INFINITY],
] as const)('%s', (_, pattern, before, then, words, due) => {
  const timeline = after(pattern, before)
  timeline.due(timeline.head)
  for (const event of then.split(' · ')) timeline.send(notedEvent(event))
  expect(timeline.nextDue()).toBe(due)
  expect(timeline.reload()).toBe(words)
})
