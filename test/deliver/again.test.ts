import { expect, test } from 'vitest'
import { phonePlan } from '../../services/deliver/again.ts'
import type { Outcome } from '../../services/deliver/channel.ts'
import { deliverTimeline } from './deliver-timeline.ts'

const busy: Outcome = { kind: 'not-sent', code: 'busy', detail: 'USER_BUSY' }
const down: Outcome = { kind: 'not-sent', code: 'channel-down', detail: null }
const rang: Outcome = { kind: 'accepted', messageIds: ['call'] }

/** A phone is called twice in all, some 100 seconds apart; the command is worth an hour. */
const called = () =>
  deliverTimeline({ againPlans: { sms: phonePlan({ pauseMs: 100_000, times: 2 }) } }).address('+999123456')

const words = (told: readonly string[]) => told.map((line) => line.split(' ').slice(1).join(' '))
const call = ['attempt', 'send hi to +999123456']

test('a phone that is busy is called again after the pause, and rings', () => {
  const timeline = called().command('hi').answer(busy)
  expect(words(timeline.until(74).told)).toEqual(call)
  expect(words(timeline.until(126).answer(rang).told)).toEqual([...call, ...call, 'accepted 1'])
})

test('a phone that is busy as often as it is called has not been reached: the next channel has its turn', () => {
  const { told } = called().command('hi').answer(busy).until(126).answer(busy).until(10_000)
  expect(words(told)).toEqual([...call, ...call, 'failed busy'])
})

test("a channel that is down is no call, and doesn't use up any", () => {
  const { told } = called()
    .command('hi')
    .answer(down)
    .until(60)
    .answer(down)
    .until(120)
    .answer(busy)
    .until(246)
    .answer(rang)
  expect(words(told)).toEqual([...call, ...call, ...call, ...call, 'accepted 1'])
})

test('nothing is called again once the command has been taken back, or its time is over', () => {
  const takenBack = called().command('hi').answer(busy).command('hi', { cancelled_because: 'opted-out' }).until(10_000)
  expect(words(takenBack.told)).toEqual([...call, 'failed withdrawn'])
  const late = called().command('hi', { not_after: 60_000 }).answer(busy).until(10_000)
  expect(words(late.told)).toEqual([...call, 'expired busy'])
})

test('a plan is of its channel and its reason only', () => {
  const timeline = deliverTimeline({ againPlans: { ivr: phonePlan({ pauseMs: 100_000, times: 1 }) } }).address(
    '+999123456',
  )
  expect(words(timeline.command('hi').answer(busy).until(10).told)).toEqual([...call, ...call])
})
