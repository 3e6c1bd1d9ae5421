import { describe, expect, it } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { rulesetOf } from './rulesets.ts'
import { ShardDriver, type TestEvent } from './shard-driver.ts'

const start = Date.parse('2026-06-01T12:00Z')
const minute = 60_000

const factors = `
- { id: calls, title: { en: a }, from: cdr, where: 'kind == "voice"', aggregate: count, window: { days: 7 } }
- { id: spent, title: { en: a }, from: recharge, value: amount, aggregate: sum, window: { days: 7 } }
`
const rule = (body: string) =>
  `- { id: talks, moment: change, title: { en: a }, purpose: care, offers: [thanks], settle: grace, ${body} }\n`

const base = (time: number) => ({ event_id: `e${time}`, subscriber_id: 's', event_time: time, source: 'x' })
const call = (kind: 'voice' | 'sms', time = start): TestEvent => ({
  type: 'cdr',
  value: { ...base(time), kind, direction: 'mo', other_party: 'o', duration_s: 9, end_cause: 'normal' },
})
const recharge: TestEvent = {
  type: 'recharge',
  value: { ...base(start), amount: 50, currency: 'EUR', method: 'app' },
}

describe('only what settled rules have to do with waits for the grace', () => {
  const onCalls = rulesetOf(factors, rule('on: cdr, when: calls >= 2'))
  const onFields = rulesetOf(factors, rule('on: cdr, when: calls >= 2 && event.duration_s > 5'))
  const pattern = `pattern: [ { a: { on: cdr, where: 'kind == "sms"' } }, { b: { on: cdr, where: 'kind == "sms"' } } ], within: 1h, once: 7d`
  const onPattern = rulesetOf(factors, rule(pattern))
  it.each([
    ['a call that its factor counts', onCalls, call('voice'), 1],
    ['one that none does', onCalls, call('sms'), 0],
    ['an event of a type that nothing is over', onCalls, recharge, 0],
    ['each event whose fields the rule reads', onFields, call('sms'), 1],
    ['an event of a pattern', onPattern, call('sms'), 1],
    ['one that no step is over', onPattern, call('voice'), 0],
  ] as const)('%s', (_, ruleset, event, held) => {
    const shard = new ShardDriver({ ruleset, defaultTimeZone: 'UTC' })
    shard.send(event)
    expect(shard.processor.insight('s', start, new Set())?.held.length ?? 0).toBe(held)
  })
})

describe('segments of a settled rule, though no rule judges at once', () => {
  const loaded = loadCatalogue([
    {
      path: 'policy.yaml',
      text: 'default_time_zone: UTC\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\n',
    },
    { path: 'offers/all.yaml', text: '- { id: thanks, title: { en: Thanks }, message: { en: Thanks } }\n' },
    { path: 'factors/all.yaml', text: factors },
    { path: 'segments/all.yaml', text: `- { id: rich, dimension: money, title: { en: a }, when: 'spent > 20' }\n` },
    { path: 'rules/all.yaml', text: rule('on: cdr, when: calls >= 2') },
  ])
  const ruleset = loaded.catalogue?.ruleset
  it.each([
    ['its condition holds', [recharge], { money: 'rich' }],
    ['it does not', [], {}],
  ] as const)('%s', (_, before, segments) => {
    if (!ruleset) throw new Error(JSON.stringify(loaded.problems))
    const shard = new ShardDriver({ ruleset, defaultTimeZone: 'UTC' })
    for (const event of [...before, call('voice', start + 1), call('voice', start + minute)]) shard.send(event)
    // Somebody else, in whose place nothing of the other is read.
    const other = call('voice', start + 2 * minute)
    shard.send({ ...other, value: { ...other.value, subscriber_id: 'other' } } as TestEvent)
    shard.advance(start + 30 * minute)
    expect(shard.moments().map((moment) => [moment.rule, moment.segments])).toEqual([['talks', segments]])
    expect(shard.processor.insight('s', start + 30 * minute, new Set())?.held).toEqual([])
  })
})
