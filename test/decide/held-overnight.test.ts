import { expect, it } from 'vitest'
import type { Policy } from '../../services/rules/catalogue.ts'
import { play } from './timeline.ts'

const hour = 3_600_000
const policy: Partial<Policy> = {
  gaps: {},
  caps: [{ id: 'daily', purposes: ['marketing'], window: { kind: 'civil', unit: 'day' }, most: 1 }],
  cooling: [{ id: 'after-a-no', of: 'all', after: 1, within: Number.POSITIVE_INFINITY, length: 24 * hour }],
}

/** What happens while a moment of the evening waits for the morning, and what becomes of it then. */
it.each`
  meanwhile                                                          | said
  ${'profile language=en'}                                           | ${'command a'}
  ${'reply stop'}                                                    | ${'suppressed a consent'}
  ${'reply action=opted-out'}                                        | ${'suppressed a consent'}
  ${'profile sms/marketing=refused'}                                 | ${'suppressed a consent'}
  ${'reply no'}                                                      | ${'suppressed a cooling until 03-04 02:00'}
  ${'profile status=deactivated'}                                    | ${'suppressed a expired +consent'}
  ${'profile born=2010-01-01'}                                       | ${'suppressed a protected until 01-01 00:00'}
  ${'open open-issue id=o longest=2d  recorded o'}                   | ${'suppressed a open-issue until 03-05 02:00'}
  ${'moment b purpose=regulatory  command b'}                        | ${'command a'}
  ${'moment b expires=7h  deferred b quiet-hours until 03-03 08:00'} | ${'command b, suppressed a cap until 03-04 00:00'}
  ${'moment b  deferred b quiet-hours until 03-03 08:00'}            | ${'command a, suppressed b cap until 03-04 00:00'}
`('$meanwhile, in the morning $said', ({ meanwhile, said }) => {
  play(
    `
    03-02 12:00  profile sms/marketing=granted zone=Asia/Shanghai
    03-02 23:00  moment a                           deferred a quiet-hours until 03-03 08:00
    03-03 02:00  ${meanwhile}
    03-03 08:00  -                                  ${said}
  `,
    { policy },
  )
})

it('what expired before the engine was back is given up', () => {
  play(
    `
    03-02 12:00  profile sms/marketing=granted
    03-02 23:00  moment a expires=10h               deferred a quiet-hours until 03-03 08:00
    03-03 10:00  - behind=1h                        suppressed a expired
  `,
    { policy },
  )
})

it.each`
  zone                  | evening          | morning
  ${'Europe/Berlin'}    | ${'03-28 22:30'} | ${'03-29 08:00'}
  ${'Europe/Berlin'}    | ${'10-24 22:30'} | ${'10-25 08:00'}
  ${'America/New_York'} | ${'03-07 22:30'} | ${'03-08 08:00'}
  ${'America/New_York'} | ${'10-31 22:30'} | ${'11-01 08:00'}
`(
  'of several one leaves where a cap has one place, in the night of $zone to $morning',
  ({ zone, evening, morning }) => {
    const day = morning.slice(0, 3) + String(Number(morning.slice(3, 5)) + 1).padStart(2, '0')
    const { commands } = play(
      `
    01-02 12:00  profile sms/marketing=granted zone=${zone}
    ${evening}   moment a                           deferred a quiet-hours until ${morning}
    ${evening}   moment b                           deferred b quiet-hours until ${morning}
    ${evening}   moment c                           deferred c quiet-hours until ${morning}
    ${morning}   -                                  command a, suppressed b cap until ${day} 00:00, suppressed c cap until ${day} 00:00
  `,
      { zone, policy },
    )
    expect(commands).toHaveLength(1)
  },
)

it('a failure gives the place back to what comes later, not to what lost it', () => {
  play(
    `
    03-02 12:00  profile sms/marketing=granted
    03-02 23:00  moment a                           deferred a quiet-hours until 03-03 08:00
    03-02 23:01  moment b                           deferred b quiet-hours until 03-03 08:00
    03-03 08:00  -                                  command a, suppressed b cap until 03-04 00:00
    03-03 08:01  receipt a failed
    03-03 08:02  moment c                           command c
  `,
    { policy },
  )
})
