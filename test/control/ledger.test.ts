import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLedger } from '../../services/control/ledger.ts'
import type { Outreach } from '../../services/control/scope.ts'
import type { ControlRecord } from '../../services/records/types.ts'
import { controlRecord, heldByHand } from './held-by-hand.ts'

const outreach = (purpose: string, channel = 'sms', campaigns: readonly string[] = ['summer']) =>
  ({ purpose, channel, campaigns }) as Outreach

test('what a pause holds', () => {
  const table: readonly (readonly [string, Outreach, boolean])[] = [
    ['pause', outreach('marketing'), true],
    ['pause', outreach('service'), true],
    ['pause', outreach('regulatory'), true],
    ['pause channel=sms', outreach('marketing'), true],
    ['pause channel=ivr', outreach('marketing'), false],
    ['pause channel=sms', outreach('service'), true],
    ['pause channel=sms', outreach('regulatory'), false],
    ['pause purpose=marketing', outreach('marketing', 'push'), true],
    ['pause purpose=marketing', outreach('care'), false],
    ['pause purpose=regulatory', outreach('regulatory'), true],
    ['pause channel=sms purpose=regulatory', outreach('regulatory'), true],
    ['pause channel=sms purpose=marketing', outreach('marketing', 'ivr'), false],
    ['pause campaign=summer', outreach('care', 'sms', ['low-balance', 'summer']), true],
    ['pause campaign=winter', outreach('care'), false],
    ['pause campaign=summer', outreach('regulatory'), false],
  ]
  for (const [line, one, isHeld] of table) {
    const hand = heldByHand()
    hand.act(line.replace('pause', 'pause p'), 1)
    expect.soft(hand.holds.pauseOf(one)?.id, `${line}: ${JSON.stringify(one)}`).toBe(isHeld ? 'p' : undefined)
  }
})

test('a resume ends the pause that it names, and no other', () => {
  const hand = heldByHand()
  hand.act('pause a purpose=marketing', 1)
  hand.act('pause b purpose=marketing', 2)
  expect(hand.holds.pauseOf(outreach('marketing'))?.id).toBe('a')
  hand.act('resume a', 3)
  expect(hand.holds.isInForce('a')).toBe(false)
  expect(hand.holds.pauseOf(outreach('marketing'))?.id).toBe('b')
  hand.act('resume b', 4)
  expect(hand.holds.pauseOf(outreach('marketing'))).toBeUndefined()
  expect(hand.ledger.history.map(({ action }) => action)).toEqual(['resume', 'resume', 'pause', 'pause'])
})

test('a cancellation of a campaign means what was issued until then', () => {
  const hand = heldByHand()
  hand.act('cancel c campaign=summer', 1_000)
  const command = { id: 'one', campaigns: ['summer'] }
  expect(hand.holds.isCancelled({ ...command, issued_at: 1_000 })).toBe(true)
  expect(hand.holds.isCancelled({ ...command, issued_at: 1_001 })).toBe(false)
  expect(hand.holds.isCancelled({ ...command, campaigns: ['winter'], issued_at: 1 })).toBe(false)
  hand.act('cancel d command=one', 2_000)
  expect(hand.holds.isCancelled({ ...command, issued_at: 1_001 })).toBe(true)
})

test('cancellations are forgotten once no command of theirs may leave any more; pauses never are', () => {
  const hand = heldByHand()
  hand.act('pause p purpose=care', 0)
  hand.act('cancel c command=one', 0)
  hand.act('pause q purpose=marketing', 9 * 86_400_000)
  expect(hand.holds.isCancelled({ id: 'one', campaigns: [], issued_at: 0 })).toBe(false)
  expect(hand.ledger.pauses.map(({ id }) => id)).toEqual(['p', 'q'])
})

test('an unreadable record holds marketing and care until it is lifted by its id', () => {
  const ledger = createLedger(() => 1)
  ledger.takeUnreadable('unreadable-0-7', 1)
  const held = (['marketing', 'care', 'service', 'regulatory'] as const).filter((p) => ledger.pauseOf(outreach(p)))
  expect(held).toEqual(['marketing', 'care'])
  ledger.take(controlRecord('r', 2, { action: 'resume', pause_id: 'unreadable-0-7' }))
  expect(ledger.pauses).toEqual([])
})

test('the order in which records are read, and how often, changes nothing', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd')
  const acts = fc.array(
    fc.oneof(
      fc.record({ action: fc.constant('pause' as const), purpose: fc.constantFrom('marketing', 'care', null) }),
      fc.record({ action: fc.constant('resume' as const), pause_id: id }),
      fc.record({ action: fc.constant('cancel' as const), command_id: id }),
      fc.record({ action: fc.constant('cancel' as const), campaign: fc.constantFrom('summer', 'winter') }),
    ),
    { maxLength: 8 },
  )
  const stated = (records: readonly ControlRecord[]) => {
    const ledger = createLedger(() => 0)
    for (const record of records) ledger.take(record)
    const cancelled = ['a', 'b', 'c', 'd'].flatMap((command) =>
      [1, 3, 5].map((issued_at) => ledger.isCancelled({ id: command, campaigns: ['summer'], issued_at })),
    )
    return { pauses: ledger.pauses, history: ledger.history, cancelled }
  }
  fc.assert(
    fc.property(acts, fc.infiniteStream(fc.nat()), (given, chance) => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
      const records = given.map((fields, i) => controlRecord(names[i] ?? '', i, fields as Partial<ControlRecord>))
      const twice = [...records, ...records.filter(() => (chance.next().value ?? 0) % 2 === 0)]
      const keyed = twice.map((record) => ({ record, key: chance.next().value ?? 0 }))
      const shuffled = keyed.toSorted((one, other) => one.key - other.key).map(({ record }) => record)
      expect(stated(shuffled)).toEqual(stated(records))
    }),
  )
})
