import { describe, expect, it } from 'vitest'
import { play, timeOf } from './timeline.ts'

/** Commands that wait in deliver: a touch counts when it leaves, which it may until its moment is over (24 h unless said). */
const hour = 3_600_000
const marketing = ['marketing' as const]
const policy = (caps: object, gaps = {}) => ({
  quietHours: [],
  gaps,
  caps: Object.entries(caps).map(([id, cap]) => ({ id, purposes: marketing, ...cap })),
})
const civilDay = { day: { window: { kind: 'civil', unit: 'day' }, most: 1 } }
const rolling = { rolling: { window: { kind: 'rolling', length: 4 * hour }, most: 1 } }
const at = (text: string) => timeOf(text, 'Asia/Shanghai')

describe('a gap', () => {
  it('holds while a command may still leave, and from then on; until says when it is over at the latest', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a expires=6h                 command a
      03-02 15:00  moment b                            suppressed b gap until 03-02 19:00
      03-02 16:00  receipt a accepted
      03-02 16:59  moment c                            suppressed c gap until 03-02 17:00
      03-02 17:00  moment d                            command d
    `,
      { policy: policy({}, { marketing: hour }) },
    )
    expect(decisions[1]?.evidence).toMatchObject({
      'gap.last_touch_at': at('03-02 12:00'),
      'gap.length_ms': hour,
      'gap.under_way': true,
      'gap.leaves_until': at('03-02 18:00'),
    })
    expect(decisions[2]?.evidence).toMatchObject({ 'gap.last_touch_at': at('03-02 16:00'), 'gap.length_ms': hour })
  })

  it('of what nothing was ever heard counts from the last instant at which it may have left', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a expires=6h                 command a
      03-02 18:30  moment b                            suppressed b gap until 03-02 19:00
      03-02 19:00  moment c                            command c
      03-02 19:00  receipt a none
    `,
      { policy: policy({}, { marketing: hour }) },
    )
    expect(decisions[1]?.evidence).toMatchObject({ 'gap.last_touch_at': at('03-02 18:00'), 'gap.length_ms': hour })
  })

  it.each`
    receipts                                 | until            | why
    ${['14:00 unknown']}                     | ${'03-02 15:00'} | ${'nothing leaves behind it'}
    ${['14:00 unknown', '14:10 unknown']}    | ${'03-02 15:00'} | ${'the second says no more than the first'}
    ${['14:00 unknown', '14:20 delivered']}  | ${'03-02 15:20'} | ${'then it is known'}
    ${['14:00 accepted', '14:20 delivered']} | ${'03-02 15:00'} | ${'it counts when it leaves, once'}
    ${['14:00 delivered', '14:20 accepted']} | ${'03-02 15:00'} | ${'in the other order, too'}
    ${['14:00 failed', '14:20 accepted']}    | ${'03-02 15:20'} | ${'the later word may say otherwise'}
  `('after $receipts: $why', ({ receipts, until }) => {
    const lines = receipts.map((line: string) => `03-02 ${line.replace(' ', '  receipt a ')}`)
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a expires=6h                 command a
      ${lines.join('\n')}
      03-02 14:30  moment b                            suppressed b gap until ${until}
      ${until}  moment c                            command c
    `,
      { policy: policy({}, { marketing: hour }) },
    )
  })

  it('is free at once when a command comes back: failed, expired, and so at its end', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a expires=6h                 command a
      03-02 15:00  moment b                            suppressed b gap until 03-02 19:00
      03-02 18:00  receipt a expired
      03-02 18:00  moment c                            command c
    `,
      { policy: policy({}, { marketing: hour }) },
    )
  })

  it('of a command that was found on the log holds as long as the command says', () => {
    const { commands, decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a expires=6h                 command a
    `,
      { policy: policy({}, { marketing: hour }) },
    )
    for (const adopts of [commands, [...commands, ...decisions], [...decisions, ...commands]]) {
      play(
        `
        03-02 12:00  profile sms/marketing=granted
        03-02 15:00  moment b                          suppressed b gap until 03-02 19:00
        03-02 16:00  receipt a accepted
        03-02 17:00  moment c                          command c
      `,
        { policy: policy({}, { marketing: hour }), adopts },
      )
    }
  })
})

describe('a civil cap', () => {
  it('counts what may leave after midnight on both days, until the last on which it may', () => {
    const { decisions } = play(
      `
      03-02 23:00  profile sms/marketing=granted
      03-02 23:00  moment a                            command a
      03-02 23:30  moment b                            suppressed b cap until 03-04 00:00
      03-03 09:00  moment c                            suppressed c cap until 03-04 00:00
      03-03 10:00  receipt a accepted
      03-03 11:00  moment d                            suppressed d cap until 03-04 00:00
      03-04 00:00  moment e                            command e
    `,
      { policy: policy(civilDay) },
    )
    const told = { 'cap.id': 'day', 'cap.count': 1, 'cap.most': 1 }
    expect(decisions[2]?.evidence).toMatchObject({ ...told, 'cap.under_way': 1 })
    expect(decisions[3]?.evidence).toMatchObject(told)
  })
})

describe('a rolling cap', () => {
  it('looks back from when it left', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a expires=9h                 command a
      03-02 16:00  moment b                            suppressed b cap until 03-03 01:00
      03-02 17:00  receipt a accepted
      03-02 20:59  moment c                            suppressed c cap until 03-02 21:00
      03-02 21:00  moment d                            command d
    `,
      { policy: policy(rolling) },
    )
  })
})

it('a touch of a state from before its not_after was kept lives as long as a moment may', () => {
  const limits = policy({}, { marketing: hour })
  const { state } = play(
    `
    03-02 12:00  profile sms/marketing=granted
    03-02 12:00  moment a                              command a
  `,
    { policy: limits, isSilent: true },
  )
  const from = { ...state, touches: state.touches.map((touch) => ({ ...touch, not_after: null })) }
  play('03-03 12:00  moment b  suppressed b gap until 03-09 13:00', { policy: limits, from })
})
