import { expect, test } from 'vitest'
import { play } from './timeline.ts'

test('what would be sent waits for the end of a pause, is decided once, and goes then', () => {
  const { decisions, commands } = play(`
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  pause p1 purpose=marketing
    03-02 10:02  moment a                                      deferred a paused
    03-02 10:03  moment a
    03-02 11:00  -
    03-02 12:00  resume p1                                     command a
  `)
  expect(decisions[0]).toMatchObject({
    pause_id: 'p1',
    until: null,
    offer: 'booster',
    channel: 'sms',
    evidence: { 'paused.id': 'p1', 'paused.by': 'ops' },
  })
  expect(decisions[1]?.pause_id ?? null).toBeNull()
  expect(commands).toHaveLength(1)
})

test('a pause holds what its scope says, and nothing else', () => {
  play(`
    03-02 10:00  profile sms/marketing=granted sms/care=granted since=01-01
    03-02 10:01  pause p1 purpose=marketing
    03-02 10:02  moment a                                      deferred a paused
    03-02 10:03  moment b purpose=care                         command b
    03-02 10:04  moment c purpose=service                      command c
    03-02 10:05  moment d purpose=regulatory                   command d
  `)
  play(`
    03-02 10:00  profile sms/marketing=granted sms/care=granted since=01-01
    03-02 10:01  pause p1 channel=ivr
    03-02 10:02  moment a                                      command a
    03-02 10:03  pause p2 channel=sms
    03-02 10:04  moment b purpose=service                      deferred b paused
    03-02 10:05  moment c purpose=regulatory                   command c
    03-02 10:06  resume p2                                     command b
  `)
  play(`
    03-02 10:01  pause p1
    03-02 10:02  moment a purpose=service                      deferred a paused
    03-02 10:03  moment b purpose=regulatory                   deferred b paused
    03-02 10:04  resume p1                                     command b, command a
  `)
  play(`
    03-02 10:01  pause p1 campaign=service
    03-02 10:02  moment a purpose=service                      deferred a paused
    03-02 10:03  moment b purpose=service rule=regulatory      command b
  `)
})

test('of a moment that speaks for itself a pause changes nothing: it is suppressed for its own reason, at once', () => {
  play(`
    03-02 10:01  pause p1
    03-02 10:02  moment a                                      suppressed a consent
    03-02 10:03  profile sms/marketing=granted since=01-01
    03-02 10:04  moment b expires=0s                           suppressed b expired
    03-02 10:05  moment c mode=shadow                          suppressed c shadow
    03-02 10:06  moment d offers=                              recorded d
  `)
})

test('on resume all is judged anew: an opt-out, a complaint, a touch since; and several compete', () => {
  play(`
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  pause p1 purpose=marketing
    03-02 10:02  moment a                                      deferred a paused
    03-02 10:03  profile sms/marketing=refused since=03-02 reported=03-03
    03-02 10:04  resume p1                                     suppressed a consent
  `)
  play(`
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  pause p1 purpose=marketing
    03-02 10:02  moment a                                      deferred a paused
    03-02 10:03  open open-issue                               recorded open-open-issue-1772416980000
    03-02 10:04  resume p1                                     suppressed a open-issue until 03-09 10:03
  `)
  play(`
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  pause p1 purpose=marketing
    03-02 10:02  moment a expires=20h                          deferred a paused
    03-02 10:03  moment b expires=10h                          deferred b paused
    03-02 10:04  resume p1                                     command b, suppressed a gap until 03-03 20:03
  `)
})

test('a moment expires under a pause, and one that comes into quiet hours waits on for their end', () => {
  play(`
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  pause p1
    03-02 10:02  moment a expires=1h                           deferred a paused
    03-02 11:03  -                                             @03-02 11:02 suppressed a expired
    03-02 20:00  moment b                                      deferred b paused
    03-02 22:01  -                                             @03-02 22:00 deferred b quiet-hours until 03-03 08:00
    03-02 23:00  resume p1
    03-03 08:00  -                                             command b
  `)
})

test('another pause that holds it still is recorded, and looking again under the same one is not', () => {
  play(`
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  pause p1 purpose=marketing
    03-02 10:02  pause p2
    03-02 10:03  moment a                                      deferred a paused
    03-02 10:30  resume p2
    03-02 10:40  pause p3
    03-02 11:00  resume p1                                     deferred a paused
    03-02 12:00  -
    03-02 12:01  resume p3                                     command a
  `)
})

test('only so many moments of a subscriber wait for a pause', () => {
  const { decisions } = play(
    `
    03-02 10:01  pause p1
    03-02 10:02  moment a purpose=service                      deferred a paused
    03-02 10:03  moment b purpose=service                      deferred b paused
    03-02 10:04  moment c purpose=service                      suppressed c paused
    03-02 10:05  resume p1                                     command a, command b
  `,
    { settings: { limits: { deferredMost: 2 } } },
  )
  expect(decisions[2]?.evidence).toMatchObject({ 'paused.waiting': 2 })
})

test('while it is not known what is paused, marketing waits undecided, and service goes', () => {
  play(
    `
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  unknown
    03-02 10:02  moment a
    03-02 10:03  moment b purpose=service                      command b
    03-02 10:04  known
    03-02 10:30  -                                             @03-02 10:04 command a
  `,
    { policy: { gaps: {} } },
  )
})

test('what is resumed while it is not known what is paused waits for that, too', () => {
  play(`
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  pause p1
    03-02 10:02  moment a                                      deferred a paused
    03-02 10:03  unknown
    03-02 10:04  resume p1
    03-02 10:10  known
    03-02 10:20  -                                             @03-02 10:10 command a
  `)
})

test('a pause that was adopted from the log is not decided again, and its moment goes on resume', () => {
  const { decisions } = play(`
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  pause p1
    03-02 10:02  moment a                                      deferred a paused
  `)
  const replayed = play(
    `
    03-02 10:00  profile sms/marketing=granted since=01-01
    03-02 10:01  pause p1
    03-02 10:02  moment a
    03-02 10:30  -
    03-02 11:00  resume p1                                     command a
  `,
    { adopts: decisions },
  )
  expect(replayed.decisions).toHaveLength(1)
})
