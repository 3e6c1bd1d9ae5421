import { describe, expect, it } from 'vitest'
import { catalogueWith } from './catalogue.ts'
import { play, timeOf } from './timeline.ts'

const hour = 3_600_000
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
      03-04 23:59  moment a                           suppressed a consent +quiet-hours
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

describe('minors', () => {
  it('are protected until the day they come of age where they are', () => {
    const { decisions } = play(
      `
      03-01 12:00  profile sms/marketing=granted sms/care=granted born=2008-03-05 zone=Asia/Shanghai
      03-04 21:59  moment a                           suppressed a protected
      03-04 21:59  moment b purpose=care              suppressed b protected
      03-04 21:59  moment c purpose=service           command c
      03-05 08:00  moment d                           command d
    `,
      { policy: noGaps },
    )
    expect(decisions[0]?.evidence).toEqual({ 'protected.reason': 'minor' })
  })

  it('born on 29 February come of age on 1 March', () => {
    play(`
      02-27 12:00  profile sms/marketing=granted born=2008-02-29
      02-28 12:00  moment a                           suppressed a protected
      03-01 12:00  moment b                           command b
    `)
  })
})

describe('do not disturb', () => {
  it('holds between opening and closing, by key, and ends by itself', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:01  open open-issue key=t1 id=o1 longest=3d      recorded o1
      03-02 12:02  open open-issue key=t2 id=o2 longest=1d      recorded o2
      03-02 12:03  moment a                                     suppressed a open-issue until 03-05 12:01
      03-02 12:04  moment b purpose=care                        suppressed b open-issue until 03-05 12:01
      03-02 12:05  moment c purpose=service                     command c
      03-02 12:06  closed open-issue key=t1 id=c1               recorded c1
      03-02 12:07  moment d                                     suppressed d open-issue until 03-03 12:02
      03-03 12:01  moment e                                     suppressed e open-issue until 03-03 12:02
      03-03 12:02  moment f                                     command f
    `,
      { policy: noGaps },
    )
    expect(decisions[2]?.evidence['open-issue.key']).toBe('t1')
  })

  it('is not opened by what was closed before it arrived', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:10  closed open-issue key=t1 id=c1               recorded c1
      03-02 12:11  open open-issue key=t1 id=o1 ago=5m          recorded o1
      03-02 12:12  moment a                                     command a
      03-02 12:13  open open-issue key=t1 id=o2                 recorded o2
      03-02 12:13  closed open-issue key=t1 id=c2               recorded c2
      03-02 12:14  moment b                                     command b
      03-02 12:15  open open-issue key=t1 id=o3                 recorded o3
      03-02 12:16  closed open-issue key=t1 id=c3 ago=5m        recorded c3
      03-02 12:17  moment c                                     suppressed c open-issue until 03-09 12:15
    `,
      { policy: noGaps },
    )
  })

  it('takes an opening that comes after its expiry', () => {
    play(`
      03-02 12:00  profile sms/marketing=granted
      03-04 12:00  open do-not-disturb id=o1 ago=2d             recorded o1
      03-04 12:01  moment a                                     suppressed a do-not-disturb until 03-09 12:00
    `)
  })

  it('stops service too while a call is live', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  open live-call key=k1 id=o1 longest=1h       recorded o1
      03-02 12:02  moment a purpose=service                     suppressed a live-call until 03-02 13:01
      03-02 12:03  moment b purpose=regulatory                  command b
      03-02 12:04  closed live-call key=k1 id=c1                recorded c1
      03-02 12:05  moment c purpose=service                     command c
    `,
      { policy: noGaps },
    )
  })

  it('silences the channels and purposes that it names', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:01  open do-not-disturb key=1 id=o1 channels=ivr,push          recorded o1
      03-02 12:02  moment a                                                   command a
      03-02 12:03  open do-not-disturb key=2 id=o2 purposes=service,care      recorded o2
      03-02 12:04  moment b                                                   command b
      03-02 12:05  moment c purpose=care                                      suppressed c do-not-disturb until 03-09 12:03
      03-02 12:06  moment d purpose=service                                   suppressed d do-not-disturb until 03-09 12:03
    `,
      { policy: noGaps },
    )
  })
})

describe('quiet hours', () => {
  it('defer from their start up to, not including, their end', () => {
    const { commands, decisions } = play(
      `
      03-02 12:00         profile sms/marketing=granted sms/care=granted
      03-02 21:59:59.999  moment a                       command a
      03-02 22:00         moment b                       deferred b quiet-hours until 03-03 08:00
      03-03 00:00         moment c purpose=care          deferred c quiet-hours until 03-03 08:00
      03-03 01:00         moment d purpose=service       deferred d quiet-hours until 03-03 08:00
      03-03 02:00         moment e purpose=regulatory    command e
      03-03 07:59:59.999  moment f                       deferred f quiet-hours until 03-03 08:00
      03-03 08:00         moment g                       command d, command c, command b, command f, command g
    `,
      { policy: { gaps: {}, caps: [] } },
    )
    const notAfter = (purpose: string) => commands.find((command) => command.purpose === purpose)?.not_after
    expect(notAfter('marketing')).toBe(timeOf('03-02 22:00', 'Asia/Shanghai'))
    expect(notAfter('regulatory')).toBe(timeOf('03-04 02:00', 'Asia/Shanghai'))
    expect(decisions[1]?.evidence).toEqual({
      'quiet-hours.until': timeOf('03-03 08:00', 'Asia/Shanghai'),
      'quiet-hours.time_zone': 'Asia/Shanghai',
    })
  })

  it('are those of where the subscriber is', () => {
    play(`
      03-02 12:00   profile sms/marketing=granted zone=America/New_York
      03-03 02:59Z  moment a                    command a
      03-03 03:00Z  moment b                    deferred b quiet-hours +gap until 03-03 21:00
    `)
  })

  it.each`
    zone                  | quiet             | loud              | until
    ${'Europe/Berlin'}    | ${'03-29 05:59Z'} | ${'03-29 06:00Z'} | ${'03-29 08:00'}
    ${'Europe/Berlin'}    | ${'10-25 06:59Z'} | ${'10-25 07:00Z'} | ${'10-25 08:00'}
    ${'America/New_York'} | ${'03-08 11:59Z'} | ${'03-08 12:00Z'} | ${'03-08 08:00'}
    ${'America/New_York'} | ${'11-01 12:59Z'} | ${'11-01 13:00Z'} | ${'11-01 08:00'}
    ${'Asia/Shanghai'}    | ${'03-28 23:59Z'} | ${'03-29 00:00Z'} | ${'03-29 08:00'}
  `('end on the wall clock in $zone at $until', ({ zone, quiet, loud, until }) => {
    play(
      `
      01-02 12:00  profile sms/marketing=granted zone=${zone}
      ${quiet}     moment a                      deferred a quiet-hours until ${until}
      ${loud}      moment b                      command a, suppressed b gap until ${until.replace('08:00', '09:00')}
    `,
      { zone, policy: { gaps: { marketing: hour } } },
    )
  })

  it('suppress what would expire before they end', () => {
    const { decisions } = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 22:00  moment a expires=10h          suppressed a quiet-hours until 03-03 08:00
      03-02 22:00  moment b expires=601m         deferred b quiet-hours until 03-03 08:00
      03-03 08:00  -                             command b
    `)
    expect(decisions[0]?.evidence['quiet-hours.expires_first_at']).toBe(timeOf('03-03 08:00', 'Asia/Shanghai'))
  })

  it('defer only where no earlier reason applies, and whatever later one does', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 21:30  moment a                      command a
      03-02 22:00  moment b                      deferred b quiet-hours +cap +gap until 03-03 08:00
      03-02 22:01  open open-issue id=o1         recorded o1
      03-02 22:02  moment c                      suppressed c open-issue +quiet-hours +cap +gap until 03-09 22:01
      03-02 22:03  closed open-issue id=c1       recorded c1
      03-03 08:00  -                             command b
    `,
      {
        policy: {
          gaps: { marketing: hour },
          caps: [{ id: 'daily', purposes: ['marketing'], window: { kind: 'civil', unit: 'day' }, most: 1 }],
        },
      },
    )
  })

  it('judge again in full at their end', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 22:00  moment a                      deferred a quiet-hours until 03-03 08:00
      03-02 22:01  moment b purpose=care         deferred b quiet-hours until 03-03 08:00
      03-02 23:00  profile sms/marketing=refused
      03-03 08:00  -                             command b, suppressed a consent +gap
    `,
    )
  })

  it('let the released compete: by purpose, expiry, id; the later ones see the touches of the earlier', () => {
    const { commands } = play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 22:00  moment z expires=20h          deferred z quiet-hours until 03-03 08:00
      03-02 22:00  moment y expires=20h          deferred y quiet-hours until 03-03 08:00
      03-02 22:00  moment x expires=15h          deferred x quiet-hours until 03-03 08:00
      03-02 22:00  moment w purpose=service      deferred w quiet-hours until 03-03 08:00
      03-03 08:00  -                             command w, command x, command y, suppressed z cap until 03-09 00:00
    `,
      {
        policy: {
          gaps: {},
          caps: [{ id: 'weekly', purposes: ['marketing'], window: { kind: 'civil', unit: 'week' }, most: 2 }],
        },
      },
    )
    expect(commands.map(({ triggered_at }) => triggered_at)).toEqual([null, null, null])
  })

  it('defer again what they release into another quiet time', () => {
    const { decisions } = play(`
      03-02 12:00  profile sms/marketing=granted zone=Asia/Shanghai
      03-02 23:00  moment a                      deferred a quiet-hours until 03-03 08:00
      03-03 01:00  profile zone=Europe/Berlin
      03-03 08:00  -                             deferred a quiet-hours until 03-03 15:00
      03-03 15:00  -                             command a
    `)
    expect(new Set(decisions.map(({ decision_id }) => decision_id)).size).toBe(3)
  })
})

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
    expect(decisions[2]?.evidence).toEqual({ 'cap.id': 'cap', 'cap.count': 2, 'cap.most': 2 })
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
