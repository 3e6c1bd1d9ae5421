import { describe, expect, it } from 'vitest'
import type { Policy } from '../../services/rules/catalogue.ts'
import { play } from './timeline.ts'

const free: { policy: Partial<Policy> } = { policy: { gaps: {}, caps: [], quietHours: [] } }

describe('an opt-out by reply', () => {
  it('refuses marketing through its channel at once, and nothing else', () => {
    const { decisions, state } = play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted ivr/marketing=granted
      03-02 12:01  moment a                    command a
      03-02 12:02  reply STOP to=a id=r1
      03-02 12:03  moment b                    suppressed b consent
      03-02 12:04  moment c purpose=care       command c
      03-02 12:05  moment d purpose=service    command d
    `,
      free,
    )
    expect(decisions[1]?.evidence).toEqual({ 'consent.state': 'refused', 'consent.ref': 'reply r1' })
    expect(state.facts.consent['ivr/marketing']?.granted).toBe(true)
  })

  it.each`
    text                | is
    ${'STOP'}           | ${'an opt-out'}
    ${'stop.'}          | ${'an opt-out'}
    ${'Stop!!'}         | ${'an opt-out'}
    ${'ＳＴＯＰ'}       | ${'an opt-out'}
    ${'“stop”'}         | ${'an opt-out'}
    ${'stop it please'} | ${'an opt-out'}
    ${'td'}             | ${'an opt-out'}
    ${'TD退订'}         | ${'an opt-out'}
    ${'退订谢谢'}       | ${'an opt-out'}
    ${'Keine Werbung!'} | ${'an opt-out'}
    ${'unsubscribe me'} | ${'an opt-out'}
    ${'stopover'}       | ${'none'}
    ${'TDX'}            | ${'none'}
    ${'the bus stop'}   | ${'none'}
    ${'不要退订'}       | ${'none'}
    ${'...'}            | ${'none'}
    ${'no'}             | ${'none'}
  `('$text is $is', ({ text, is }) => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  reply ${text}
      03-02 12:02  moment a  ${is === 'none' ? 'command a' : 'suppressed a consent'}
    `,
      free,
    )
  })

  it.each`
    reply                   | said
    ${'action=opted-out'}   | ${'suppressed a consent'}
    ${'stop action=survey'} | ${'suppressed a consent'}
    ${'action=constructor'} | ${'command a'}
    ${'action=survey'}      | ${'command a'}
    ${'stop channel=ivr'}   | ${'command a'}
    ${'digits=1'}           | ${'command a'}
    ${'stop to=other'}      | ${'suppressed a consent'}
    ${'yes to=other'}       | ${'command a'}
  `('reply $reply: $said', ({ reply, said }) => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  reply ${reply}
      03-02 12:02  moment a  ${said}
    `,
      free,
    )
  })

  it('holds until a grant that is newer, however late either is reported', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted since=03-01
      03-05 12:00  reply stop ago=2d
      03-05 12:01  moment a                                               suppressed a consent
      03-05 12:02  profile sms/marketing=granted since=03-02 reported=03-02
      03-05 12:03  moment b                                               suppressed b consent
      03-05 12:04  profile sms/marketing=granted since=03-04 reported=03-04
      03-05 12:05  moment c                                               command c
      03-05 12:06  reply stop ago=2d
      03-05 12:07  moment d                                               command d
    `,
      free,
    )
  })

  it('ends with the identity', () => {
    const { state } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  reply stop
      03-02 12:02  profile status=deactivated
      03-02 12:03  reply no ago=2m
      03-02 12:04  profile sms/marketing=granted status=active
      03-02 12:05  moment a                                   command a
    `,
      free,
    )
    expect(state.answers).toEqual([])
  })

  it('is heard before a moment that waited for it is judged', () => {
    play(
      `
      03-02 08:00  profile sms/marketing=granted
      03-02 18:00  moment a behind=9h
      03-02 18:00  reply stop behind=5h
      03-02 18:00  -                      suppressed a consent
    `,
      free,
    )
  })
})
