import { describe, expect, it } from 'vitest'
import { play, timeOf } from './timeline.ts'

const noGaps = { gaps: {} }

describe('consent', () => {
  it('is refused where it is missing, for marketing and care only', () => {
    const { decisions } = play(`
      03-02 12:00  moment a                           suppressed a consent
      03-02 12:01  moment b purpose=care              suppressed b consent
      03-02 12:02  moment c purpose=service           command c
      03-02 12:03  moment d purpose=regulatory        command d
      03-02 12:04  profile ivr/marketing=granted
      03-02 12:05  moment e                           suppressed e consent +gap
    `)
    expect(decisions[0]?.evidence).toEqual({ 'consent.state': 'missing' })
  })

  it('goes by channel and purpose, and cites the entry', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted ref=form-7
      03-02 12:01  moment a                           command a
      03-02 12:02  moment b purpose=care              suppressed b consent
      03-02 12:03  profile sms/care=granted sms/marketing=refused
      03-02 12:04  moment c                           suppressed c consent
      03-02 12:05  moment d purpose=care              command d
    `,
      { policy: noGaps },
    )
    expect(decisions.map(({ consent_ref }) => consent_ref ?? null)).toEqual([
      'form-7',
      null,
      null,
      `crm@${timeOf('03-02 12:03', 'Asia/Shanghai')}`,
    ])
  })

  it('counts an opt-out that is reported days late, and no opt-in from before it', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted since=03-01
      03-04 12:00  moment a                                          command a
      03-09 12:00  profile sms/marketing=refused since=03-03 reported=03-03
      03-09 12:01  moment b                                          suppressed b consent
      03-09 12:02  profile sms/marketing=granted since=03-02 reported=03-02
      03-09 12:03  moment c                                          suppressed c consent
      03-09 12:04  profile sms/marketing=granted since=03-09
      03-09 12:05  moment d                                          command d
    `,
      { policy: noGaps },
    )
  })

  it('gives a tie to the refusal, in either order', () => {
    play(`
      03-02 12:00  profile sms/marketing=granted sms/care=refused since=03-01
      03-02 12:01  profile sms/marketing=refused sms/care=granted since=03-01
      03-02 12:02  moment a                           suppressed a consent
      03-02 12:03  moment b purpose=care              suppressed b consent
    `)
  })

  it('takes a grant from its date on, and a refusal before then over it', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted since=03-05
      03-04 23:59  moment a                           suppressed a consent +quiet-hours until 03-05 00:00
      03-05 12:00  moment b                           command b
      03-06 12:00  profile sms/care=refused since=03-04 reported=03-04
      03-06 12:01  moment c purpose=care              suppressed c consent
    `,
      { policy: noGaps },
    )
    expect(decisions[0]?.evidence['consent.state']).toBe('not yet')
  })

  it('ends with the identity, and so does what waits', () => {
    play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                           deferred a quiet-hours until 03-03 08:00
      03-02 23:05  open open-issue                    recorded open-open-issue-1772463900000
      03-02 23:10  profile status=deactivated
      03-03 08:00  -                                  suppressed a expired +consent
      03-03 12:00  profile sms/marketing=granted status=active
      03-03 12:01  moment b                           command b
    `)
  })
})
