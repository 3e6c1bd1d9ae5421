import { expect, test } from 'vitest'
import { longCall, profile } from '../integration/bad-input/events.ts'
import { smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { at, type Changes, tryOut } from './trial.ts'

/** Subscribers by how long they talk; `often` of 24 hours begins at so many calls. */
const segments = (often: number): Changes => ({
  'segments/use.yaml': `\
- { id: often, dimension: use, title: { en: Calls often }, when: calls_24h >= ${often} }
- { id: seldom, dimension: use, title: { en: Calls seldom }, when: calls_24h < ${often} }
`,
})
const call = (id: string, subscriber: string, time: string, duration_s = 700) =>
  longCall(id, subscriber, at(time), { duration_s })

/**
 *   ann calls three times, bob once: moments at the first, second and third call of 24 hours.
 */
const calls = [
  profile('p1', 'ann', at('01T00:00')),
  call('a1', 'ann', '02T09:00'),
  call('a2', 'ann', '02T10:00'),
  call('a3', 'ann', '02T11:00'),
  call('b1', 'bob', '02T12:00'),
]

test('by segment; a moment may be in another one with the candidate', async () => {
  const { by_segment, total, rules } = await tryOut({ events: calls, present: segments(3), candidate: segments(2) })
  expect(total).toMatchObject({ same: 4, added: 0, gone: 0 })
  expect(by_segment).toEqual([
    { dimension: 'use', segment: 'often', present: 1, candidate: 2, same: 1, added: 1, gone: 0 },
    { dimension: 'use', segment: 'seldom', present: 3, candidate: 2, same: 2, added: 0, gone: 1 },
  ])
  const none = await tryOut({ events: calls, candidate: segments(2), examples: 1 })
  expect(none.by_segment.map(({ present, added }) => [present, added])).toEqual([
    [0, 2],
    [0, 2],
  ])
  expect(rules[0]?.examples).toEqual({ added: [], gone: [] })
})

test('rules on trial are told apart; one that goes live is added there, and gone from the trial', async () => {
  const live = smallCatalogue['rules/calls.yaml']
  const onTrial = { 'rules/calls.yaml': `${live}mode: shadow\n` }
  const trial = await tryOut({ events: calls, present: onTrial })
  expect(trial.rules.find(({ rule }) => rule === 'long-call')).toMatchObject({ present: 0, candidate: 4, added: 4 })
  expect(trial.shadow).toMatchObject([{ rule: 'long-call', change: 'changed', present: 4, candidate: 0, gone: 4 }])
  expect(trial.total).toMatchObject({ present: 0, candidate: 4 })
  // A rule on trial says nothing: it is no reason for silence either.
  expect(trial.decisions).toMatchObject({ commands: [{ channel: 'sms', present: 0, candidate: 4 }], suppressed: [] })
  const both = await tryOut({ events: calls, present: onTrial, candidate: onTrial })
  expect(both.shadow).toMatchObject([{ rule: 'long-call', change: 'unchanged', same: 4, commands: { present: 0 } }])
  expect(both.total).toMatchObject({ present: 0, candidate: 0 })
})
