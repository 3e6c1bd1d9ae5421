import { expect, test } from 'vitest'
import type { Outcome } from '../../services/deliver/channel.ts'
import { deliverTimeline } from './deliver-timeline.ts'

const number = '+8613912345678'
const accepted: Outcome = { kind: 'accepted', messageIds: ['1'] }
const paused: Outcome = { kind: 'not-sent', code: 'paused', detail: null }
const unanswered: Outcome = { kind: 'unknown', code: 'no-answer', detail: null }
const day = 86_400

test('a paused command waits unclaimed, and goes as soon as it is resumed', () => {
  const { told } = deliverTimeline()
    .address(number)
    .operator('pause p1 purpose=marketing')
    .command('hi')
    .until(2_000)
    .operator('resume p1')
    .answer(accepted)
    .until(day)
  expect(told).toEqual(['2000 attempt', `2000 send hi to ${number}`, '2000 accepted 1'])
})

test.each([
  ['pause p1', {}, true],
  ['pause p1', { purpose: 'regulatory' }, true],
  ['pause p1 channel=sms', { purpose: 'service' }, true],
  ['pause p1 channel=sms', { purpose: 'regulatory' }, false],
  ['pause p1 channel=ivr', {}, false],
  ['pause p1 purpose=care', {}, false],
  ['pause p1 campaign=r', {}, true],
  ['pause p1 campaign=other', {}, false],
  ['unknown', {}, true],
  ['unknown', { purpose: 'care' }, true],
  ['unknown', { purpose: 'service' }, false],
] as const)('%s with %j: waits %s', (line, fields, waits) => {
  const timeline = deliverTimeline().address(number).operator(line).command('hi', fields)
  expect(timeline.effects()).toHaveLength(waits ? 0 : 1)
})

test('what is not resumed in time is given back as expired, and says why', () => {
  const timeline = deliverTimeline()
    .address(number)
    .operator('pause p1')
    .command('hi')
    .command('ho', { not_after: 10_000 })
  expect(timeline.until(3_600).told).toEqual(['10 expired paused', '3600 expired paused'])
  expect(timeline.operator('resume p1').until(day).told).toHaveLength(2)
})

test('a claimed command that the sender gives back as paused waits for the resume and leaves once', () => {
  const { told } = deliverTimeline()
    .address(number)
    .command('hi')
    .operator('pause p1')
    .answer(paused)
    .until(1_000)
    .operator('resume p1')
    .answer(accepted)
    .until(day)
  expect(told.slice(2)).toEqual(['1000 attempt', `1000 send hi to ${number}`, '1000 accepted 1'])
})

test('what was claimed before the pause and was sent is accepted under it', () => {
  const { told } = deliverTimeline().address(number).command('hi').operator('pause p1').answer(accepted).until(day)
  expect(told.slice(2)).toEqual(['0 accepted 1'])
})

test('a service message is not repeated under a pause, though its outcome is unknown; it is afterwards', () => {
  const { told } = deliverTimeline()
    .address(number)
    .command('hi', { purpose: 'service' })
    .operator('pause p1 purpose=service')
    .answer(unanswered)
    .until(600)
    .operator('resume p1')
  expect(told.slice(2)).toEqual(['600 attempt', `600 send hi to ${number}`])
})

test('a paused command is no newcomer afterwards: it waits for a place, and is not shed', () => {
  let room = 1
  const timeline = deliverTimeline({ waitingMax: { service: 0, marketing: 0 } })
  timeline.lane(() => ({ room, isClosed: false, waiting: 10 }))
  timeline.address(number).operator('pause p1').command('hi')
  room = 0
  timeline.operator('resume p1')
  expect(timeline.told).toEqual([])
  room = 1
  expect(timeline.until(300).told.map((line) => line.split(' ').slice(1).join(' '))).toEqual([
    'attempt',
    `send hi to ${number}`,
  ])
})

test('a cancelled command that is not claimed fails with its own code: its touch is given back', () => {
  const one = deliverTimeline().address(number).operator('pause p1').command('hi').command('ho')
  expect(one.operator('cancel c command=hi').told).toEqual(['0 failed cancelled'])
  expect(one.operator('resume p1').told.slice(1)).toEqual(['0 attempt', `0 send ho to ${number}`])
  expect(one.operator('cancel d command=ho').answer(accepted).told.at(-1)).toBe('0 accepted 1')

  const early = deliverTimeline().address(number).operator('cancel c command=hi').command('hi')
  expect(early.told).toEqual(['0 failed cancelled'])
})

test('the cancellation of a campaign means what it has commanded until then', () => {
  const timeline = deliverTimeline().address(number).operator('pause p1')
  timeline.command('old', { issued_at: 500 }).command('other', { issued_at: 500, rule: 'another' })
  timeline.until(1).operator('cancel c campaign=r').until(2).command('new', { issued_at: 2_000 })
  expect(timeline.told).toEqual(['1 failed cancelled'])
  timeline.operator('resume p1')
  expect(timeline.effects().map(({ text }) => text)).toEqual(['other', 'new'])
})

test('of a cancelled one that may have left nothing is promised', () => {
  const { told } = deliverTimeline()
    .address(number)
    .command('hi', { purpose: 'service' })
    .answer(unanswered)
    .operator('cancel c command=hi')
    .until(day)
  expect(told.slice(2)).toEqual(['0 unknown cancelled'])
})

test('a state that went back waits again under the pause, and what was attempted counts', () => {
  const timeline = deliverTimeline().address(number)
  const before = timeline.state()
  timeline.command('hi').operator('pause p1').rollBack(before).adoptAll().command('hi').operator('resume p1').until(day)
  expect(timeline.effects()).toHaveLength(1)
})
