import { describe, expect, test } from 'vitest'
import { threshold } from '../catalogue/contents.ts'
import { longCall, profile, recharge } from '../integration/bad-input/events.ts'
import { smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { at, tryOut } from './trial.ts'

const call = (id: string, time: string) => longCall(id, 'ann', at(time))

/** Fires at the third call of 24 hours. */
const third = {
  'rules/calls.yaml': smallCatalogue['rules/calls.yaml'].replace('event.duration_s >= 600', 'calls_24h >= 3'),
}

describe('what counts', () => {
  const events = [call('c1', '02T09:00'), call('c2', '02T10:00'), call('c3', '02T11:00'), call('c4', '02T12:00')]

  test('without a warm-up everything', async () => {
    const { rules, recorded } = await tryOut({ events, candidate: third })
    expect(rules[0]).toMatchObject({ present: 4, candidate: 2 })
    expect(recorded).toMatchObject({
      events: { cdr: 4 },
      first: '2026-03-02T09:00:00.000Z',
      last: '2026-03-02T12:00:00.000Z',
      counted_from: null,
      end: '2026-03-02T12:10:00.000Z', // the grace of calls
    })
  })

  test('a warm-up fills the windows, and what fires in it is not counted', async () => {
    const warm = await tryOut({ events, candidate: third, period: { warmUp: 3 * 3_600_000 } })
    expect(warm.recorded.counted_from).toBe('2026-03-02T12:00:00.000Z')
    expect(warm.rules[0]).toMatchObject({ present: 1, candidate: 1, same: 1, commands: { present: 1, candidate: 1 } })
  })

  test('what happened before the period fills the windows: all of it, or so much of it', async () => {
    const period = { from: at('02T10:00'), until: at('02T11:00') }
    const all = await tryOut({ events, candidate: third, period })
    expect(all.recorded).toMatchObject({ events: { cdr: 3 }, warmUp: 1, before: 0, after: 1 })
    expect(all.recorded).toMatchObject({ counted_from: '2026-03-02T10:00:00.000Z', end: '2026-03-02T11:00:00.000Z' })
    expect(all.rules[0]).toMatchObject({ present: 2, candidate: 1 })
    const hour = await tryOut({ events, candidate: third, period: { ...period, warmUp: 3_600_000 } })
    expect(hour.recorded).toMatchObject({ events: { cdr: 3 }, warmUp: 1, before: 0 })
    const less = await tryOut({ events, candidate: third, period: { ...period, warmUp: 3_599_999 } })
    expect(less.recorded).toMatchObject({ events: { cdr: 2 }, warmUp: 0, before: 1 })
    expect(less.rules[0]).toMatchObject({ present: 2, candidate: 0 })
  })

  test('once, and an interval that was open before, hold as they did', async () => {
    const candidate = {
      'rules/calls.yaml': smallCatalogue['rules/calls.yaml'].replace('expires:', 'once: 3d\nexpires:'),
    }
    const period = { from: at('02T10:00') }
    expect((await tryOut({ events, candidate, period })).rules[0]).toMatchObject({ present: 3, candidate: 0 })
    expect((await tryOut({ events, candidate, period: { ...period, warmUp: 0 } })).rules[0]?.candidate).toBe(1)
  })

  test('an interval that was opened before the period still holds back', async () => {
    const issue = `\
id: complaint-open
moment: do-not-disturb
title: { en: A complaint is open }
open: { on: complaint, where: status == "opened" }
close: { on: complaint, where: status == "resolved" }
key: ticket_id
longest: 30d
code: open-issue
purposes: [marketing]
`
    const complaint = { source: 'crm', ticket_id: 't1', status: 'opened', category: 'network', severity: 1 }
    const topUps = [
      profile('p1', 'ann', at('01T00:00')),
      { type: 'complaint', event_id: 'k1', subscriber_id: 'ann', event_time: '2026-03-01T12:00:00Z', ...complaint },
      recharge('r1', 'ann', at('02T12:00')),
    ]
    const trial = { events: topUps, candidate: { 'rules/issue.yaml': issue } }
    const { decisions } = await tryOut({ ...trial, period: { from: at('02T00:00') } })
    expect(decisions.suppressed).toEqual([{ code: 'open-issue', present: 0, candidate: 1 }])
    const blind = await tryOut({ ...trial, period: { from: at('02T00:00'), warmUp: 3_600_000 } })
    expect(blind.decisions.suppressed).toEqual([])
  })
})

describe('profiles from before the period', () => {
  test('say who agreed to what, and count as nothing else', async () => {
    const events = [
      profile('p1', 'ann', at('01T00:00')),
      recharge('r0', 'ann', at('01T12:00')),
      recharge('r1', 'ann', at('02T12:00')),
    ]
    const { decisions, recorded, total } = await tryOut({ events, period: { from: at('02T00:00'), warmUp: 0 } })
    expect(recorded).toMatchObject({ events: { recharge: 1 }, profilesBefore: 1, before: 1 })
    expect(total.present).toBe(1)
    expect(decisions.commands).toEqual([{ channel: 'sms', present: 1, candidate: 1 }])
  })

  test('keep their order, by which the newest counts', async () => {
    const catalogue = {
      'factors/plan.yaml': 'id: plan\ntitle: { en: Plan }\nprofile: plan\n',
      'rules/calls.yaml': smallCatalogue['rules/calls.yaml'].replace('event.duration_s >= 600', 'plan == "gold"'),
    }
    const plan = (id: string, time: string, name: string) => ({ ...profile(id, 'ann', at(time)), plan: name })
    const period = { from: at('02T00:00'), warmUp: 0 }
    const gold = [plan('a', '01T00:00', 'silver'), plan('b', '01T00:01', 'gold'), call('c1', '02T12:00')]
    expect((await tryOut({ events: gold, candidate: catalogue, period })).rules[0]?.candidate).toBe(1)
    // Of two at one instant the greater id would be the newer one.
    const silver = [plan('b', '01T00:00', 'gold'), plan('a', '01T00:01', 'silver'), call('c1', '02T12:00')]
    expect((await tryOut({ events: silver, candidate: catalogue, period })).rules[0]?.candidate).toBe(0)
  })
})

describe('what is refused', () => {
  const events = [call('c1', '02T09:00'), call('c2', '02T10:00')]
  const table = [
    ['no events', { events: [] }, 'KM_BACKTEST_NO_EVENTS'],
    ['none in the period', { events, period: { from: at('03T00:00') } }, 'KM_BACKTEST_NO_EVENTS'],
    ['times that cross', { events, period: { from: at('03T00:00'), until: at('02T00:00') } }, 'KM_BACKTEST'],
    ['a warm-up as long as the record', { events, period: { warmUp: 86_400_000 } }, 'KM_BACKTEST_PERIOD'],
    ['more events than there may be', { events, eventsMost: 1 }, 'KM_BACKTEST_TOO_MANY_EVENTS'],
  ] as const
  test.each(table)('%s', async (_name, trial, code) => {
    await expect(tryOut({ ...trial, candidate: threshold(60) })).rejects.toMatchObject({
      code: expect.stringContaining(code),
    })
  })
})
