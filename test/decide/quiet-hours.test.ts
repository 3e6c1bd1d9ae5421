import { describe, expect, it } from 'vitest'
import { play, timeOf } from './timeline.ts'

const hour = 3_600_000

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
