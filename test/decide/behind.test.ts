import { expect, test } from 'vitest'
import { catalogueWith } from './catalogue.ts'
import { play } from './timeline.ts'

test('after an outage a moment waits until what was said meanwhile is read', () => {
  play(`
    03-02 08:00  profile sms/marketing=granted sms/care=granted
    03-02 18:00  moment a behind=9h
    03-02 18:00  moment b behind=8h purpose=care
    03-02 18:00  profile sms/marketing=refused behind=5h
    03-02 18:00  open open-issue behind=4h               recorded open-open-issue-1772445600000
    03-02 18:00  closed open-issue behind=1h             recorded closed-open-issue-1772445600000
    03-02 18:01  -                                       @03-02 18:00 command b, @03-02 18:00 suppressed a consent +gap
  `)
})

test('what waits for that competes as what waits for the morning does', () => {
  play(`
    03-02 08:00  profile sms/marketing=granted sms/care=granted
    03-02 18:00  moment a behind=9h expires=20h
    03-02 18:00  moment b behind=9h
    03-02 18:00  moment c behind=9h purpose=care
    03-02 18:00  -                                command c, suppressed a gap until 03-03 22:00, suppressed b gap until 03-03 22:00
  `)
})

test('it waits on, as long as the shard is not where the time of day is', () => {
  play(`
    03-02 08:00  profile sms/marketing=granted
    03-02 16:00  moment a behind=2h
    03-02 18:00  moment b behind=1h
    03-02 18:00  profile sms/marketing=refused behind=30m
    03-02 18:00  -                                         suppressed a consent, suppressed b consent
  `)
})

test('what waited for the morning, and comes due while the shard catches up, waits on', () => {
  play(`
    03-02 08:00  profile sms/marketing=granted
    03-02 23:00  moment a                                 deferred a quiet-hours until 03-03 08:00
    03-03 12:00  profile language=en behind=3h
    03-03 12:00  profile sms/marketing=refused behind=2h
    03-03 12:00  -                                        suppressed a consent
  `)
})

test('it holds for what rests on consent, for a shard that is more than some seconds behind, and for what has not expired', () => {
  play(
    `
    03-02 08:00  profile sms/marketing=granted sms/care=granted
    03-02 12:00  moment a behind=9h purpose=service               command a
    03-02 12:00  moment b behind=9h purpose=regulatory            command b
    03-02 12:00  moment c behind=5s                               command c
    03-02 12:00  moment d behind=6s ago=25h               suppressed d expired
    03-02 12:00  moment e behind=6s offers=               recorded e
    03-02 12:00  moment f behind=6s
    03-02 12:00  -                                                command f
  `,
    { policy: { gaps: {}, caps: [] } },
  )
})

test('a repetition does not wait, and what waits is told once', () => {
  play(
    `
    03-02 08:00  profile sms/marketing=granted sms/care=granted
    03-02 12:00  moment a                                       command a
    03-02 18:00  moment b behind=1h                              suppressed b repeated until 03-09 12:00
    03-02 18:00  moment c behind=1h purpose=care
    03-02 18:00  moment c behind=1h purpose=care
    03-02 18:00  -                                               command c
  `,
    { catalogue: catalogueWith({ gaps: {}, caps: [] }, 7 * 24 * 3_600_000) },
  )
})

test('more than may wait are suppressed, each with the reason', () => {
  const { decisions } = play(
    `
    03-02 08:00  profile sms/marketing=granted
    03-02 18:00  moment a behind=9h
    03-02 18:00  moment b behind=9h
    03-02 18:00  moment c behind=9h             suppressed c crowded
    03-02 18:00  -                              command a, suppressed b gap until 03-03 22:00
  `,
    { settings: { limits: { deferredMost: 2 } } },
  )
  expect(decisions[0]).toMatchObject({ evidence: { 'crowded.waiting': 2 }, codes: ['crowded'] })
})

// What the subscriber does comes by way of detect: while it is away, a complaint lies on the log that nobody has read.

test('a moment waits until what lies on the log for detect is heard of', () => {
  play(`
    03-02 08:00  profile sms/marketing=granted sms/care=granted
    03-02 18:00  moment a unheard=9h
    03-02 18:05  moment b unheard=9h purpose=care
    03-02 18:30  - unheard=9h
    03-02 18:40  open open-issue unheard=3h           recorded open-open-issue-1772448000000
    03-02 18:45  -                                    @03-02 18:42 suppressed b open-issue until 03-09 18:40, @03-02 18:42 suppressed a open-issue until 03-09 18:40
  `)
})

test('what waited for the morning waits on, if detect is away then', () => {
  play(`
    03-02 08:00  profile sms/marketing=granted
    03-02 23:00  moment a                             deferred a quiet-hours until 03-03 08:00
    03-03 09:00  - unheard=8h
    03-03 09:10  open open-issue unheard=7h           recorded open-open-issue-1772500200000
    03-03 09:20  -                                    @03-03 09:12 suppressed a open-issue until 03-10 09:10
  `)
})

test('it does not hold what has to be said, and goes on by itself', () => {
  play(
    `
    03-02 08:00  profile sms/marketing=granted
    03-02 12:00  moment a unheard=9h purpose=service      command a
    03-02 12:00  moment b unheard=9h purpose=regulatory   command b
    03-02 12:00  moment c unheard=5s                      command c
    03-02 12:00  moment d unheard=6s
    03-02 12:01  -                                        @03-02 12:00 command d
  `,
    { policy: { gaps: {}, caps: [] } },
  )
})

test('what was held competes together, and before what comes later', () => {
  play(`
    03-02 08:00  profile sms/marketing=granted sms/care=granted
    03-02 17:00  moment a unheard=9h
    03-02 18:00  moment b unheard=9h purpose=care
    03-02 18:00  moment c purpose=care                command b, suppressed a gap until 03-03 22:00, suppressed c gap until 03-02 23:00
  `)
})

test('a moment that nothing is heard of in time expires at its time', () => {
  play(`
    03-02 08:00  profile sms/marketing=granted
    03-02 12:00  moment a expires=3h unheard=9h
    03-02 16:00  - unheard=12h                        @03-02 15:00 suppressed a expired
  `)
})
