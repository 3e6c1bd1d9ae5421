import { describe, expect, it } from 'vitest'
import { rulesetOf } from './rulesets.ts'
import { ShardDriver, type TestEvent } from './shard-driver.ts'

const start = Date.parse('2026-06-01T12:00Z')
const minute = 60_000

const factors = `
- { id: calls, title: { en: a }, from: cdr, where: 'kind == "voice"', aggregate: count, window: { rolling: 1h } }
- { id: secs, title: { en: a }, from: cdr, where: 'kind == "voice"', value: duration_s, aggregate: sum, window: { days: 7 } }
- { id: texts, title: { en: a }, from: cdr, where: 'kind == "sms"', aggregate: count, window: { days: 7 } }
- { id: amount, title: { en: a }, from: recharge, value: amount, aggregate: sum, window: { days: 7 } }
- { id: poor, title: { en: a }, derive: 'secs > 100 && amount < 5' }
- { id: score, title: { en: a }, tag: churn_score, type: int }
`
const rule = (id: string, body: string) =>
  `- { id: ${id}, moment: change, title: { en: ${id} }, purpose: care, offers: [thanks], ${body} }\n`
const ruleset = rulesetOf(
  factors,
  rule('talks', 'on: cdr, when: calls >= 2') +
    rule('talks-long', 'on: cdr, when: secs > 100') +
    rule('writes', 'on: cdr, when: texts >= 2') +
    rule('poor-by-call', 'on: cdr, when: poor') +
    rule('poor-at-all', 'on: [cdr, recharge], when: poor') +
    rule('any-call', 'on: cdr, when: event.duration_s > 500') +
    rule('about-money', 'on: cdr, when: amount > 5') +
    rule('leaves', 'on: profile, when: score > 5') +
    rule('never', 'every: day, at: "03:00", when: calls > 100'),
  '- { id: churn_score, title: { en: a }, type: int }',
)

const base = (time: number, id: string) => ({ event_id: id, subscriber_id: 's', event_time: time, source: 'x' })
const call = (kind: 'voice' | 'sms' | 'mms', seconds: number, time = start, id = 'e'): TestEvent => ({
  type: 'cdr',
  value: { ...base(time, id), kind, direction: 'mo', other_party: 'o', duration_s: seconds, end_cause: 'normal' },
})
const recharge = (amount: number): TestEvent => ({
  type: 'recharge',
  value: { ...base(start, 'r'), amount, currency: 'EUR', method: 'app' },
})
const profile = (fields: object): TestEvent => ({ type: 'profile', value: { ...base(start, 'p'), ...fields } })

describe('a condition is looked at when something changed that it reads, and not else', () => {
  // Of each call: any-call, which reads the event, and about-money, over no factor of calls.
  it.each<[string, TestEvent, number]>([
    ['a call: talks, talks-long, and poor both times', call('voice', 10), 2 + 4],
    ['a call of no seconds changes the count alone', call('voice', 0), 2 + 1],
    ['a text: writes', call('sms', 0), 2 + 1],
    ['neither', call('mms', 0), 2],
    ['a recharge: poor-at-all', recharge(3), 1],
    ['a recharge of nothing', recharge(0), 0],
    ['a tag: leaves', profile({ tags: { churn_score: '3' } }), 1],
    ['a profile without tags', profile({ plan: 'small' }), 0],
    [
      'an event of a type that nothing is over',
      { type: 'contact', value: { ...base(start, 'c'), call_id: 'c', phase: 'ringing', line: 'hotline' } },
      0,
    ],
  ])('%s', (_, event, expected) => {
    const shard = new ShardDriver({ ruleset, defaultTimeZone: 'UTC' })
    shard.send(event)
    expect(shard.processor.evaluations).toBe(expected)
  })

  it('a duplicate, a late event, one beyond the window: nothing', () => {
    const shard = new ShardDriver({ ruleset, defaultTimeZone: 'UTC' })
    shard.send(call('voice', 10))
    const { evaluations } = shard.processor
    shard.send(call('voice', 10))
    shard.send(call('voice', 10, start - 11 * minute, 'late'))
    expect(shard.processor.evaluations).toBe(evaluations)
  })

  it('costs the same among a thousand rules that read something else', () => {
    const many = Array.from({ length: 1000 }, (_, i) => i)
    const among = rulesetOf(
      many
        .map(
          (i) =>
            `- { id: app_${i}, title: { en: a }, from: app-usage, where: 'app == "a${i}"', aggregate: count, window: { days: 7 } }`,
        )
        .join('\n'),
      many.map((i) => rule(`app-${i}`, `on: app-usage, when: app_${i} >= 2`)).join(''),
    )
    const shard = new ShardDriver({ ruleset: among, defaultTimeZone: 'UTC' })
    const use = (app: string, id: string): TestEvent => ({
      type: 'app-usage',
      value: {
        ...base(start, id),
        app,
        app_category: 'x',
        bytes_up: 0,
        bytes_down: 0,
        duration_s: 0,
        bearer: 'wifi',
        login: false,
      },
    })
    for (const [app, id] of [
      ['a7', '1'],
      ['a7', '2'],
      ['a999', '3'],
      ['none', '4'],
    ] as const)
      shard.send(use(app, id))
    expect(shard.processor.evaluations).toBe(3)
    expect(shard.moments().map((moment) => moment.rule)).toEqual(['app-7'])
  })
})
