import { describe, expect, it } from 'vitest'
import { catalogueWith } from './catalogue.ts'
import { play, timeOf } from './timeline.ts'

const hour = 3_600_000
const day = 24 * hour
const always = { quietHours: [], caps: [], gaps: {} }

/** The register must have been asked within a week, for marketing about banking by SMS. */
const asked = {
  ...catalogueWith({
    ...always,
    register: { requiredFor: { purposes: ['marketing'], categories: ['banking'], channels: ['sms'] }, maxAge: 7 * day },
  }),
  offers: [
    { id: 'booster', category: 'communication', title: { en: 'Booster' }, message: { en: 'Boost' } },
    { id: 'card', category: 'banking', title: { en: 'Card' }, message: { en: 'Card' } },
    { id: 'anything', title: { en: 'Anything' }, message: { en: 'Anything' } },
  ],
}

describe('minors', () => {
  it('are protected until the day they come of age where they are', () => {
    const { decisions } = play(
      `
      03-01 12:00  profile sms/marketing=granted sms/care=granted born=2008-03-05 zone=Asia/Shanghai
      03-04 21:59  moment a                           suppressed a protected until 03-05 00:00
      03-04 21:59  moment b purpose=care              suppressed b protected until 03-05 00:00
      03-04 21:59  moment c purpose=service           command c
      03-05 08:00  moment d                           command d
    `,
      { policy: { gaps: {} } },
    )
    expect(decisions[0]?.evidence).toEqual({
      'protected.reason': 'minor',
      'protected.until': timeOf('03-05 00:00', 'Asia/Shanghai'),
    })
  })

  // Born, where, the last instant of protection and the first without, as instants.
  it.each`
    born            | zone                    | minor                    | adult
    ${'2008-03-05'} | ${'Asia/Shanghai'}      | ${'03-04 15:59:59.999Z'} | ${'03-04 16:00Z'}
    ${'2008-03-05'} | ${'America/New_York'}   | ${'03-05 04:59:59.999Z'} | ${'03-05 05:00Z'}
    ${'2008-02-29'} | ${'Asia/Shanghai'}      | ${'02-28 15:59:59.999Z'} | ${'02-28 16:00Z'}
    ${'2008-02-29'} | ${'America/New_York'}   | ${'03-01 04:59:59.999Z'} | ${'03-01 05:00Z'}
    ${'2008-03-08'} | ${'America/New_York'}   | ${'03-08 04:59:59.999Z'} | ${'03-08 05:00Z'}
    ${'2008-03-29'} | ${'Europe/Berlin'}      | ${'03-28 22:59:59.999Z'} | ${'03-28 23:00Z'}
    ${'2008-10-25'} | ${'Europe/Berlin'}      | ${'10-24 21:59:59.999Z'} | ${'10-24 22:00Z'}
    ${'2008-03-01'} | ${'Pacific/Kiritimati'} | ${'02-28 09:59:59.999Z'} | ${'02-28 10:00Z'}
    ${'2008-03-01'} | ${'Pacific/Niue'}       | ${'03-01 10:59:59.999Z'} | ${'03-01 11:00Z'}
  `('born on $born in $zone: to $minor, from $adult', ({ born, zone, minor, adult }) => {
    const { decisions } = play(
      `
      01-02 12:00Z  profile sms/marketing=granted zone=${zone} born=${born}
      ${minor}      moment a  suppressed a protected until ${born.endsWith('02-29') ? '03-01' : born.slice(5)} 00:00
      ${adult}      moment b  command b
    `,
      { zone, policy: always },
    )
    expect(decisions[0]?.until).toBe(timeOf(adult, zone))
  })

  it('become so again where it is the day before', () => {
    play(
      `
      03-01 12:00   profile sms/marketing=granted born=2008-03-05 zone=Asia/Shanghai
      03-05 09:00   moment a                             command a
      03-05 09:01   profile zone=America/New_York
      03-05 09:02   moment b                             suppressed b protected until 03-05 13:00
      03-05 13:00   moment c                             command c
    `,
      { policy: always },
    )
  })
})

describe('the register', () => {
  it('protects whom it lists from marketing and care, whatever the policy asks for', () => {
    const { decisions } = play(
      `
      03-01 12:00  profile sms/marketing=granted sms/care=granted register=listed ref=r-7
      03-01 12:01  moment a                              suppressed a protected
      03-01 12:02  moment b purpose=care                 suppressed b protected
      03-01 12:03  moment c purpose=service              command c
      03-01 12:04  moment d purpose=regulatory           command d
      03-02 12:00  profile register=clear ref=r-8
      03-02 12:01  moment e                              command e
    `,
      { policy: always },
    )
    expect(decisions[0]).toMatchObject({
      until: null,
      evidence: {
        'protected.reason': 'register',
        'protected.checked_at': timeOf('03-01 12:00', 'Asia/Shanghai'),
        'protected.ref': 'r-7',
      },
    })
    expect(decisions.map(({ register_ref }) => register_ref ?? null)).toEqual([null, null, null, null, 'r-8'])
  })

  it('holds while its check is young enough, and fails closed from then on and before', () => {
    const { decisions, commands } = play(
      `
      03-01 12:00          profile sms/marketing=granted
      03-01 12:01          moment a offers=card                 suppressed a protected
      03-01 13:00          profile register=clear
      03-01 13:01          moment b offers=card expires=7d      command b
      03-08 12:59:59.999   moment c offers=card                 command c
      03-08 13:00          moment d offers=card                 suppressed d protected
      03-08 13:01          profile register=clear
      03-08 13:02          moment e offers=card                 command e
    `,
      { catalogue: asked },
    )
    const stale = timeOf('03-08 13:00', 'Asia/Shanghai')
    expect(commands.map(({ not_after }) => not_after)).toEqual([
      timeOf('03-08 13:00', 'Asia/Shanghai'),
      stale,
      timeOf('03-09 13:02', 'Asia/Shanghai'),
    ])
    expect(decisions[0]?.evidence).toEqual({
      'protected.reason': 'register-stale',
      'protected.checked_at': null,
      'protected.max_age_ms': 7 * day,
    })
    expect(decisions[3]?.evidence).toMatchObject({
      'protected.reason': 'register-stale',
      'protected.checked_at': stale - 7 * day,
    })
  })

  it('must be asked for what the policy names, and for what may be that', () => {
    play(
      `
      03-01 12:00  profile sms/marketing=granted sms/care=granted
      03-01 12:01  moment a offers=card                         suppressed a protected
      03-01 12:02  moment b offers=booster                      command b
      03-01 12:03  moment c offers=anything                     suppressed c protected
      03-01 12:04  moment d offers=card purpose=care            command d
      03-01 12:05  moment e offers=card,booster                 command e
    `,
      { catalogue: asked },
    )
  })

  it('goes by the newest check, in whatever order they come, and gives a tie to the listing', () => {
    play(
      `
      03-05 12:00  profile sms/marketing=granted register=clear checked=03-04
      03-05 12:01  profile register=listed checked=03-03
      03-05 12:02  moment a                              command a
      03-05 12:03  profile register=listed checked=03-04
      03-05 12:04  profile register=clear checked=03-04
      03-05 12:05  moment b                              suppressed b protected
    `,
      { policy: always },
    )
  })

  it('was not asked later than the event that says so', () => {
    play(
      `
      03-01 12:00  profile sms/marketing=granted register=clear checked=03-05
      03-08 11:59  moment a offers=card                  command a
      03-08 12:00  moment b offers=card                  suppressed b protected
      03-08 12:01  profile register=listed checked=03-02 reported=03-02
      03-08 12:02  moment c                              suppressed c protected
    `,
      { catalogue: asked },
    )
  })

  it('says nothing about who has the number next', () => {
    play(
      `
      03-01 12:00  profile sms/marketing=granted register=listed born=2010-01-01
      03-01 12:01  moment a                              suppressed a protected
      03-02 12:00  profile status=deactivated
      03-02 13:00  profile sms/marketing=granted
      03-02 13:01  moment b                              command b
      03-02 13:02  moment c offers=card                  suppressed c protected
    `,
      { catalogue: asked },
    )
  })
})
