import { describe, expect, it } from 'vitest'
import { consent, everywhere, reporting, sayable } from './channels-catalogue.ts'
import { play } from './timeline.ts'

const granted = consent('push', 'sms', 'ivr')
const catalogue = sayable(everywhere, reporting)
const mute = sayable(everywhere)

describe('what was said of one moment is one touch', () => {
  const capped = sayable(
    everywhere,
    reporting,
    'caps: [{ id: day, purposes: [marketing], window: { civil: day }, most: 2 }]',
    'gaps: { marketing: 1h }',
  )

  it('neither its cap nor its gap holds back the next channel', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a accepted channel=push
      03-02 12:11  -                               command a/2
      03-02 12:12  receipt a failed attempt=2      command a/3 by ivr
    `,
      { catalogue: capped },
    )
  })

  it('a late success behind the next command counts once, and ends it', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a accepted channel=push
      03-02 12:11  -                               command a/2
      03-02 12:12  receipt a delivered channel=push
      03-02 12:13  receipt a accepted attempt=2
      03-02 12:14  receipt a failed attempt=2
      03-02 14:00  moment b                        command b by push
      03-02 16:00  moment c                        suppressed c cap until 03-03 00:00
    `,
      { catalogue: capped },
    )
  })

  it('one that failed before it left leaves the touch to the next', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push   command a/2
      03-02 12:30  moment b                        suppressed b gap until 03-02 13:01
    `,
      { catalogue: capped },
    )
  })

  it('a late success while the next waits for the morning: it need not be said any more', () => {
    play(
      `
      ${consent('push', 'sms')}
      03-02 23:00  moment a                        command a by push
      03-02 23:01  receipt a accepted channel=push
      03-02 23:11  -                               deferred a/2 quiet-hours until 03-03 08:00
      03-03 07:00  receipt a delivered channel=push  suppressed a/2 reached
      03-03 08:00  -
    `,
      {
        catalogue: sayable(
          everywhere,
          reporting,
          'quiet_hours: [{ id: n, channels: [sms], start: "22:00", end: "08:00" }]',
        ),
      },
    )
  })
})

describe('what is remembered of it', () => {
  it('is forgotten with the moment', () => {
    const { state } = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push   command a/2
      03-04 12:01  -
      03-04 12:02  profile language=en
    `,
      { catalogue },
    )
    expect(state.chains).toEqual([])
  })

  it('is bounded: what is pushed out is said no other way', () => {
    const { state } = play(
      `
      ${granted}
      03-02 12:00  moment a purpose=service        command a by push
      03-02 12:01  moment b purpose=service        command b by push
      03-02 12:02  moment c purpose=service        command c by push
      03-02 12:03  receipt a failed channel=push
      03-02 12:04  receipt c failed channel=push   command c/2
    `,
      { catalogue: mute, settings: { limits: { chainsMost: 2 } } },
    )
    expect(state.chains.map(({ moment_id }) => moment_id)).toEqual(['b', 'c'])
  })

  it('keeps nothing of the moment once nothing follows', () => {
    const { state } = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a delivered channel=push
    `,
      { catalogue },
    )
    expect(state.chains).toMatchObject([{ phase: 'ended', moment: null }])
  })
})

describe('decisions of it', () => {
  it('have ids and attempts of their own, and count nobody twice for an experiment', () => {
    const { decisions } = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push   command a/2
    `,
      { catalogue },
    )
    expect(decisions.map(({ attempt, exposure }) => [attempt, exposure])).toEqual([
      [1, 'addressed'],
      [2, null],
    ])
    expect(new Set(decisions.map(({ decision_id }) => decision_id)).size).toBe(2)
  })
})
