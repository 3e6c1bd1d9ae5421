import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Budget } from '../../services/rules/budgets.ts'
import { type Act, pacedAt, periodAt, playProcesses } from './many-processes.ts'

const start = Date.parse('2026-03-02T07:00Z')
const process = fc.nat({ max: 3 })

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant('use' as const),
        process,
        segment: fc.constantFrom('gold', 'rest', 'rest'),
        again: fc.nat({ max: 9 }).map((n) => n === 0),
      }),
    },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), process }) },
    { weight: 10, arbitrary: fc.record({ kind: fc.constant('read' as const), process }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('idle' as const, 'stop' as const), process }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), process }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), process, of: fc.nat() }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('time' as const), minutes: fc.integer({ min: 1, max: 300 }) }),
    },
  ),
  { minLength: 20, maxLength: 300, size: 'max' },
)

const budgets: fc.Arbitrary<Budget> = fc
  .record({
    amount: fc.integer({ min: 1, max: 30 }),
    pacing: fc.constantFrom('even', 'front', 'none'),
    share: fc.constantFrom(0, 0.4, 1),
    until: fc.option(fc.constant(15 * 60), { nil: undefined }),
  })
  .map(({ amount, pacing, share, until }) => ({
    id: 'visits',
    of: 'uses',
    amount,
    per: 'day',
    draws: {},
    pacing,
    hours: { start: 8 * 60, end: 18 * 60 },
    reserves: share === 0 ? [] : [{ segments: ['gold'], share, ...(until !== undefined && { until }) }],
  }))

describe('whatever some processes do at once, and wherever they crash', () => {
  test('no more is used of a period than there is, nor by any time than was let go by then', () => {
    fc.assert(
      fc.property(acts, budgets, (list, budget) => {
        const { uses } = playProcesses(list, budget, 4, start)
        for (const [i, { at }] of uses.entries()) {
          const before = uses.slice(0, i + 1).filter((other) => periodAt(budget, other.at) === periodAt(budget, at))
          expect(before.length).toBeLessThanOrEqual(pacedAt(budget, at))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('what is kept for some is used by nobody else while it is kept', () => {
    fc.assert(
      fc.property(acts, budgets, (list, budget) => {
        const [reserve] = budget.reserves
        const { uses } = playProcesses(list, budget, 4, start)
        const open = uses.filter(({ segment, at }) => {
          const isKept = reserve && (reserve.until === undefined || new Date(at).getUTCHours() < 15)
          return isKept && segment !== 'gold'
        })
        for (const { at } of open) {
          const count = open.filter(
            (other) => other.at <= at && periodAt(budget, other.at) === periodAt(budget, at),
          ).length
          expect(count).toBeLessThanOrEqual(
            pacedAt(budget, at) - Math.floor(pacedAt(budget, at) * (reserve?.share ?? 0)),
          )
        }
      }),
      { numRuns: 300 },
    )
  })

  test('all who read the log know of the same grants, and nothing that was used is missing from them', () => {
    fc.assert(
      fc.property(acts, budgets, (list, budget) => {
        const { uses, ledgers } = playProcesses(list, budget, 4, start)
        const told = ledgers.map((ledger) =>
          ledger.accounts('visits').map(({ period, granted, grantedOf }) => [period, granted, [...grantedOf].sort()]),
        )
        for (const one of told) expect(one).toEqual(told[0])
        for (const { period, granted } of ledgers[0]?.accounts('visits') ?? []) {
          const used = uses.filter(({ at }) => periodAt(budget, at) === period).length
          expect(granted).toBeGreaterThanOrEqual(used)
          expect(granted).toBeLessThanOrEqual(budget.amount)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('what nobody needs is given back: where nothing crashed, the log says at last just what was spent', () => {
    // What another process judges again is lost to the first.
    const calm = acts.map((list) =>
      list.filter((act) => !['crash', 'stop', 'time'].includes(act.kind) && !(act.kind === 'use' && act.again)),
    )
    fc.assert(
      fc.property(calm, budgets, (list, budget) => {
        const settle: Act[] = [0, 1, 2, 3].flatMap((process): Act[] => [
          { kind: 'write', process },
          ...Array.from({ length: 60 }, (): Act => ({ kind: 'read', process })),
        ])
        const idle = [0, 1, 2, 3].map((process): Act => ({ kind: 'idle', process }))
        const { uses, ledgers } = playProcesses([...list, ...settle, ...settle, ...idle], budget, 4, start)
        const [account] = ledgers[0]?.accounts('visits') ?? []
        expect(account?.granted ?? 0).toBe(uses.length)
        const spent = [...(account?.spentBy.values() ?? [])].reduce((sum, one) => sum + one, 0)
        expect(spent).toBe(uses.length)
      }),
      { numRuns: 300 },
    )
  })
})

test('what was asked for and used to the last by one process leaves nothing for the others, and they know until when', () => {
  const budget = {
    id: 'visits',
    of: 'uses',
    amount: 3,
    per: 'day',
    draws: {},
    pacing: 'none',
    hours: { start: 0, end: 1440 },
    reserves: [],
  } as const
  const use: Act = { kind: 'use', process: 0, segment: 'rest', again: false }
  const round: Act[] = [
    use,
    { kind: 'write', process: 0 },
    { kind: 'read', process: 0 },
    { kind: 'read', process: 0 },
    use,
  ]
  const { uses, refused } = playProcesses(
    [
      ...round,
      ...round,
      ...round,
      { kind: 'read', process: 1 },
      { kind: 'read', process: 1 },
      { kind: 'read', process: 1 },
      { ...use, process: 1 },
    ],
    budget,
    2,
    start,
  )
  expect([uses.length, refused]).toEqual([3, 1])
})
