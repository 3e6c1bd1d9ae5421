import { describe, expect, it } from 'vitest'
import { catalogueWith } from './catalogue.ts'
import { play, type TimelineOptions } from './timeline.ts'

const night = { id: 'night', channels: ['sms' as const], start: 22 * 60, end: 8 * 60 }
const catalogue = catalogueWith({ gaps: {}, caps: [], quietHours: [night] })
const options: TimelineOptions = { catalogue, takesBack: true }

describe('what a moment was told for has ended', () => {
  it.each`
    what | lines
    ${'one that waits for the morning is dropped'} | ${`
      03-02 22:00  moment a             deferred a quiet-hours until 03-03 08:00
      03-02 23:00  ended marketing      suppressed a reason-ended
      03-03 08:00  -`}
    ${'one that is paused is dropped, and a resume brings nothing'} | ${`
      03-02 12:00  pause p purpose=marketing
      03-02 12:01  moment a             deferred a paused
      03-02 12:02  ended marketing      suppressed a reason-ended
      03-02 12:03  resume p`}
    ${'one that is told later is not said'} | ${`
      03-02 12:00  ended marketing
      03-02 12:01  moment a ago=2m      suppressed a reason-ended
      03-02 12:02  moment b             command b`}
    ${'the same instant is not after'} | ${`
      03-02 12:00  ended marketing
      03-02 12:01  moment a ago=1m      command a`}
    ${'of another rule, nothing ends'} | ${`
      03-02 22:00  moment a             deferred a quiet-hours until 03-03 08:00
      03-02 22:01  ended care
      03-03 08:00  -                    command a`}
    ${'an earlier end that comes later changes nothing'} | ${`
      03-02 22:00  ended marketing
      03-02 22:01  ended marketing ago=1h
      03-02 22:02  moment a ago=30m     suppressed a reason-ended`}
    ${'a moment that has expired is that'} | ${`
      03-02 12:00  ended marketing
      03-02 12:01  moment a ago=26h expires=1h  suppressed a expired`}
    ${'what is held until all is heard is dropped at once'} | ${`
      03-02 12:01  moment a unheard=1h
      03-02 12:02  ended marketing unheard=1h   suppressed a reason-ended
      03-02 12:03  profile language=en`}
  `('$what', ({ lines }) => {
    play(`03-02 11:00  profile sms/marketing=granted sms/care=granted\n${lines}`, options)
  })

  it('its command is taken back with this reason, once; what came later stays', () => {
    const { commands } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a               command a
      03-02 12:03  moment b               command b
      03-02 12:04  ended marketing ago=2m  withdrawn a reason-ended
      03-02 12:05  ended marketing ago=1m  withdrawn b reason-ended
      03-02 12:06  receipt a failed
    `,
      options,
    )
    expect(commands.slice(2)).toMatchObject([
      { cancelled_because: 'reason-ended', text: '' },
      { cancelled_because: 'reason-ended', text: '' },
    ])
  })

  it('what has left has left', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a               command a
      03-02 12:02  receipt a accepted
      03-02 12:03  ended marketing
    `,
      options,
    )
  })

  it('what a rule on trial ends is nothing that was said', () => {
    play(
      `
      03-02 11:00  profile sms/marketing=granted
      03-02 22:00  moment a                    deferred a quiet-hours until 03-03 08:00
      03-02 22:01  ended marketing mode=shadow
      03-03 08:00  -                           command a
    `,
      options,
    )
  })

  it('a chain goes no further: no other channel says it', () => {
    const channels = ['push', 'sms'] as const
    const delivered = { deliveredWithin: 600_000 }
    const offers = [{ id: 'booster', title: { en: 'b' }, channels, message: { en: 'b' } }]
    play(
      `
      03-02 12:00  profile sms/marketing=granted push/marketing=granted addressed=sms,push
      03-02 12:01  moment a                                    command a by push
      03-02 12:02  receipt a accepted channel=push
      03-02 12:03  ended marketing
      03-02 12:04  receipt a failed channel=push               suppressed a/2 reason-ended
    `,
      {
        ...options,
        catalogue: { ...catalogue, offers, policy: { ...catalogue.policy, channels: { push: delivered } } },
      },
    )
  })

  it('what lost is not thought of again', () => {
    const offers = [
      { id: 'poor', title: { en: 'p' }, message: { en: 'p' }, value: 1, acceptance: 1 },
      { id: 'rich', title: { en: 'r' }, message: { en: 'r' }, value: 2, acceptance: 1 },
    ]
    const policy = { gaps: {}, caps: [], competition: { marketing: 5000 }, quietHours: [] }
    const base = catalogueWith(policy)
    const rules = base.ruleset.rules.flatMap((rule) => [rule, { ...rule, id: `${rule.id}-2` }])
    play(
      `
      03-02 12:00         profile sms/marketing=granted
      03-02 12:01         moment a offers=poor rule=marketing-2
      03-02 12:01         moment b offers=rich
      03-02 12:01:05.000  -                                suppressed a priority, command b
      03-02 12:02         ended marketing-2
      03-02 12:03         receipt b failed                 suppressed a reason-ended
      03-02 12:04         moment c offers=poor ago=1m
      03-02 12:04         ended marketing                  suppressed c reason-ended
    `,
      { catalogue: { ...base, ruleset: { ...base.ruleset, rules }, offers }, takesBack: true },
    )
  })
})

describe('a state that went back', () => {
  const lines = `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a               command a
      03-02 12:03  ended marketing ago=1m  withdrawn a reason-ended`
  const { commands, decisions } = play(lines, options)

  it('takes nothing back a second time', () => {
    for (const adopts of [
      [...commands, ...decisions],
      [...decisions, ...commands],
    ]) {
      play(lines.replaceAll(/ {2,}(command|withdrawn).*/g, ''), { ...options, adopts })
    }
  })

  it('takes back what it finds on the log, if its moment comes again and has ended', () => {
    // Commanded behind the end, which was heard of later still.
    const command = commands.slice(0, 1).map((one) => ({ ...one, issued_at: one.issued_at + 90_000 }))
    const found = decisions.slice(0, 1)
    play(lines.replace(/ {2,}command a/, '').replace('moment a', 'moment a  '), {
      ...options,
      adopts: [...command, ...found],
    })
  })
})
