import { describe, expect, test } from 'vitest'
import { allowanceOf, openPool, periodOf, poolFor } from '../../services/budgets/allowance.ts'
import type { Budget } from '../../services/rules/budgets.ts'

const budget = (fields: Partial<Budget>): Budget => ({
  id: 'visits',
  of: 'uses',
  amount: 12,
  per: 'day',
  draws: {},
  pacing: 'even',
  hours: { start: 9 * 60, end: 15 * 60 },
  reserves: [],
  ...fields,
})
const shown = (at: number | null) => (at === null ? null : new Date(at).toISOString().slice(0, 16))

describe('periods', () => {
  test.each([
    ['day', 'Asia/Shanghai', '2026-03-02T15:59Z', '2026-03-02', '2026-03-01T16:00', '2026-03-02T16:00'],
    ['day', 'Asia/Shanghai', '2026-03-02T16:00Z', '2026-03-03', '2026-03-02T16:00', '2026-03-03T16:00'],
    ['day', 'Europe/Berlin', '2026-03-29T12:00Z', '2026-03-29', '2026-03-28T23:00', '2026-03-29T22:00'],
    ['day', 'Europe/Berlin', '2026-10-25T12:00Z', '2026-10-25', '2026-10-24T22:00', '2026-10-25T23:00'],
    ['week', 'Asia/Shanghai', '2026-03-08T15:59Z', 'week-2026-03-02', '2026-03-01T16:00', '2026-03-08T16:00'],
    ['month', 'Asia/Shanghai', '2026-02-28T16:00Z', '2026-03', '2026-02-28T16:00', '2026-03-31T16:00'],
  ] as const)('a %s in %s at %s', (per, zone, at, id, begin, end) => {
    const found = periodOf({ per }, zone, Date.parse(at))
    expect([found.id, shown(found.begin), shown(found.end)]).toEqual([id, begin, end])
  })

  test('a life has no end', () => {
    expect(periodOf({ per: 'life' }, 'UTC', Date.now())).toEqual({ id: 'life', begin: 0, end: Infinity })
  })
})

describe('pacing', () => {
  test.each([
    // pacing, amount, at, let go by then, more at
    ['even', 12, '08:59', 0, '09:00'],
    ['even', 12, '09:00', 2, '10:00'],
    ['even', 12, '09:59', 2, '10:00'],
    ['even', 12, '13:30', 10, '14:00'],
    ['even', 12, '14:00', 12, null],
    ['even', 12, '23:00', 12, null],
    ['even', 2, '09:00', 0, '11:00'],
    ['even', 2, '11:00', 1, '14:00'],
    ['even', 100, '09:00', 16, '10:00'],
    ['front', 12, '09:00', 4, '10:00'],
    ['front', 12, '11:00', 12, null],
    ['front', 1, '10:59', 0, '11:00'],
    ['none', 12, '00:00', 12, null],
  ] as const)('%s of %i at %s', (pacing, amount, at, paced, next) => {
    const found = allowanceOf(budget({ pacing, amount }), 'UTC', Date.parse(`2026-03-02T${at}Z`))
    expect([found.paced, shown(found.nextAt)]).toEqual([paced, next === null ? null : `2026-03-02T${next}`])
  })

  test('goes on from one day of a month to the next, and ends at all of it', () => {
    const monthly = budget({ per: 'month', amount: 31 * 6 })
    const at = (text: string) => allowanceOf(monthly, 'UTC', Date.parse(text)).paced
    expect(
      ['03-01T08:00Z', '03-01T09:00Z', '03-02T03:00Z', '03-31T13:59Z', '03-31T14:00Z'].map((t) => at(`2026-${t}`)),
    ).toEqual([0, 1, 6, 185, 186])
  })

  test('never lets go of more than there is, nor takes anything back, through any week, over both changes of the clock', () => {
    for (const per of ['day', 'week', 'month'] as const) {
      for (const pacing of ['even', 'front'] as const) {
        const paced = budget({ per, pacing, amount: 17, hours: { start: 0, end: 1440 } })
        for (const from of ['2026-03-23T00:00Z', '2026-10-19T00:00Z']) {
          let before = { period: '', paced: 0 }
          for (let at = Date.parse(from); at < Date.parse(from) + 10 * 86_400_000; at += 1_800_000) {
            const { id } = periodOf(paced, 'Europe/Berlin', at)
            const now = allowanceOf(paced, 'Europe/Berlin', at)
            expect(now.paced).toBeLessThanOrEqual(17)
            // Only the hour that is there twice may show again what it let go at first.
            if (id === before.period && now.paced < before.paced)
              expect(new Date(at).toISOString()).toContain('2026-10-25T01')
            if (now.nextAt !== null) {
              expect(now.nextAt).toBeGreaterThan(at - 3_600_000)
              expect(allowanceOf(paced, 'Europe/Berlin', now.nextAt).paced).toBeGreaterThan(now.paced)
            }
            before = { period: id, paced: now.paced }
          }
        }
      }
    }
  })
})

describe('reserves', () => {
  const reserved = budget({
    pacing: 'none',
    amount: 10,
    reserves: [
      { segments: ['first', 'second'], share: 0.35, until: 15 * 60 },
      { segments: ['third'], share: 0.2 },
    ],
  })
  test.each([
    ['14:59', { 'first second': 3, third: 2 }, '15:00'],
    ['15:00', { third: 2 }, null],
  ])('at %s', (at, kept, next) => {
    const found = allowanceOf(reserved, 'UTC', Date.parse(`2026-03-02T${at}Z`))
    expect([found.reserved, shown(found.nextAt)]).toEqual([kept, next === null ? null : `2026-03-02T${next}`])
  })
  test.each([
    [['second', 'x'], 'first second'],
    [['third', 'first'], 'first second'],
    [['third'], 'third'],
    [['x'], openPool],
    [[], openPool],
  ])('who is in %j draws on %j', (segments, pool) => {
    expect(poolFor(reserved, segments)).toBe(pool)
  })
})
