import { describe, expect, it } from 'vitest'
import { rulesetOf } from './rulesets.ts'
import { codec, ShardDriver, type TestEvent } from './shard-driver.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const start = Date.parse('2026-06-01T00:00Z')

const ruleset = rulesetOf(
  `
- { id: calls_1h, title: { en: a }, from: cdr, aggregate: count, window: { rolling: 1h } }
- { id: secs_ever, title: { en: a }, from: cdr, value: duration_s * 9007199254740, aggregate: sum, window: lifetime }
- { id: last_secs, title: { en: a }, from: cdr, value: duration_s, aggregate: last }
`,
  `
- { id: two-calls, moment: change, title: { en: a }, on: cdr, when: calls_1h >= 2, purpose: care, offers: [thanks], evidence: [calls_1h, last_secs], once: 6h, expires: 2h }
- { id: silence, moment: change, title: { en: a }, pattern: [{ low: { on: cdr, where: balance_after < 500 } }, { not: { on: recharge, for: 48h } }], purpose: care, offers: [thanks] }
- { id: first-login, moment: first, title: { en: a }, on: app-usage, when: event.login, history: { tag: app_user }, purpose: care, offers: [thanks] }
- { id: birthday, moment: special, title: { en: a }, date: { field: birth_date, at: "09:00", leap_day: "02-28" }, purpose: care, offers: [thanks] }
- { id: complaint, moment: do-not-disturb, title: { en: a }, open: { on: complaint, where: 'status == "opened"' }, close: { on: complaint, where: 'status == "resolved"' }, key: ticket_id, longest: 30d, code: open-issue, purposes: [marketing] }
- { id: too-much, moment: change, title: { en: a }, on: cdr, when: secs_ever < 5, purpose: care, offers: [thanks] }
`,
)

let count = 0
const base = (time: number, id?: string) => ({
  event_id: id ?? `e${++count}`,
  subscriber_id: 's',
  event_time: time,
  source: 'x',
})
const cdr = (time: number, fields: { id?: string; balance?: number; seconds?: number } = {}): TestEvent => ({
  type: 'cdr',
  value: {
    ...base(time, fields.id),
    kind: 'voice',
    direction: 'mo',
    other_party: 'o',
    duration_s: fields.seconds ?? 1,
    end_cause: 'normal',
    balance_after: fields.balance ?? null,
  },
})
const low = (time: number, id?: string) => cdr(time, { ...(id === undefined ? {} : { id }), balance: 499 })
const recharge = (time: number, id?: string): TestEvent => ({
  type: 'recharge',
  value: { ...base(time, id), amount: 1, currency: 'EUR', method: 'app' },
})
const profile = (time: number, fields: object): TestEvent => ({ type: 'profile', value: { ...base(time), ...fields } })
const login = (time: number): TestEvent => ({
  type: 'app-usage',
  value: {
    ...base(time),
    app: 'own',
    app_category: 'own',
    bytes_up: 0,
    bytes_down: 0,
    duration_s: 0,
    bearer: 'wifi',
    login: true,
  },
})
const complaint = (time: number, status: 'opened' | 'resolved', ticket: string, id?: string): TestEvent => ({
  type: 'complaint',
  value: { ...base(time, id), ticket_id: ticket, category: 'network', status, severity: 1 },
})

const driver = () => new ShardDriver({ ruleset, defaultTimeZone: 'Asia/Shanghai' })
const fired = (shard: ShardDriver, rule?: string) =>
  shard
    .moments()
    .flatMap((moment) =>
      rule === undefined || moment.rule === rule ? [[moment.rule, moment.at, moment.occurrence]] : [],
    )

describe('a rolling window', () => {
  it.each([
    ['just within', hour - 1, true],
    ['exactly its length apart: not within', hour, false],
  ])('%s', (_, apart, fires) => {
    const shard = driver()
    shard.send(cdr(start))
    shard.send(cdr(start + apart, { id: 'second' }))
    expect(fired(shard)).toEqual(fires ? [['two-calls', start + apart, 'second']] : [])
  })
})

describe('lateness', () => {
  it.each([
    ['exactly the grace is in time', 10 * minute, 0],
    ['a millisecond more is late', 10 * minute + 1, 1],
  ])('%s', (_, behind, late) => {
    const shard = driver()
    shard.send(profile(start, { birth_date: null }))
    shard.send(cdr(start - behind))
    expect(shard.processor.counters.late.cdr).toBe(late)
    expect(shard.outputs.map(({ topic }) => topic)).toEqual(late ? ['km.late'] : [])
    expect(shard.processor.explain('s')?.factors.calls_1h).toBe(late ? 0 : 1)
  })

  it('keeps the bytes of a late event with its place', () => {
    const shard = driver()
    shard.send(cdr(start + day))
    shard.send(cdr(start, { id: 'old' }))
    const value = Buffer.from(shard.outputs[0]?.value ?? [])
    const late = codec.decode('late-event', value, 0, value.length)
    expect([late.topic, late.lateness_ms]).toEqual(['km.events.cdr', day])
    expect(codec.decode('cdr', late.value, 0, late.value.length).event_id).toBe('old')
  })
})

describe('an occurrence', () => {
  it('is the last event by time and id, not by arrival', () => {
    const shard = driver()
    shard.send(cdr(start, { id: 'b' }))
    shard.send(cdr(start, { id: 'a', seconds: 7 }))
    expect(fired(shard)).toEqual([['two-calls', start, 'b']])
    expect(shard.moments()[0]?.evidence).toEqual({ calls_1h: 2, last_secs: 1 })
  })
  it('fires again after exactly `once`, not before', () => {
    const shard = driver()
    for (const time of [0, 1, 6 * hour, 6 * hour + 1]) shard.send(cdr(start + time))
    expect(fired(shard).map(([, at]) => Number(at) - start)).toEqual([1, 6 * hour + 1])
  })
})

describe('an absence', () => {
  const deadline = start + 48 * hour
  it.each<[string, readonly TestEvent[], readonly number[]]>([
    ['fires with no further traffic', [low(start)], [deadline]],
    ['not if answered', [low(start), recharge(start + 1)], []],
    ['not by an answer at the same instant', [low(start), recharge(start)], [deadline]],
    ['not by an answer at the deadline', [low(start), recharge(deadline)], [deadline]],
    ['but by one just before it', [low(start), recharge(deadline - 1)], []],
    ['by one that comes late within the grace', [low(start), cdr(deadline + 9 * minute), recharge(deadline - 1)], []],
    ['not by one before it', [recharge(start - 1), low(start)], [deadline]],
    ['by one that arrived first', [recharge(start + minute), low(start)], []],
    ['further ones change nothing while it is armed', [low(start), low(start + hour)], [deadline]],
    ['an earlier one that arrives later is the anchor', [low(start + minute), low(start)], [deadline]],
    [
      'one behind a late answer arms anew',
      [low(start), low(start + 5 * minute), recharge(start + 2 * minute)],
      [deadline + 5 * minute],
    ],
    ['one at the deadline arms anew', [low(start), low(deadline)], [deadline, deadline + 48 * hour]],
  ])('%s', (_, events, expected) => {
    const shard = driver()
    for (const event of events) shard.send(event)
    shard.advance(deadline + 49 * hour)
    expect(fired(shard, 'silence').map(([, at]) => at)).toEqual(expected)
  })

  it('waits for the grace, and fires with the time of its deadline', () => {
    const shard = driver()
    shard.send(low(start, 'anchor'))
    shard.advance(deadline + 10 * minute - 1)
    expect(fired(shard)).toEqual([])
    shard.advance(deadline + 10 * minute)
    expect(fired(shard)).toEqual([['silence', deadline, 'anchor']])
    expect(shard.moments()[0]).toMatchObject({ evidence: { anchor_time: start }, triggered_at: null })
  })

  it('survives a restart and fires once', () => {
    const shard = driver()
    shard.send(low(start))
    shard.commit()
    shard.restart()
    shard.advance(deadline + day)
    shard.commit()
    shard.restart()
    shard.advance(deadline + 9 * day)
    expect(fired(shard)).toHaveLength(1)
  })
})

describe('first', () => {
  it.each([
    ['without a profile nothing fires', undefined, 0],
    ['with a profile it fires, once', { tags: {} }, 1],
    ['known history counts', { tags: { app_user: 'yes' } }, 0],
  ])('%s', (_, fields, times) => {
    const shard = driver()
    if (fields) shard.send(profile(start, fields))
    for (const time of [hour, 2 * hour, 400 * day]) shard.send(login(start + time))
    expect(fired(shard, 'first-login')).toHaveLength(times)
  })

  it('is first again for a recycled number', () => {
    const shard = driver()
    shard.send(profile(start, { tags: {} }))
    shard.send(login(start + hour))
    shard.send(low(start + hour))
    shard.send(profile(start + 2 * hour, { status: 'deactivated' }))
    shard.send(login(start + 2 * hour))
    expect(shard.processor.counters.ended).toBe(1)
    shard.send(profile(start + 3 * hour, { tags: {} }))
    shard.send(login(start + 4 * hour))
    shard.advance(start + 9 * day)
    expect(fired(shard).map(([rule, at]) => [rule, Number(at) - start])).toEqual([
      ['first-login', hour],
      ['first-login', 4 * hour],
    ])
  })

  it('removes the key once nothing of an ended identity can arrive', () => {
    const shard = driver()
    shard.send(cdr(start))
    shard.send(profile(start + 1, { status: 'deactivated' }))
    shard.commit()
    expect(shard.stored.get('s')).toHaveLength(16)
    shard.advance(start + 11 * minute)
    shard.commit()
    expect(shard.stored.has('s')).toBe(false)
  })
})

describe('a birthday', () => {
  const born = (date: string, zone?: string) => ({ birth_date: date, ...(zone ? { time_zone: zone } : {}) })
  it.each([
    ['in the default zone', [born('1990-06-02')], ['2026-06-02T01:00Z']],
    ['in the zone of the subscriber', [born('1990-06-02', 'America/New_York')], ['2026-06-02T13:00Z']],
    ['after a change of zone', [born('1990-06-02'), { time_zone: 'Europe/Berlin' }], ['2026-06-02T07:00Z']],
    ['after a correction', [born('1990-06-02'), born('1990-06-05')], ['2026-06-05T01:00Z']],
    ['later this day', [born('1990-06-01')], ['2026-06-01T01:00Z']],
    ['29 February in another year', [born('2000-02-29')], ['2027-02-28T01:00Z']],
    ['no date, none', [{ language: 'zh' }], []],
  ])('%s', (_, profiles, expected) => {
    const shard = driver()
    profiles.forEach((fields, i) => {
      shard.send(profile(start + i, fields))
    })
    shard.advance(start + (expected[0]?.startsWith('2027') ? 300 : 60) * day)
    expect(fired(shard).map(([, at]) => new Date(Number(at)).toISOString().replace(':00.000', ''))).toEqual(expected)
  })

  it('comes every year, 29 February when there is one, with the local date as its occurrence', () => {
    const shard = driver()
    shard.send(profile(start, born('2000-02-29')))
    shard.advance(start + 3 * 366 * day)
    expect(fired(shard).map(([, , date]) => date)).toEqual(['2027-02-28', '2028-02-29', '2029-02-28'])
  })

  it('fires for one local date once, though the subscriber moves west after it', () => {
    const shard = driver()
    shard.send(profile(start, born('1990-06-02', 'Asia/Shanghai')))
    shard.advance(start + 26 * hour)
    shard.send(profile(start + 26 * hour, { time_zone: 'America/New_York' }))
    shard.advance(start + 30 * day)
    expect(fired(shard)).toHaveLength(1)
  })
})

describe('do-not-disturb', () => {
  it('opens and closes an interval for each ticket', () => {
    const shard = driver()
    shard.send(complaint(start, 'opened', 't1', 'c1'))
    shard.send(complaint(start, 'opened', 't2', 'c2'))
    shard.send(complaint(start + hour, 'resolved', 't1', 'c3'))
    const told = shard.moments().map(({ occurrence, do_not_disturb: interval }) => [occurrence, interval])
    const common = { code: 'open-issue', channels: [], purposes: ['marketing'], lingers_until: null }
    expect(JSON.parse(JSON.stringify(told))).toEqual([
      ['c1', { ...common, phase: 'open', key: 't1', until: start + 30 * day }],
      ['c2', { ...common, phase: 'open', key: 't2', until: start + 30 * day }],
      ['c3:closed', { ...common, phase: 'closed', key: 't1', until: start + hour + 30 * day }],
    ])
  })
})

describe('what is not to happen again', () => {
  it.each([
    ['an expired moment is told, for decide to answer it', 7 * day - 1, 1, 0],
    ['one of seven days ago is counted and remembered', 7 * day, 0, 1],
  ])('%s', (_, late, told, counted) => {
    const shard = driver()
    shard.wall = start + late
    shard.send(cdr(start - 1))
    shard.send(cdr(start))
    shard.wall = start
    shard.send(cdr(start + minute))
    expect(fired(shard)).toHaveLength(told)
    expect(shard.processor.counters.momentsExpired).toBe(counted)
    expect(shard.processor.explain('s')?.fired['two-calls']).toBe(start)
  })

  it('an adopted moment is fired', () => {
    const first = driver()
    for (const event of [cdr(start, { id: 'a' }), cdr(start + 1, { id: 'b' }), low(start + 2, 'c')]) first.send(event)
    first.advance(start + 49 * hour)
    const second = driver()
    second.send(low(start + 2, 'c'))
    const topic = { name: 'km.moments', schema: 'moment', doc: '' } as const
    for (const { key, value } of first.outputs) {
      const view = { position: 0, appendedAt: 0, key: Buffer.from(key), keyStart: 0, keyEnd: key.length }
      const record = { ...view, value: Buffer.from(value), valueStart: 0, valueEnd: value.length }
      second.processor.adopt(topic, record, second)
      second.processor.adopt(topic, record, second)
    }
    second.send(cdr(start, { id: 'a' }))
    second.send(cdr(start + 1, { id: 'b' }))
    second.advance(start + 60 * hour)
    expect([fired(first).length, fired(second)]).toEqual([2, []])
  })

  it('an event that fails leaves the state as it was', () => {
    const shard = driver()
    shard.send(cdr(start, { seconds: 600 }))
    const before = shard.processor.explain('s')
    expect(() => shard.send(low(start + 1))).not.toThrow()
    const after = shard.processor.explain('s')
    expect(() => shard.send(cdr(start + 2, { seconds: 500 }))).toThrow(
      expect.objectContaining({ code: 'KM_FACTOR_OVERFLOW' }),
    )
    expect(shard.processor.explain('s')).toEqual(after)
    expect(after).not.toEqual(before)
  })
})

describe('bounds', () => {
  it('an exact window of more than 256 events says that it is not exact any more', () => {
    const shard = driver()
    for (let i = 0; i < 256; i++) shard.send(cdr(start + i))
    expect(shard.processor.explain('s')).toMatchObject({ inexact: false, factors: { calls_1h: 256 } })
    for (let i = 0; i < 44; i++) shard.send(cdr(start + 256 + i))
    expect(shard.processor.explain('s')).toMatchObject({ inexact: true, factors: { calls_1h: 300 } })
    expect(shard.processor.counters).toMatchObject({ inexact: 44, seenOverflows: 268 })
  })

  it('takes keys of 1 to 64 bytes and no others', () => {
    const shard = driver()
    const to = (subscriber: string): TestEvent => {
      const event = cdr(start)
      return { type: 'cdr', value: { ...event.value, subscriber_id: subscriber } } as TestEvent
    }
    const keys = ['a', 'ab', 'abc', 'abcd', 'abcde', 'é'.repeat(32), 'x'.repeat(64), 'x'.repeat(63)]
    for (const key of keys) shard.send(to(key))
    expect(keys.map((key) => shard.processor.explain(key)?.factors.calls_1h)).toEqual(keys.map(() => 1))
    expect(() => shard.processor.admit('x'.repeat(65), null)).toThrow(
      expect.objectContaining({ code: 'KM_KEY_LENGTH' }),
    )
  })
})
