import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../services/deliver/channel.ts'
import { deliverTimeline } from './deliver-timeline.ts'

const accepted: Outcome = { kind: 'accepted', messageIds: ['1', '2'] }
const refused: Outcome = { kind: 'refused', code: 'refused', detail: 'ESME_RINVDSTADR' }
const throttled: Outcome = { kind: 'not-sent', code: 'throttled', detail: null }
const unanswered: Outcome = { kind: 'unknown', code: 'no-answer', detail: null }
const steady = { retryMs: { first: 5_000, longest: 5_000 } }
const number = '+8613912345678'

describe('a command', () => {
  test('is claimed, sent and accepted', () => {
    expect(deliverTimeline().address(number).command('hi').answer(accepted).until(10_000).told).toEqual([
      '0 attempt',
      '0 send hi to +8613912345678',
      '0 accepted 2',
    ])
  })

  test('that comes again changes nothing, however late', () => {
    const { told } = deliverTimeline()
      .address(number)
      .command('hi')
      .command('hi')
      .answer(accepted)
      .command('hi')
      .until(3_600 + 6 * 86_400)
      .command('hi')
    expect(told).toEqual(['0 attempt', '0 send hi to +8613912345678', '0 accepted 2'])
  })

  test.each([
    ['past its not_after expires', 3_600, ['3600 expired expired']],
    ['just before leaves', 3_599.999, ['3599.999 attempt', '3599.999 send hi to +8613912345678']],
  ])('%s', (_, seconds, told) => {
    expect(deliverTimeline().address(number).until(seconds).command('hi').told).toEqual(told)
  })

  test('without an address fails, so that the fallback goes on', () => {
    expect(deliverTimeline().address(null).command('hi').told).toEqual(['0 failed no-address'])
  })

  test('goes to the newest address, whatever the order of arrival', () => {
    const { told } = deliverTimeline().until(10).address('+861390000002', 10).address('+861390000001', 5).command('hi')
    expect(told.at(-1)).toBe('10 send hi to +861390000002')
  })

  test('for another channel is a dead letter', () => {
    expect(() => deliverTimeline().command('hi', { channel: 'push' })).toThrow(
      expect.objectContaining({ code: 'KM_DELIVER_WRONG_CHANNEL' }),
    )
  })

  test('that is refused fails and is not sent again', () => {
    const { told } = deliverTimeline().address(number).command('hi').answer(refused).until(10_000)
    expect(told.slice(2)).toEqual(['0 failed refused'])
  })
})

describe('what did not leave', () => {
  test('is sent again, with an attempt each, until it is accepted', () => {
    const timeline = deliverTimeline(steady).address(number).command('hi').answer(throttled)
    const { told } = timeline.until(7).answer(throttled).until(15).answer(accepted).until(10_000)
    expect(told.map((line) => line.split(' ')[1])).toEqual([
      ...['attempt', 'send', 'attempt', 'send', 'attempt', 'send'],
      'accepted',
    ])
    expect(new Set(timeline.attempts.map(({ attempt_id }) => attempt_id)).size).toBe(3)
  })

  test('expires with the reason that held it back', () => {
    const timeline = deliverTimeline(steady).address(number).command('hi', { not_after: 4_000 }).answer(throttled)
    expect(timeline.until(10_000).told.slice(2)).toEqual(['4 expired throttled'])
  })

  test('waits longer each time, up to the longest pause', () => {
    const timeline = deliverTimeline({ retryMs: { first: 10_000, longest: 40_000 } }).address(number)
    timeline.command('hi', { not_after: 86_400_000 })
    const pauses: number[] = []
    let now = 0
    for (const base of [10, 20, 40, 40, 40, 40]) {
      timeline.answer(throttled)
      const next = timeline.nextDue()
      pauses.push((next - now) / base)
      now = next
      timeline.until(now)
    }
    for (const pause of pauses) expect(Math.abs(pause - 1)).toBeLessThanOrEqual(0.25)
    expect(new Set(pauses.map((pause) => pause.toFixed(3))).size).toBeGreaterThan(3) // jitter
  })
})

describe('what may have left', () => {
  test.each(['marketing', 'care', 'regulatory'] as const)('is unknown and never sent again: %s', (purpose) => {
    const asked = deliverTimeline().address(number).command('hi', { purpose }).answer(unanswered).until(10_000)
    expect(asked.told.slice(2)).toEqual(['0 unknown no-answer'])
    const crashed = deliverTimeline().address(number).command('hi', { purpose }).until(10_000)
    expect(crashed.told.slice(2)).toEqual(['120 unknown no-result'])
  })

  test('is sent again when it is a service message, but not for ever', () => {
    const timeline = deliverTimeline(steady).address(number).command('otp', { purpose: 'service' })
    timeline.answer(unanswered).until(10) // and the second attempt: a crash
    expect(timeline.until(10_000).told.map((line) => line.replace(/^[\d.]+ /, ''))).toEqual([
      ...['attempt', 'send otp to +8613912345678', 'attempt', 'send otp to +8613912345678'],
      ...['attempt', 'send otp to +8613912345678', 'unknown no-result'],
    ])
  })

  test('ends as unknown, not as expired, when a service message runs out of time', () => {
    const timeline = deliverTimeline(steady).address(number).command('otp', { purpose: 'service', not_after: 4_000 })
    expect(timeline.answer(unanswered).until(10_000).told.slice(2)).toEqual(['4 unknown no-answer'])
  })

  test('that is refused at last is unknown, as an earlier attempt may have left', () => {
    const timeline = deliverTimeline(steady).address(number).command('otp', { purpose: 'service' }).answer(unanswered)
    expect(timeline.until(7).answer(refused).told.at(-1)).toBe('7 unknown refused')
  })

  test('a late success is told, though it counted as unknown', () => {
    const timeline = deliverTimeline().address(number).command('hi').until(200).answer(accepted)
    expect(timeline.told.slice(2)).toEqual(['120 unknown no-result', '200 accepted 2'])
  })

  test('a late failure of an earlier attempt says nothing about the present one', () => {
    const timeline = deliverTimeline().address(number).command('otp', { purpose: 'service' }).until(121)
    expect(timeline.answer(refused, 1).told.slice(2)).toEqual(['120 attempt', '120 send otp to +8613912345678'])
  })
})

describe('after the state went back', () => {
  test.each([
    ['marketing', ['120 unknown no-result']],
    ['service', ['120 attempt', '120 send hi to +8613912345678']],
  ] as const)('an attempt on the log counts, and a replayed command is not sent at once: %s', (purpose, then) => {
    const timeline = deliverTimeline({ unansweredMax: 2 }).address(number)
    const before = timeline.state()
    timeline.command('hi', { purpose }).rollBack(before)
    timeline.adoptAll().adoptAll().command('hi', { purpose }).until(121)
    expect(timeline.told.slice(2)).toEqual(then)
  })

  test.each([
    ['marketing', false, 10],
    ['service', false, 10],
    ['service', true, 10],
    // Begun anew from the log alone: all is read again from its beginning.
    ['service', false, 12 * 86_400],
  ] as const)(
    'a receipt on the log settles a %s message: nothing is sent or told again',
    (purpose, receiptsFirst, to) => {
      const timeline = deliverTimeline({ unansweredMax: 2 }).address(number)
      timeline.command('hi', { purpose }).answer(accepted).until(to).rollBack(timeline.initial)
      timeline.adoptAll({ withReceipts: true, receiptsFirst }).adoptAll({ withReceipts: true, receiptsFirst })
      timeline
        .address(number, 0)
        .command('hi', { purpose })
        .until(to + 10_000)
      expect(timeline.told.slice(3)).toEqual([])
    },
  )

  test('an attempt whose command never comes again ends as unknown', () => {
    const timeline = deliverTimeline().address(number)
    const before = timeline.state()
    timeline.command('hi', { purpose: 'service' }).rollBack(before).adoptAll().until(10_000)
    expect(timeline.told.slice(2)).toEqual(['120 unknown no-result'])
  })

  test('an attempt which the state knows changes nothing', () => {
    const timeline = deliverTimeline().address(number).command('hi').answer(accepted)
    const before = timeline.state()
    expect(timeline.adoptAll().state()).toEqual(before)
  })

  test('a command that waited, and whose second attempt is on the log, counts as claimed', () => {
    const timeline = deliverTimeline(steady).address(number).command('hi').answer(throttled)
    const before = timeline.state()
    timeline.until(8).rollBack(before).adoptAll()
    expect(timeline.until(10_000).told.slice(4)).toEqual([expect.stringMatching(/^12\d\.?\d* unknown no-result$/)])
  })

  test('the same receipt has the same id', () => {
    const timeline = deliverTimeline()
    const before = timeline.state()
    timeline.command('hi').until(5).rollBack(before).command('hi')
    expect(timeline.receiptIds[0]).toBe(timeline.receiptIds[1])
  })
})

describe('memory', () => {
  test('is bounded: what is over its time is forgotten, and nothing that could be sent twice', () => {
    const timeline = deliverTimeline({ commandsMax: 4 }).address(number)
    for (let i = 0; i < 5; i++) timeline.command(`c${i}`)
    expect(timeline.told.at(-1)).toBe('0 failed too-many-commands')
    timeline.until(3_600)
    for (let i = 5; i < 20; i++) timeline.command(`c${i}`, { not_after: 3_600_000 + i })
    expect(timeline.state().commands.length).toBeLessThanOrEqual(4)
  })

  test('an id is forgotten seven days after its not_after', () => {
    const timeline = deliverTimeline().address(number).command('old').answer(accepted)
    timeline.until(3_600 + 7 * 86_400).command('new', { not_after: 1e12 })
    expect(timeline.state().commands.map(({ id }) => id)).toEqual(['new'])
  })
})

test('whatever happens, marketing leaves at most once per proof that it had not, and nothing leaves past not_after', () => {
  const outcome = fc.constantFrom<Outcome>(accepted, refused, throttled, unanswered)
  const event = fc.oneof(
    fc.record({ what: fc.constant('answer' as const), outcome }),
    fc.record({ what: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 900 }) }),
    fc.constant({ what: 'again' as const }),
    fc.constant({ what: 'rollback' as const }),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const timeline = deliverTimeline(steady).address(number)
      const before = timeline.state()
      timeline.command('hi')
      let seconds = 0
      let unanswered = 1
      for (const happening of events) {
        const sends = timeline.effects().length
        if (happening.what === 'answer') {
          timeline.answer(happening.outcome)
          if (happening.outcome.kind === 'not-sent') unanswered = 0
        } else if (happening.what === 'wait') {
          seconds += happening.seconds
          timeline.until(seconds)
        } else if (happening.what === 'again') {
          timeline.command('hi')
        } else {
          timeline.rollBack(before).adoptAll().command('hi')
        }
        const fresh = timeline.effects().length - sends
        expect(fresh === 0 || (fresh === 1 && unanswered === 0)).toBe(true)
        if (fresh === 1) unanswered = 1
      }
      for (const { attempted_at } of timeline.attempts) expect(attempted_at).toBeLessThan(3_600_000)
    }),
  )
})
