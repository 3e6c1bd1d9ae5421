import { describe, expect, it } from 'vitest'
import { catalogueWith } from './catalogue.ts'
import { play } from './timeline.ts'

describe('expiry and withdrawal', () => {
  it('gives up a moment from its expiry on, with all reasons that apply', () => {
    play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a ago=3599999s expires=3600000s        command a
      03-02 23:00  moment b ago=24h expires=24h                  suppressed b expired +quiet-hours +gap
      03-02 23:01  moment c ago=24h purpose=regulatory           suppressed c expired
      03-02 23:02  moment d ago=24h rule=gone                    suppressed d expired +quiet-hours +gap
    `)
  })

  it('drops what a withdrawn rule or offer left waiting', () => {
    const { decisions } = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a rule=gone                            suppressed a rule-withdrawn
      03-02 12:02  moment b offers=gone,lost                     suppressed b rule-withdrawn
      03-02 12:03  moment c offers=gone,review,booster           command c
      03-02 12:04  moment d offers=                              recorded d
    `)
    expect(decisions.map(({ offer, evidence }) => offer ?? evidence['rule-withdrawn.offers'] ?? null)).toEqual([
      null,
      'gone lost',
      'review',
      null,
    ])
  })
})

describe('rules on trial', () => {
  it('are recorded, and neither speak nor silence', () => {
    play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  open open-issue key=t1 id=o1 mode=shadow      suppressed o1 shadow
      03-02 12:02  moment a mode=shadow                          suppressed a shadow
      03-02 12:03  moment a mode=shadow
      03-02 12:04  moment b                                      command b
    `)
  })
})

describe('messages', () => {
  it.each`
    language     | text         | said
    ${'zh'}      | ${'加油包'}  | ${'zh'}
    ${'pt-BR'}   | ${'Reforço'} | ${'pt'}
    ${'en'}      | ${'Boost'}   | ${'en'}
    ${'fr'}      | ${'加油包'}  | ${'zh'}
    ${'zh-Hans'} | ${'加油包'}  | ${'zh'}
  `('for $language are in $said', ({ language, text, said }) => {
    const { commands, decisions } = play(`
      03-02 12:00  profile sms/marketing=granted language=${language}
      03-02 12:01  moment a  command a
    `)
    expect(commands.map((command) => [command.text, command.language])).toEqual([[text, said]])
    expect(decisions[0]?.text).toBe(text)
  })

  it('are English where neither the subscriber nor the policy has a language of theirs', () => {
    const { commands } = play(`
      03-02 12:00  profile sms/marketing=granted language=fr
      03-02 12:01  moment a offers=review  command a
    `)
    expect(commands[0]?.text).toBe('Review')
  })
})

describe('limits', () => {
  it('let only so many moments wait', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 22:00  moment a                      deferred a quiet-hours until 03-03 08:00
      03-02 22:01  moment b                      suppressed b quiet-hours until 03-03 08:00
      03-03 08:00  -                             command a
    `,
      { settings: { limits: { deferredMost: 1 } } },
    )
    expect(decisions[1]?.evidence['quiet-hours.waiting']).toBe(1)
  })

  it('forget what can no longer matter', () => {
    const { state } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                      command a
      03-02 12:02  open open-issue id=o          recorded o
      03-02 12:03  closed open-issue id=c        recorded c
      03-02 12:04  open live-call id=l longest=1h       recorded l
      05-02 12:00  receipt nobody unknown
    `,
      { catalogue: catalogueWith() },
    )
    const { touches, intervals, decided, deferred } = state
    expect({ touches, intervals, decided, deferred }).toEqual({ touches: [], intervals: [], decided: [], deferred: [] })
  })
})
