import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { rulesetOf } from './rulesets.ts'
import { ShardDriver, type TestEvent } from './shard-driver.ts'

const minute = 60_000
const start = Date.parse('2026-06-01T00:00Z')

const rule = (id: string, rest: string) =>
  `- { id: ${id}, moment: change, title: { en: a }, purpose: care, offers: [thanks], until: { on: recharge, where: amount > 0 }, ${rest} }\n`
const rules =
  rule('each', 'on: cdr, when: event.balance_after < 500') +
  rule('silent', 'pattern: [{ low: { on: cdr, where: balance_after < 500 } }, { not: { on: app-usage, for: 10m } }]')
const factors = '- { id: calls, title: { en: a }, from: cdr, aggregate: count, window: lifetime }'
const ruleset = rulesetOf(factors, rules)
const driver = () => new ShardDriver({ ruleset, defaultTimeZone: 'Asia/Shanghai' })

const base = (time: number, event_id: string) => ({ event_id, subscriber_id: 's', event_time: time, source: 'x' })
const low = (time: number, id = `c${time}`): TestEvent => ({
  type: 'cdr',
  value: {
    ...base(time, id),
    ...{ kind: 'voice', direction: 'mo', other_party: 'o', duration_s: 1, end_cause: 'normal', balance_after: 100 },
  },
})
const recharge = (time: number, id = `r${time}`): TestEvent => ({
  type: 'recharge',
  value: { ...base(time, id), amount: 1, currency: 'EUR', method: 'app' },
})

const told = (shard: ShardDriver, id = 'each') =>
  shard
    .moments()
    .filter((moment) => moment.rule === id)
    .map(({ at, reason_ended_at }) => `${reason_ended_at == null ? 'told' : 'ended'} ${(at - start) / minute}`)

describe('what was found on the log is not told again', () => {
  const first = driver()
  for (const event of [low(start), recharge(start + minute), low(start + 2 * minute)]) first.send(event)
  first.advance(start + 60 * minute)
  const topic = { name: topics.moments.name, schema: 'moment', doc: '' } as const
  const records = first.outputs.map(({ key, value }) => ({
    ...{ position: 0, appendedAt: 0, key: Buffer.from(key), keyStart: 0, keyEnd: key.length },
    ...{ value: Buffer.from(value), valueStart: 0, valueEnd: value.length },
  }))

  test('neither moments nor ends, as often as they are read, and in a new process', () => {
    expect(told(first)).toEqual(['told 0', 'ended 1', 'told 2'])
    const second = driver()
    for (const record of [...records, ...records]) second.processor.adopt(topic, record, second)
    second.commit()
    second.restart()
    for (const event of [low(start), recharge(start + minute), low(start + 2 * minute)]) second.send(event)
    second.advance(start + 60 * minute)
    expect(second.moments()).toEqual([])
    second.send(recharge(start + 70 * minute))
    expect(told(second)).toEqual(['ended 70'])
    expect(told(second, 'silent')).toEqual(['ended 70'])
  })

  test('and of the end alone, the moment that it ends comes with its id, and the end is not told twice', () => {
    const second = driver()
    const ended = records.filter((_, index) => first.moments()[index]?.reason_ended_at != null)
    for (const record of ended) second.processor.adopt(topic, record, second)
    for (const event of [low(start), recharge(start + minute)]) second.send(event)
    const ids = new Set(first.moments().map(({ moment_id }) => moment_id))
    const own = second.moments().filter(({ rule: id, reason_ended_at }) => id === 'each' && reason_ended_at == null)
    expect(own.every(({ moment_id }) => ids.has(moment_id))).toBe(true)
    expect(own).toHaveLength(1)
    expect(told(second)).toEqual(['ended 1', 'told 0'])
  })
})

test('another version of the rule ends what the one before has told', () => {
  const shard = driver()
  shard.send(low(start))
  shard.commit()
  shard.restart(rulesetOf(factors, rules.replace('event.balance_after < 500', 'event.balance_after < 400')))
  shard.send(recharge(start + minute))
  expect(told(shard)).toEqual(['told 0', 'ended 1'])
})

test('in whatever order events come, what has ended is known to have, and nothing else is', () => {
  const event = fc.record({ at: fc.nat(9), isEnd: fc.boolean() })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), fc.boolean(), (given, restarts) => {
      const shard = driver()
      given.forEach(({ at, isEnd }, index) => {
        const time = start + at * minute
        shard.send(isEnd ? recharge(time, `r${index}`) : low(time, `c${index}`))
        if (!restarts) return
        shard.commit()
        shard.restart()
      })
      shard.advance(start + 60 * minute)
      for (const id of ['each', 'silent']) {
        const all = shard.moments().filter((moment) => moment.rule === id)
        const ends = all.flatMap(({ reason_ended_at }) => reason_ended_at ?? [])
        const real = given.filter(({ isEnd }) => isEnd).map(({ at }) => start + at * minute)
        expect(ends.every((at) => real.includes(at))).toBe(true)
        expect(new Set(all.map(({ moment_id }) => moment_id)).size).toBe(all.length)
        for (const { at, reason_ended_at } of all) {
          if (reason_ended_at != null) continue
          expect(ends.some((end) => end > at)).toBe(real.some((end) => end > at))
        }
        // One end a moment at most: what nothing was told of ends silently.
        expect(ends.length).toBeLessThanOrEqual(given.length)
      }
    }),
  )
})

test('a record that says what ended is of the rule and the subscriber, and offers nothing', () => {
  const shard = driver()
  shard.send(low(start, 'c'))
  shard.send(recharge(start + minute, 'r'))
  expect(shard.moments().at(-1)).toMatchObject({
    rule: 'each',
    subscriber_id: 's',
    occurrence: 'r:ended',
    at: start + minute,
    offers: [],
    evidence: {},
  })
})
