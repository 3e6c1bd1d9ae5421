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

  test('from and until leave events out, and windows begin empty', async () => {
    const { rules, recorded } = await tryOut({
      events,
      candidate: third,
      period: { from: at('02T10:00'), until: at('02T11:00') },
    })
    expect(recorded).toMatchObject({ events: { cdr: 2 }, before: 1, after: 1, end: '2026-03-02T11:00:00.000Z' })
    expect(rules[0]).toMatchObject({ present: 2, candidate: 0 })
  })
})

describe('profiles from before the period', () => {
  test('say who agreed to what, and count as nothing else', async () => {
    const events = [
      profile('p1', 'ann', at('01T00:00')),
      recharge('r0', 'ann', at('01T12:00')),
      recharge('r1', 'ann', at('02T12:00')),
    ]
    const { decisions, recorded, total } = await tryOut({ events, period: { from: at('02T00:00') } })
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
    const period = { from: at('02T00:00') }
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
