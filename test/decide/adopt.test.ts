import { describe, expect, it } from 'vitest'
import { play } from './timeline.ts'

/** What was decided before the state went back is on the log, and is adopted before the inputs come again. */
describe('adopting', () => {
  it('a command: nothing more is said, and its touch counts', () => {
    const { decisions } = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                          command a
    `)
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a
      03-03 12:00  moment b                          suppressed b gap until 03-03 12:01
    `,
      { adopts: [...decisions, ...decisions] },
    )
  })

  it('a suppression: it stays one, though the replay finds no reason', () => {
    const { decisions } = play(`
      03-02 12:01  moment a                          suppressed a consent
    `)
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a
      03-02 12:02  moment b                          command b
    `,
      { adopts: decisions },
    )
  })

  it('a deferral: the moment waits again, without a second decision', () => {
    const { decisions } = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                          deferred a quiet-hours until 03-03 08:00
    `)
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a
      03-02 23:01  moment a
      03-03 08:00  -                                 command a
      03-03 08:01  moment a
    `,
      { adopts: decisions },
    )
  })

  it('the end of a deferral: a moment that waits in the state waits no more', () => {
    const evening = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                          deferred a quiet-hours until 03-03 08:00
    `)
    const morning = play(
      `
      03-03 08:00  -                                 command a
    `,
      { from: evening.state },
    )
    play(
      `
      03-03 08:00  -
      03-03 08:01  moment b                          suppressed b gap until 03-04 08:00
    `,
      { from: evening.state, adopts: morning.decisions },
    )
  })

  it('a second deferral: the moment in the state waits until the later time, in whatever order they are read', () => {
    const first = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                          deferred a quiet-hours until 03-03 08:00
    `)
    const second = play(
      `
      03-03 01:00  profile zone=Europe/Berlin
      03-03 08:00  -                                 deferred a quiet-hours until 03-03 15:00
    `,
      { from: first.state },
    )
    for (const adopts of [second.decisions, [...second.decisions, ...first.decisions]]) {
      play(
        `
        03-03 01:00  profile zone=Europe/Berlin
        03-03 08:00  -
        03-03 15:00  -                               command a
      `,
        { from: first.state, adopts },
      )
    }
  })

  it('a recorded do-not-disturb: its interval comes from the replayed moment', () => {
    const { decisions } = play(`
      03-02 12:00  open open-issue id=o              recorded o
    `)
    const { state } = play(
      `
      03-02 12:00  open open-issue id=o
      03-02 12:01  profile sms/marketing=granted
      03-02 12:02  moment a                          suppressed a open-issue until 03-09 12:00
    `,
      { adopts: decisions },
    )
    expect(state.intervals).toHaveLength(1)
  })
})
