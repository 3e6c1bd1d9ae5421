import { expect, test } from 'vitest'
import type { Outcome } from '../../services/deliver/channel.ts'
import { deliverTimeline } from './deliver-timeline.ts'

const number = '+8613912345678'
const accepted: Outcome = { kind: 'accepted', messageIds: ['1'] }
const throttled: Outcome = { kind: 'not-sent', code: 'throttled', detail: null }
const unanswered: Outcome = { kind: 'unknown', code: 'no-answer', detail: null }
const steady = { retryMs: { first: 5_000, longest: 5_000 } }
/** As decide writes it: without words, and past its time. */
const takenBack = { cancelled_because: 'consent', text: '', not_after: 0 }

test('a command that waits is settled at once, and its receipt says why', () => {
  const { told } = deliverTimeline()
    .address(number)
    .operator('pause p1 purpose=marketing')
    .command('hi')
    .until(10)
    .command('hi', takenBack)
    .operator('resume p1')
    .until(7_200)
  expect(told).toEqual(['10 failed withdrawn'])
})

test('what is claimed goes its way, and is not tried again', () => {
  const claimed = () => deliverTimeline(steady).address(number).command('hi').command('hi', takenBack)
  expect(claimed().answer(accepted).until(7_200).told.slice(2)).toEqual(['0 accepted 1'])
  expect(claimed().until(1).answer(throttled).until(7_200).told.slice(2)).toEqual(['1 failed withdrawn'])
})

test('a service message that may have left before ends as unknown, and one that did not leave fails', () => {
  const service = { purpose: 'service' } as const
  const waiting = (outcome: Outcome) =>
    deliverTimeline(steady).address(number).command('hi', service).answer(outcome).until(1)
  expect(waiting(unanswered).command('hi', takenBack).until(7_200).told.slice(2)).toEqual(['1 unknown withdrawn'])
  expect(waiting(throttled).command('hi', takenBack).until(7_200).told.slice(2)).toEqual(['1 failed withdrawn'])
})

test('of what is settled, or was never commanded, nothing more is said', () => {
  const { told } = deliverTimeline().address(number).command('hi').answer(accepted).command('hi', takenBack)
  expect(told.slice(2)).toEqual(['0 accepted 1'])
  const stray = deliverTimeline().address(number).command('hi', takenBack)
  expect(stray.told).toEqual([])
  expect(stray.state().commands).toEqual([])
})

test('after a rollback the command and its cancellation come again: nothing leaves, and one receipt is told', () => {
  const timeline = deliverTimeline().address(number).operator('pause p1 purpose=marketing')
  const before = timeline.state()
  timeline.command('hi').until(10).command('hi', takenBack).rollBack(before).adoptAll({ withReceipts: true })
  expect(timeline.operator('resume p1').command('hi').command('hi', takenBack).until(7_200).told).toEqual([
    '10 failed withdrawn',
  ])
})

test.each([
  ['marketing', ['0 failed withdrawn']],
  ['care', ['0 failed withdrawn']],
  ['service', ['0 attempt', '0 send hi to +8613912345678']],
] as const)('behind an outage, %s that was taken back meanwhile', (purpose, expected) => {
  const { told } = deliverTimeline()
    .address(number)
    .behind(3_600)
    .command('hi', { purpose })
    .command('hi', takenBack)
    .behind(0)
    .until(1)
  expect(told).toEqual(expected)
})

test('what nobody took back leaves once all was read', () => {
  const { told } = deliverTimeline().address(number).behind(3_600).command('hi').behind(0).until(1)
  expect(told).toEqual(['0.001 attempt', '0.001 send hi to +8613912345678'])
})
