import { describe, expect, onTestFinished, test } from 'vitest'
import type { Draw } from '../../services/budgets/budgets.ts'
import { type BudgetsParts, openBudgets } from '../../services/budgets/open.ts'
import { budgetViews } from '../../services/budgets/views.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import type { EventLog } from '../../services/flow/event-log.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { Budget } from '../../services/rules/budgets.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { topics } from '../../services/topology.ts'
import { catalogueWith } from '../decide/catalogue.ts'
import { waitFor } from '../support/wait-for.ts'

const noon = Date.parse('2026-03-02T12:00Z')
const visits: Budget = {
  id: 'visits',
  of: 'uses',
  amount: 3,
  per: 'day',
  draws: {},
  pacing: 'none',
  hours: { start: 0, end: 1440 },
  reserves: [],
}
const one: Draw = { budget: visits, zone: 'UTC', amount: 1, pool: '' }

/** Processes on one log, which can be made to take nothing, and on one clock. */
async function createProcesses() {
  const time = { now: noon }
  const clock = { now: () => time.now, caughtUpTo: () => time.now, millisUntil: () => 0, millisSince: () => 0 }
  const log = createEmbeddedLog({ file: ':memory:', shards: 4, clock })
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  onTestFinished(() => log.close())
  const fault = { isAway: false }
  const away: EventLog = {
    ...log,
    join: (options) => log.join(options),
    ends: (names, signal) => log.ends(names, signal),
    async append(records) {
      if (fault.isAway) throw new CodedError('KM_LOG_UNAVAILABLE', 'away', { canRetry: true })
      return log.append(records)
    },
  }
  return {
    log,
    codec,
    fault,
    time,
    async open(timing: BudgetsParts['timing'] = {}) {
      const budgets = await openBudgets({
        log: away,
        codec,
        clock,
        speed: 1,
        logger: createLogger('silent'),
        fail: (error) => expect.unreachable(String(error)),
        timing: { tidyEveryMs: 10, retryMs: 10, ...timing },
      })
      let isOpen = true
      const close = async () => {
        if (isOpen) await budgets.close()
        isOpen = false
      }
      onTestFinished(close)
      const kindOf = (use: string) => budgets.look(one, () => use, time.now).kind
      return {
        budgets,
        close,
        kindOf,
        /** As decide does: asks, and looks again; whether it could be used. */
        async use(use: string): Promise<boolean> {
          if (kindOf(use) === 'asked') budgets.ask(one, time.now)
          await waitFor('an answer', () => kindOf(use) !== 'asked', { deadlineMs: 5_000, everyMs: 2 })
          if (kindOf(use) !== 'free') return false
          budgets.spend(use, [one], time.now)
          return true
        },
      }
    },
  }
}

describe('processes on one log', () => {
  test('use up what there is together, and no more', async () => {
    const processes = await createProcesses()
    const [first, second] = [await processes.open(), await processes.open()]
    const used: boolean[] = []
    for (let i = 0; i < 5; i++) used.push(...(await Promise.all([first.use(`a${i}`), second.use(`b${i}`)])))
    expect(used.filter(Boolean)).toHaveLength(3)
    expect(second.budgets.look(one, () => 'more', noon)).toEqual({
      kind: 'spent',
      period: '2026-03-02',
      amount: 3,
      paced: 3,
      granted: 3,
      until: Date.parse('2026-03-03T00:00Z'),
    })
  })

  test('give back at the end what they hold, and one that begins later finds it, and what was spent', async () => {
    const processes = await createProcesses()
    const first = await processes.open()
    expect(await first.use('a')).toBe(true)
    first.budgets.ask(one, noon)
    await waitFor('a second', () => first.kindOf('b') === 'free')
    await first.close()
    const later = await processes.open()
    expect(later.budgets.ledger.account('visits', '2026-03-02')).toMatchObject({ granted: 1 })
    expect(later.budgets.spentOf('visits', '2026-03-02')).toBe(1)
    expect([await later.use('b'), await later.use('c'), await later.use('d')]).toEqual([true, true, false])
  })

  test('lose what a crash leaves for the rest of the period, and for no longer', async () => {
    const processes = await createProcesses()
    const crashed = await processes.open()
    crashed.budgets.ask(one, noon)
    await waitFor('a tranche', () => crashed.kindOf('a') === 'free')
    const other = await processes.open()
    expect([await other.use('b'), await other.use('c'), await other.use('d')]).toEqual([true, true, false])
    processes.time.now += 86_400_000
    expect(await other.use('e')).toBe(true)
  })

  test('give back what they have not used for a while', async () => {
    const processes = await createProcesses()
    const idle = await processes.open({ idleMs: 20 })
    idle.budgets.ask(one, noon)
    await waitFor('it to be granted', () => idle.budgets.ledger.account('visits', '2026-03-02')?.granted === 1)
    await waitFor('it to be given back', () => idle.budgets.ledger.account('visits', '2026-03-02')?.granted === 0)
    expect(idle.kindOf('a')).toBe('asked')
  })

  test('use again what provably was not used, once', async () => {
    const processes = await createProcesses()
    const { budgets, use, kindOf } = await processes.open()
    for (const id of ['a', 'b', 'c']) await use(id)
    expect(kindOf('d')).toBe('spent')
    budgets.giveBack('b', [{ budget: 'visits', period: '2026-03-02', pool: '', amount: 1 }], noon)
    await waitFor('it to be given back', () => budgets.ledger.account('visits', '2026-03-02')?.granted === 2)
    expect([await use('d'), await use('e')]).toEqual([true, false])
    expect(budgets.spentOf('visits', '2026-03-02')).toBe(3)
  })

  test('count what was not used once, though a state that went back gives it back again, here or in another process', async () => {
    const processes = await createProcesses()
    const first = await processes.open()
    for (const id of ['a', 'b', 'c']) await first.use(id)
    const other = await processes.open()
    for (const { budgets } of [first, first, other]) {
      budgets.giveBack('b', [{ budget: 'visits', period: '2026-03-02', pool: '', amount: 1 }], noon)
    }
    for (const { budgets } of [first, other]) {
      await waitFor('it to be given back', () => budgets.ledger.account('visits', '2026-03-02')?.granted === 2)
    }
    expect([await first.use('d'), await first.use('e'), await other.use('f')]).toEqual([true, false, false])
  })

  test('that judge a command again take nothing more for it', async () => {
    const processes = await createProcesses()
    const { budgets, use } = await processes.open()
    for (const id of ['a', 'b', 'c']) await use(id)
    expect(budgets.look(one, () => 'b', noon).kind).toBe('free')
    expect(budgets.spend('b', [one], noon)).toEqual([{ budget: 'visits', period: '2026-03-02', pool: '', amount: 1 }])
    expect(budgets.spentOf('visits', '2026-03-02')).toBe(3)
  })
})

describe('fails closed', () => {
  test('while the log takes nothing, and finds its tranche when it does again', async () => {
    const processes = await createProcesses()
    const { budgets, kindOf, use } = await processes.open({ patienceMs: 50 })
    processes.fault.isAway = true
    budgets.ask(one, noon)
    expect(kindOf('a')).toBe('asked')
    await waitFor('patience to end', () => kindOf('a') === 'unknown')
    processes.fault.isAway = false
    await waitFor('the tranche', () => kindOf('a') === 'free')
    expect(await use('a')).toBe(true)
    expect(budgets.ledger.account('visits', '2026-03-02')?.granted).toBe(1)
  })

  test('behind a record that cannot be read, until a period that began after it', async () => {
    const processes = await createProcesses()
    const { budgets, kindOf } = await processes.open()
    await processes.log.append([{ topic: topics.budgets.name, key: 'x', value: Buffer.from('nothing of ours') }])
    await waitFor('it to be read', () => kindOf('a') === 'unknown')
    expect(budgets.problems().map(({ code }) => code)).toEqual(['KM_BUDGET_UNREADABLE'])
    processes.time.now += 86_400_000
    expect(kindOf('a')).toBe('asked')
  })
})

test('a budget that is made smaller: what was granted and not used is given back, and no more is used than there is now', async () => {
  const processes = await createProcesses()
  const { budgets, use } = await processes.open()
  await use('a')
  budgets.ask(one, noon)
  await waitFor('a second', () => budgets.ledger.account('visits', '2026-03-02')?.granted === 2)
  const smaller: Draw = { ...one, budget: { ...visits, amount: 1 } }
  expect(budgets.look(smaller, () => 'b', noon).kind).toBe('spent')
  await waitFor('the second back', () => budgets.ledger.account('visits', '2026-03-02')?.granted === 1)
  expect(budgets.look(smaller, () => 'b', noon).kind).toBe('spent')
  expect(budgets.look(one, () => 'b', noon).kind).toBe('asked')
})

test('is shown as it stands, with the periods before it', async () => {
  const processes = await createProcesses()
  const { budgets, use } = await processes.open()
  for (const id of ['a', 'b']) await use(id)
  processes.time.now += 86_400_000
  await use('c')
  // The last word on the day that has ended is on the log.
  await waitFor('the day to be closed', () => {
    const said = budgets.ledger.account('visits', '2026-03-02')?.spentBy.values() ?? []
    return [...said].reduce((sum, one) => sum + one, 0) === 2
  })
  const policy = {
    ...catalogueWith().policy,
    defaultTimeZone: 'UTC',
    currency: 'CNY',
    budgets: [{ ...visits, reserves: [{ segments: ['gold'], share: 0.5, until: 900 }] }],
  }
  expect(budgetViews(policy, budgets, processes.time.now)).toEqual([
    {
      id: 'visits',
      of: 'uses',
      currency: null,
      period: '2026-03-03',
      from: '2026-03-03T00:00:00.000Z',
      to: '2026-03-04T00:00:00.000Z',
      amount: 3,
      paced: 3,
      granted: 1,
      spent: 1,
      left: 2,
      more_at: '2026-03-03T15:00:00.000Z',
      reserves: [{ segments: ['gold'], share: 0.5, until: '2026-03-03T15:00:00.000Z', kept: true, granted: 0 }],
      earlier: [{ period: '2026-03-02', granted: 2, spent: 2 }],
    },
  ])
})
