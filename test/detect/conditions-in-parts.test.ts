import { expect, test } from 'vitest'
import { rulesetOf } from './rulesets.ts'
import { ShardDriver } from './shard-driver.ts'

const start = Date.parse('2026-06-10T12:00Z')
const day = 86_400_000

const factors = `
- { id: today, title: { en: a }, from: cdr, value: duration_s, aggregate: sum, window: { days: 1 } }
- { id: week, title: { en: a }, from: cdr, value: duration_s, aggregate: sum, window: { days: 8 } }
`
const rule = (id: string, when: string) =>
  `- { id: ${id}, moment: change, title: { en: ${id} }, purpose: care, offers: [thanks], on: cdr, when: '${when}' }\n`
const rises = (times: number) =>
  `today >= 100 && week - today >= 50 && 7 * today >= ${times} * (week - today) && event.duration_s >= 0`
const ruleset = rulesetOf(
  factors,
  rule('much', 'today >= 100') +
    rule('rises-3', rises(3)) +
    rule('rises-8', rises(8)) +
    rule('little', 'today < 100 && week - today >= 50') +
    rule('even', 'today % 2 == 0'),
)

// What stands beside lines at hand is computed where these hold, and decides as they do.
test.each<[before: number, today: number, expected: string[]]>([
  [0, 99, []],
  [0, 100, ['much', 'even']],
  [49, 100, ['much', 'even']],
  [50, 100, ['much', 'rises-3', 'rises-8', 'even']],
  [200, 101, ['much', 'rises-3']],
  [300, 101, ['much']],
  [50, 99, ['little']],
])('%i seconds on days before, %i today: %j', (before, today, expected) => {
  const shard = new ShardDriver({ ruleset, defaultTimeZone: 'UTC' })
  const call = (id: string, time: number, seconds: number) =>
    shard.send({
      type: 'cdr',
      value: {
        ...{ event_id: id, subscriber_id: 's', event_time: time, source: 'x', kind: 'voice', direction: 'mo' },
        ...{ other_party: 'o', duration_s: seconds, end_cause: 'normal' },
      },
    })
  // Days apart in a week of their own: what they fire isn't asked.
  call('before', start - 2 * day, before)
  const earlier = shard.moments().length
  call('today', start, today)
  const fired = shard.moments().slice(earlier)
  expect(fired.map(({ rule }) => rule).sort()).toEqual([...expected].sort())
})
