import { describe, expect, test } from 'vitest'
import type { Budgets } from '../../services/budgets/budgets.ts'
import { createLedger } from '../../services/budgets/ledger.ts'
import { localBudgets } from '../../services/budgets/local.ts'
import { createPurse } from '../../services/budgets/purse.ts'
import { createDecideStep, type DecideInput } from '../../services/decide/step.ts'
import type { BudgetRecord } from '../../services/records/types.ts'
import type { Budget } from '../../services/rules/budgets.ts'
import { catalogueWith } from './catalogue.ts'
import { decisionsOf, momentAt, run } from './streams.ts'
import { commandOfMoment, play, timeOf } from './timeline.ts'

const budget = (fields: Partial<Budget> = {}): Budget => ({
  id: 'visits',
  of: 'uses',
  amount: 1,
  per: 'day',
  draws: {},
  pacing: 'none',
  hours: { start: 0, end: 1440 },
  reserves: [],
  ...fields,
})
const open = { quietHours: [], caps: [], gaps: {} }
const consent = '03-02 08:00  profile sms/marketing=granted sms/care=granted'

describe('a budget', () => {
  test('holds back marketing and care, and says until when; what comes before it in the chain is told first', () => {
    play(
      `
      ${consent}
      03-02 09:00  moment a purpose=care                    command a
      03-02 09:01  moment b purpose=care                    suppressed b budget until 03-03 00:00
      03-02 09:02  moment c                                 suppressed c budget until 03-03 00:00
      03-02 09:03  moment d purpose=service                 command d
      03-02 09:04  moment e purpose=regulatory              command e
      03-02 09:05  profile sms/marketing=refused
      03-02 09:06  moment f                                 suppressed f consent +budget
      03-03 00:00  moment g purpose=care                    command g
    `,
      { policy: { ...open, budgets: [budget()] } },
    )
  })

  test('that has room is no reason, also where nothing has been granted of it yet', () => {
    const { decisions } = play('03-02 09:00  moment a  suppressed a consent', {
      policy: { ...open, budgets: [budget()] },
    })
    expect(decisions.map(({ codes, evidence }) => [codes, Object.keys(evidence)])).toEqual([
      [['consent'], ['consent.state']],
    ])
  })

  test('is shared by all subscribers and all versions of a catalogue in a process', () => {
    const budgets = localBudgets()
    const policy = { ...open, budgets: [budget()] }
    play(`${consent}\n03-02 09:00  moment a  command a`, { policy, settings: { budgets } })
    play(`${consent}\n03-02 09:01  moment b  suppressed b budget until 03-03 00:00`, { policy, settings: { budgets } })
  })

  test('tells in the evidence what there was, what of it was let go and what was granted', () => {
    const evidence = (fields: Partial<Budget>, table: string) =>
      play(table, { policy: { ...open, budgets: [budget(fields)] } }).decisions.at(-1)?.evidence
    const second = `${consent}\n03-02 09:00  moment a  command a\n03-02 09:01  moment b  suppressed b budget until`
    expect(evidence({}, `${second} 03-03 00:00`)).toEqual({
      'budget.id': 'visits',
      'budget.reason': 'spent',
      'budget.period': '2026-03-02',
      'budget.amount': 1,
      'budget.paced': 1,
      'budget.granted': 1,
      'budget.until': timeOf('03-03 00:00', 'Asia/Shanghai'),
    })
    expect(
      evidence({ amount: 2, pacing: 'even', hours: { start: 540, end: 660 } }, `${second} 03-02 10:00`),
    ).toMatchObject({
      'budget.reason': 'paced',
      'budget.amount': 2,
      'budget.paced': 1,
      'budget.granted': 1,
    })
    expect(
      evidence({ amount: 2, reserves: [{ segments: ['gold'], share: 0.5 }] }, `${second} 03-03 00:00`),
    ).toMatchObject({
      'budget.reason': 'reserved',
      'budget.paced': 2,
      'budget.granted': 1,
    })
  })

  test('that is out for one offer leaves the next one', () => {
    const { decisions } = play(
      `
      ${consent}
      03-02 09:00  moment a offers=booster,review           command a
      03-02 09:01  moment b offers=booster,review           command b
    `,
      { policy: { ...open, budgets: [budget({ draws: { offers: ['booster'] } })] } },
    )
    expect(decisions.map(({ offer }) => offer)).toEqual(['booster', 'review'])
    expect(decisions[1]?.candidates[0]).toMatchObject({ offer: 'booster', codes: ['budget'] })
  })
})

describe('what was drawn', () => {
  const policy = { ...open, budgets: [budget()] }

  test('goes back with the proof that the message did not leave, once its state is durable, and else never', () => {
    const { state } = play(`${consent}\n03-02 09:00  moment a  command a`, { policy, isSilent: true })
    const step = createDecideStep(catalogueWith(policy))
    const now = timeOf('03-02 10:00', 'Asia/Shanghai')
    const at = { now, clock: now }
    const receipt = (status: 'failed' | 'expired' | 'unknown' | 'delivered'): DecideInput => ({
      type: 'receipt',
      value: {
        receipt_id: status,
        subscriber_id: 's',
        received_at: now,
        command_id: commandOfMoment('a'),
        channel: 'sms',
        status,
      },
    })
    const drawn = [{ budget: 'visits', period: '2026-03-02', pool: '', amount: 1 }]
    for (const status of ['failed', 'expired'] as const) {
      const first = step.handle(state, receipt(status), at)
      expect(first.effects).toEqual([{ use: commandOfMoment('a'), drawn }])
      expect(step.handle(first.state, receipt(status), at).effects).toEqual([])
    }
    for (const status of ['unknown', 'delivered'] as const)
      expect(step.handle(state, receipt(status), at).effects).toEqual([])
    const left = step.handle(state, receipt('delivered'), at).state
    expect(step.handle(left, receipt('failed'), at).effects).toEqual([])
  })

  test('is drawn once, however often a group is run again before it is committed', () => {
    const budgets = localBudgets()
    const step = createDecideStep(catalogueWith({ ...open, budgets: [budget({ amount: 2 })] }), { budgets })
    const { state } = play(consent, { policy })
    const at = timeOf('03-02 09:00', 'Asia/Shanghai')
    const stream = ['a', 'b', 'c'].map((id) => {
      const value = { ...momentAt(id, 'care', at, at + 3_600_000), offers: ['booster'] }
      return { at, input: { type: 'moment', value } as const }
    })
    const outcomes = () => decisionsOf(run(step, stream, state)).map(({ outcome }) => outcome)
    const first = outcomes()
    expect(first).toEqual(['command', 'command', 'suppressed'])
    expect(outcomes()).toEqual(first)
    expect(budgets.spentOf('visits', '2026-03-02')).toBe(2)
  })

  test('is not drawn again by what is adopted from the log', () => {
    const { decisions, commands } = play(`${consent}\n03-02 09:00  moment a  command a`, { policy })
    const budgets = localBudgets()
    const table = `
      ${consent}
      03-02 09:00  moment a
      03-02 09:01  moment b                                 command b
    `
    play(table, { policy, settings: { budgets }, adopts: [...commands, ...decisions] })
    expect(budgets.spentOf('visits', '2026-03-02')).toBe(1)
  })
})

describe('a first use', () => {
  /** Budgets whose log answers when it is told to. */
  function slowBudgets(): { readonly budgets: Budgets; answer(): void; pass(millis: number): void } {
    const ledger = createLedger(() => 0)
    const sent: BudgetRecord[] = []
    let real = 0
    const purse = createPurse({
      ledger,
      clock: () => real,
      newId: () => `r${sent.length}-${real}`,
      idOf: (name) => name,
      send: (record) => sent.push(record),
      unreadableAt: () => Number.NEGATIVE_INFINITY,
      lookAgainMs: 200,
      patienceMs: 15_000,
      idleMs: Number.POSITIVE_INFINITY,
    })
    return {
      budgets: purse,
      answer() {
        for (const record of sent.splice(0)) purse.heard(record, ledger.take(record))
      },
      pass: (millis) => {
        real += millis
      },
    }
  }
  const policy = { ...open, budgets: [budget({ draws: { offers: ['booster'] } })] }
  const begun = play(consent, { policy }).state

  test('waits for its tranche without a decision, and leaves as soon as that is there', () => {
    const { budgets, answer } = slowBudgets()
    const settings = { budgets }
    const { state } = play('03-02 09:00:00.000  moment a offers=booster', { policy, settings, from: begun })
    expect(state.deferred).toMatchObject([{ moment_id: 'a', held_since: timeOf('03-02 09:00', 'Asia/Shanghai') }])
    const waited = play('03-02 09:00:00.150  -', { policy, settings, from: state })
    answer()
    const { commands } = play('03-02 09:00:00.200  -  command a', { policy, settings, from: waited.state })
    expect(commands).toHaveLength(1)
  })

  test('is refused where others were faster, and told until when', () => {
    const { budgets, answer } = slowBudgets()
    const settings = { budgets }
    const { state } = play('03-02 09:00:00.000  moment a offers=booster', { policy, settings, from: begun })
    answer()
    play('03-02 09:00:00.100  moment b offers=booster  command a, suppressed b budget until 03-03 00:00', {
      policy,
      settings,
      from: state,
    })
  })

  test('is preferred to a lesser offer that could go at once', () => {
    const { budgets, answer } = slowBudgets()
    const settings = { budgets }
    const { state } = play('03-02 09:00:00.000  moment a offers=booster,review', { policy, settings, from: begun })
    answer()
    const { commands } = play('03-02 09:00:00.200  -  command a', { policy, settings, from: state })
    expect(commands.map(({ offer }) => offer)).toEqual(['booster'])
  })

  test('gives up when nothing answers for long, and says that it is not known', () => {
    const { budgets, pass } = slowBudgets()
    const settings = { budgets }
    const { state } = play('03-02 09:00:00.000  moment a offers=booster', { policy, settings, from: begun })
    pass(15_000)
    const { decisions } = play('03-02 09:00:15.000  -  @03-02 09:00 suppressed a budget', {
      policy,
      settings,
      from: state,
    })
    expect(decisions[0]?.evidence).toEqual({
      'budget.id': 'visits',
      'budget.reason': 'unknown',
      'budget.period': '2026-03-02',
    })
  })
})
