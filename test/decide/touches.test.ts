import { describe, expect, it } from 'vitest'
import { play, timeOf } from './timeline.ts'

const hour = 3_600_000

describe('caps', () => {
  const capped = (window: 'day' | 'week' | 'month' | number, most: number) => ({
    gaps: {},
    quietHours: [],
    caps: [
      {
        id: 'cap',
        purposes: ['marketing' as const],
        window:
          typeof window === 'number'
            ? ({ kind: 'rolling', length: window } as const)
            : ({ kind: 'civil', unit: window } as const),
        most,
      },
    ],
  })

  it('of a civil week begin again on Monday where the subscriber is', () => {
    const { decisions } = play(
      `
      03-02 00:00         profile sms/marketing=granted
      03-02 00:00         moment a               command a
      03-08 12:00         moment b               command b
      03-08 23:59:59.999  moment c               suppressed c cap until 03-09 00:00
      03-09 00:00         moment d               command d
    `,
      { policy: capped('week', 2) },
    )
    expect(decisions[2]?.evidence).toEqual({
      'cap.id': 'cap',
      'cap.count': 2,
      'cap.most': 2,
      'cap.until': timeOf('03-09 00:00', 'Asia/Shanghai'),
    })
  })

  it('of a civil day hold for its 25 hours', () => {
    play(
      `
      10-24 12:00   profile sms/marketing=granted zone=Europe/Berlin
      10-24 22:00Z  moment a                     command a
      10-25 22:59Z  moment b                     suppressed b cap until 10-26 00:00
      10-25 23:00Z  moment c                     command c
    `,
      { zone: 'Europe/Berlin', policy: capped('day', 1) },
    )
  })

  it('of a civil month end with it', () => {
    play(
      `
      02-01 00:00         profile sms/marketing=granted
      02-01 00:00         moment a               command a
      02-28 23:59:59.999  moment b               suppressed b cap until 03-01 00:00
      03-01 00:00         moment c               command c
    `,
      { policy: capped('month', 1) },
    )
  })

  it('of a rolling window look at (t - L, t]', () => {
    play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:00         moment a               command a
      03-02 13:00         moment b               command b
      03-03 11:59:59.999  moment c               suppressed c cap until 03-03 12:00
      03-03 12:00         moment d               command d
      03-03 12:00         moment e               suppressed e cap until 03-03 13:00
    `,
      { policy: capped(24 * hour, 2) },
    )
  })

  it('of zero let nothing pass', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:01  moment a                      suppressed a cap
      03-02 12:02  moment b purpose=care         command b
    `,
      { policy: capped('week', 0) },
    )
  })

  it('count the purposes that they name, and hold back marketing only', () => {
    const week = { kind: 'civil', unit: 'week' } as const
    play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:01  moment a purpose=care         command a
      03-02 12:02  moment b purpose=service      command b
      03-02 12:03  moment c                      suppressed c cap until 03-09 00:00
      03-02 12:04  moment d purpose=care         command d
    `,
      { policy: { gaps: {}, caps: [{ id: 'both', purposes: ['marketing', 'care'], window: week, most: 1 }] } },
    )
  })
})

describe('gaps', () => {
  it('go by the purpose of the later touch; exactly the gap is enough', () => {
    const { decisions } = play(
      `
      03-02 12:00         profile sms/marketing=granted sms/care=granted
      03-02 12:00         moment a purpose=service     command a
      03-02 12:59:59.999  moment b purpose=care        suppressed b gap until 03-02 13:00
      03-02 13:00         moment c purpose=care        command c
      03-02 13:00         moment d purpose=service     command d
      03-03 12:59:59.999  moment e                     suppressed e gap until 03-03 13:00
      03-03 13:00         moment f                     command f
    `,
    )
    expect(decisions[1]?.evidence).toEqual({
      'gap.last_touch_at': timeOf('03-02 12:00', 'Asia/Shanghai'),
      'gap.length_ms': hour,
      'gap.until': timeOf('03-02 13:00', 'Asia/Shanghai'),
    })
  })
})

describe('receipts', () => {
  const tight = {
    policy: {
      gaps: { marketing: hour },
      caps: [
        {
          id: 'weekly',
          purposes: ['marketing' as const],
          window: { kind: 'civil', unit: 'week' } as const,
          most: 1,
        },
      ],
    },
  }

  it.each`
    receipts                   | expected
    ${['failed']}              | ${'command b'}
    ${['expired']}             | ${'command b'}
    ${['unknown']}             | ${'suppressed b cap +gap until 03-09 00:00'}
    ${['accepted']}            | ${'suppressed b cap +gap until 03-09 00:00'}
    ${['accepted', 'failed']}  | ${'suppressed b cap +gap until 03-09 00:00'}
    ${['failed', 'delivered']} | ${'suppressed b cap +gap until 03-09 00:00'}
    ${['unknown', 'failed']}   | ${'command b'}
    ${['failed', 'unknown']}   | ${'command b'}
  `('$receipts of the first, then the second: $expected', ({ receipts, expected }) => {
    const lines = receipts.map((status: string, i: number) => `03-02 12:0${i + 2}  receipt a ${status}`)
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                      command a
      ${lines.join('\n')}
      03-02 12:10  moment b                      ${expected}
    `,
      tight,
    )
  })

  it('count a touch from when it was known to have left', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a                      command a
      03-02 12:30  receipt a accepted
      03-02 12:45  receipt a delivered
      03-02 13:29  moment b                      suppressed b gap until 03-02 13:30
      03-02 13:30  moment c                      command c
    `,
      { policy: { gaps: { marketing: hour }, caps: [] } },
    )
  })

  it('of an unknown command change nothing', () => {
    play(`
      03-02 12:00  receipt nobody delivered
    `)
  })
})

/** The state was lost, and the log has commands since 03-02 12:00 only: what was sent before can't be counted. */
describe('touches that are lost', () => {
  it('hold marketing until the longest cap looks at nothing but what is known; nothing else waits', () => {
    const { decisions } = play(
      `
      03-03 12:00         profile sms/marketing=granted sms/care=granted
      03-03 12:00         moment a               suppressed a cap until 03-10 12:00
      03-03 12:01         moment b purpose=care  command b
      03-03 12:02         moment c purpose=service  command c
      03-10 11:59:59.999  moment d               suppressed d cap until 03-10 12:00
      03-10 12:00         moment e               command e
    `,
      { knownSince: '03-02 12:00', policy: { caps: [capOf(8), capOf(1)], gaps: { marketing: 24 * hour } } },
    )
    expect(decisions[0]?.evidence).toEqual({
      'cap.reason': 'state-lost',
      'cap.known_since': timeOf('03-02 12:00', 'Asia/Shanghai'),
      'cap.until': timeOf('03-10 12:00', 'Asia/Shanghai'),
    })
  })

  it('hold it for the gap where that is longer, and not at all where nothing is counted', () => {
    play(
      `
      03-03 11:00  profile sms/marketing=granted
      03-03 11:59  moment a  suppressed a cap until 03-03 12:00
      03-03 12:00  moment b  command b
    `,
      { knownSince: '03-02 12:00', policy: { caps: [], gaps: { marketing: 24 * hour } } },
    )
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a  command a
    `,
      { knownSince: '03-02 12:00', policy: { caps: [], gaps: {} } },
    )
  })
})

const capOf = (days: number) => ({
  id: `in ${days} days`,
  purposes: ['marketing' as const],
  window: { kind: 'rolling' as const, length: days * 24 * hour },
  most: 3,
})
