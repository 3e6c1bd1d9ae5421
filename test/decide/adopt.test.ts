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
      03-03 12:00  moment b                          suppressed b gap until 03-04 12:01
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
      03-03 08:01  moment b                          suppressed b gap until 03-04 23:00
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

/** Of one commit, commands are on the log before decisions: of a moment there may be the command alone. */
describe('adopting a command without its decision', () => {
  it('gives the decision when the moment comes again, and nothing else, whatever the replay would say', () => {
    const before = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                          command a
    `)
    const { decisions, commands } = play(
      `
      03-02 12:00  profile sms/marketing=refused
      03-02 12:01  moment a                          command a
      03-02 12:02  moment a
      03-02 12:03  profile sms/marketing=granted since=03-02
      03-03 12:00  moment b                          suppressed b consent +gap
    `,
      { adopts: [...before.commands, ...before.commands] },
    )
    expect(commands).toEqual([])
    expect(decisions[0]).toEqual({ ...before.decisions[0], consent_ref: null })
  })

  it('gives the very decision that is missing where the replay is the same, later', () => {
    const before = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                          command a
    `)
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-05 23:00  moment a ago=82740s               @03-02 12:01 command a
    `,
      { adopts: before.commands },
    )
    expect(decisions).toEqual(before.decisions.map((decision) => ({ ...decision, expires_at: expect.any(Number) })))
  })

  it('reserves its touch before anything else is judged', () => {
    const { commands } = play(`
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:01  moment a                          command a
    `)
    const { state } = play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:00  moment b purpose=care             suppressed b gap until 03-02 23:00
      03-02 12:01  moment a                          command a
      03-02 12:02  receipt a accepted
    `,
      { adopts: commands },
    )
    expect(state.touches).toHaveLength(1)
    expect(state.unrecorded).toEqual([])
  })

  it('waits for the time of a moment that waits in the state', () => {
    const evening = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                          deferred a quiet-hours until 03-03 08:00
    `)
    const morning = play('03-03 08:00  -  command a', { from: evening.state })
    const again = play(
      `
      03-03 07:00  profile sms/marketing=refused
      03-03 08:00  -                                 command a
      03-03 08:01  moment a
    `,
      { from: evening.state, adopts: morning.commands },
    )
    expect(again.commands).toEqual([])
    expect(again.decisions[0]?.decision_id).toBe(morning.decisions[0]?.decision_id)
  })

  it('after its deferral, which is on the log, gives the last decision only', () => {
    const evening = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                          deferred a quiet-hours until 03-03 08:00
    `)
    const morning = play('03-03 08:00  -  command a', { from: evening.state })
    for (const adopts of [
      [...evening.decisions, ...morning.commands],
      [...morning.commands, ...evening.decisions],
    ]) {
      const { commands } = play(
        `
        03-02 12:00  profile sms/marketing=granted
        03-02 23:00  moment a
        03-03 08:00  -                               command a
      `,
        { adopts },
      )
      expect(commands).toEqual([])
    }
  })

  it('comes to the same state with its decision, in whatever order they are read', () => {
    const { decisions, commands } = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                          command a
    `)
    const states = [
      decisions,
      [...decisions, ...commands],
      [...commands, ...decisions],
      [...commands, ...decisions, ...commands, ...decisions],
    ].map((adopts) => play('03-02 12:00  -', { adopts }).state)
    const [decided, ...commanded] = states
    for (const state of commanded) expect(state).toEqual(commanded[0])
    // The decision alone, which is never, says neither until when it could be taken back, or leaves, nor what is awaited.
    const { open = [], awaited = [], touches = [] } = commanded[0] ?? {}
    expect({ ...decided, open, awaited, touches }).toEqual(commanded[0])
    expect(decided?.touches).toEqual(touches.map((touch) => ({ ...touch, not_after: decisions[0]?.expires_at })))
  })

  it('counts even where a decision says otherwise: it may have left', () => {
    const granted = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                          command a
    `)
    const missing = play(`
      03-02 12:01  moment a                          suppressed a consent
    `)
    for (const adopts of [
      [...granted.commands, ...missing.decisions],
      [...missing.decisions, ...granted.commands],
    ]) {
      const { state } = play('03-02 12:01  moment a', { adopts })
      expect(state.touches).toHaveLength(1)
    }
  })

  it('is forgotten when its moment can no longer come', () => {
    const { commands } = play(`
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                          command a
    `)
    const { state } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-10 12:01  receipt nobody accepted
    `,
      { adopts: commands },
    )
    expect(state.unrecorded).toEqual([])
  })
})
