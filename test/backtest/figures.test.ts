import { describe, expect, test } from 'vitest'
import type { RuleRow } from '../../services/backtest/report.ts'
import { momentId } from '../../services/domain/ids.ts'
import { threshold } from '../catalogue/contents.ts'
import { longCall, profile, recharge } from '../integration/bad-input/events.ts'
import { smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { at, tryOut } from './trial.ts'

const call = (id: string, subscriber: string, time: string, duration_s: number) =>
  longCall(id, subscriber, at(time), { duration_s })

const figuresOf = (rows: readonly RuleRow[]) =>
  Object.fromEntries(
    rows.map(({ rule, change, present, candidate, same, added, gone }) => [
      rule,
      `${change}: ${present} → ${candidate}, ${same} same, ${added} added, ${gone} gone`,
    ]),
  )

/** Somewhere else: ten hours ahead of Berlin. */
const inTokyo = (subscriber: string) => ({
  ...profile(`zone-${subscriber}`, subscriber, at('01T00:00')),
  time_zone: 'Asia/Tokyo',
})

/**
 * Calls that last at least ten minutes fire, with the candidate those of five:
 *
 *   UTC        who   seconds   present   candidate
 *   02T09:30   ann       700   fires     fires
 *   02T10:15   ann       400             fires
 *   02T22:40   bob       400             fires       3 March, 07:40 in Tokyo
 *   03T09:00   cid       100
 *   03T09:30   bob       650   fires     fires       18:30 in Tokyo
 */
const calls = [
  inTokyo('bob'),
  call('c1', 'ann', '02T09:30', 700),
  call('c2', 'ann', '02T10:15', 400),
  call('c3', 'bob', '02T22:40', 400),
  call('c4', 'cid', '03T09:00', 100),
  call('c5', 'bob', '03T09:30', 650),
]

describe('moments', () => {
  test('by rule: on both sides, added and gone; a rule that nobody changed stays', async () => {
    const events = [...calls, recharge('r1', 'ann', at('02T12:00'))]
    const looser = await tryOut({ events, candidate: threshold(300) })
    expect(figuresOf(looser.rules)).toEqual({
      'long-call': 'changed: 2 → 4, 2 same, 2 added, 0 gone',
      'topped-up': 'unchanged: 1 → 1, 1 same, 0 added, 0 gone',
    })
    expect(looser.total).toEqual({ present: 3, candidate: 5, same: 3, added: 2, gone: 0 })
    const stricter = await tryOut({ events, present: threshold(300), candidate: threshold(660) })
    expect(figuresOf(stricter.rules)).toMatchObject({ 'long-call': 'changed: 4 → 1, 1 same, 0 added, 3 gone' })
  })

  test('by rule: for how many subscribers', async () => {
    const { rules } = await tryOut({ events: calls, present: threshold(660), candidate: threshold(300) })
    // Ann is reached by both, Bob by the candidate only.
    expect(rules[0]?.subscribers).toEqual({ present: 1, candidate: 2, same: 1, added: 1, gone: 0 })
  })

  test('a rule that only one of them has', async () => {
    const without = { 'rules/money.yaml': undefined }
    const events = [recharge('r1', 'ann', at('02T12:00'))]
    const removed = await tryOut({ events, candidate: without })
    expect(figuresOf(removed.rules)).toMatchObject({ 'topped-up': 'removed: 1 → 0, 0 same, 0 added, 1 gone' })
    const added = await tryOut({ events, present: without })
    expect(figuresOf(added.rules)).toMatchObject({ 'topped-up': 'added: 0 → 1, 0 same, 1 added, 0 gone' })
  })

  test('by hour and day, where the subscriber is', async () => {
    const { by_hour, by_day } = await tryOut({ events: calls, candidate: threshold(300) })
    expect(by_hour.map(({ hour, present, candidate }) => `${hour}h ${present} → ${candidate}`)).toEqual([
      '7h 0 → 1', // Bob in Tokyo
      '10h 1 → 1', // Ann in Berlin, an hour ahead of UTC
      '11h 0 → 1',
      '18h 1 → 1',
    ])
    expect(by_day.map(({ day, present, candidate }) => `${day} ${present} → ${candidate}`)).toEqual([
      '2026-03-02 1 → 2',
      '2026-03-03 1 → 2',
    ])
  })

  test('examples are the earliest, with their evidence and what was decided', async () => {
    const { rules } = await tryOut({ events: calls, candidate: threshold(300), examples: 1 })
    const [row] = rules
    expect(row?.examples).toEqual({
      added: [
        {
          moment_id: momentId('long-call', 'ann', 'c2'),
          subscriber_id: 'ann',
          at: '2026-03-02T10:15:00.000Z',
          evidence: { calls_24h: 2 },
          segments: {},
          decision: { outcome: 'command', code: null, channel: 'sms' },
        },
      ],
      gone: [],
    })
    const none = await tryOut({ events: calls, candidate: threshold(300), examples: 0 })
    expect(none.rules[0]?.examples).toEqual({ added: [], gone: [] })
  })
})

describe('what the policy does', () => {
  const policy = (text: string) => ({ 'policy.yaml': smallCatalogue['policy.yaml'].replace('caps: []', text) })
  const onePerDay = 'caps: [{ id: daily, purposes: [marketing], window: { civil: day }, most: 1 }]'

  test('commands by channel, offer, rule and hour; reasons for silence', async () => {
    const events = [
      profile('p1', 'ann', at('01T00:00')),
      recharge('r1', 'ann', at('02T09:00')),
      recharge('r2', 'ann', at('02T10:00')),
      recharge('r3', 'bob', at('02T11:00')), // never agreed
      call('c1', 'bob', '02T12:00', 700), // service needs no consent
    ]
    const { decisions, rules, by_hour } = await tryOut({ events, candidate: policy(onePerDay) })
    expect(decisions).toEqual({
      commands: [{ channel: 'sms', present: 3, candidate: 2 }],
      offers: [
        { offer: 'more', present: 2, candidate: 1 },
        { offer: 'thanks', present: 1, candidate: 1 },
      ],
      suppressed: [
        { code: 'cap', present: 0, candidate: 1 },
        { code: 'consent', present: 1, candidate: 1 },
      ],
      deferred: [],
      recorded: { present: 0, candidate: 0 },
    })
    expect(Object.fromEntries(rules.map(({ rule, commands }) => [rule, commands]))).toEqual({
      'long-call': { present: 1, candidate: 1 },
      'topped-up': { present: 2, candidate: 1 },
    })
    expect(by_hour.map(({ hour, commands }) => [hour, commands.present, commands.candidate])).toEqual([
      [10, 1, 1],
      [11, 1, 0],
      [12, 0, 0],
      [13, 1, 1],
    ])
  })

  test('what quiet hours put off, and sends at their end, within the time that the clock goes on', async () => {
    const quiet = {
      'policy.yaml': smallCatalogue['policy.yaml'].replace(
        'quiet_hours: []',
        'quiet_hours: [{ id: night, channels: [sms], start: "21:00", end: "08:00" }]',
      ),
    }
    const events = [call('c1', 'ann', '02T21:30', 700)] // 22:30 in Berlin
    const cut = await tryOut({ events, candidate: quiet, period: { until: at('03T06:59') } })
    expect(cut.decisions.deferred).toEqual([{ code: 'quiet-hours', present: 0, candidate: 1 }])
    expect(cut.decisions.commands).toEqual([{ channel: 'sms', present: 1, candidate: 0 }])
    const whole = await tryOut({ events, candidate: quiet, period: { until: at('03T07:00') } })
    expect(whole.decisions.commands).toEqual([{ channel: 'sms', present: 1, candidate: 1 }])
    expect(whole.by_hour.map(({ hour, commands }) => [hour, commands.present, commands.candidate])).toEqual([
      [8, 0, 1],
      [22, 1, 0],
    ])
  })
})

test('the same events and catalogues give the same report, on any number of shards', async () => {
  const events = [...calls, profile('p1', 'ann', at('01T00:00')), recharge('r1', 'ann', at('02T12:00'))]
  const trial = { events, candidate: threshold(300) }
  const first = await tryOut(trial)
  expect(JSON.stringify(await tryOut(trial))).toBe(JSON.stringify(first))
  const other = await tryOut({ ...trial, shards: 1 })
  expect({ ...other, recorded: { ...other.recorded, shards: 4 } }).toEqual(first)
})
