import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DecideState } from '../../services/decide/state.ts'
import type { Command, Decision } from '../../services/records/types.ts'
import { consent, everywhere, reporting, sayable } from './channels-catalogue.ts'
import { play } from './timeline.ts'

/**
 * The state went back behind some of these lines, and what came of them is on the log. They are read again, and nothing comes of them
 * a second time; what follows is as if nothing had happened.
 */
const night = 'quiet_hours: [{ id: n, channels: [sms], start: "22:00", end: "08:00" }]'
const catalogue = sayable(everywhere, reporting, night)

interface Story {
  readonly read: readonly string[]
  /** What comes after the rollback, for the first time. */
  readonly after: readonly string[]
}

const stories: Readonly<Record<string, Story>> = {
  'failed twice': {
    read: [
      consent('push', 'sms', 'ivr'),
      '03-02 12:00  moment a  command a by push',
      '03-02 12:01  receipt a failed channel=push  command a/2',
      '03-02 12:02  receipt a accepted attempt=2',
    ],
    after: [
      '03-02 13:01  -',
      '03-02 13:02  -  command a/3 by ivr',
      '03-02 13:03  receipt a failed attempt=3 channel=ivr',
    ],
  },
  'not delivered in time': {
    read: [
      consent('push', 'sms', 'ivr'),
      '03-02 12:00  moment a  command a by push',
      '03-02 12:01  receipt a accepted channel=push',
      '03-02 12:11  -  command a/2',
    ],
    after: ['03-02 12:12  receipt a failed attempt=2  command a/3 by ivr'],
  },
  'silent service': {
    read: [
      '03-02 12:00  moment a purpose=service  command a by push',
      '03-02 12:10  -  command a/2',
      '03-02 12:11  receipt a unknown channel=push',
    ],
    after: ['03-02 13:09  -', '03-02 13:10  -  command a/3 by ivr'],
  },
  'no consent for the next': {
    read: [
      consent('push'),
      '03-02 12:00  moment a  command a by push',
      '03-02 12:01  receipt a failed channel=push  suppressed a/2 consent',
      '03-02 12:02  profile sms/marketing=granted',
    ],
    after: ['03-02 12:03  receipt a failed channel=push', '03-02 12:04  moment b  command b by push'],
  },
  'put off until the morning': {
    read: [
      consent('push', 'sms'),
      '03-02 23:00  moment a  command a by push',
      '03-02 23:01  receipt a failed channel=push  deferred a/2 quiet-hours until 03-03 08:00',
      '03-02 23:02  moment a',
    ],
    after: ['03-03 08:00  -  command a/2', '03-03 08:01  receipt a failed attempt=2  suppressed a/3 consent'],
  },
  'put off, and said in the morning': {
    read: [
      consent('push', 'sms'),
      '03-02 23:00  moment a  command a by push',
      '03-02 23:01  receipt a failed channel=push  deferred a/2 quiet-hours until 03-03 08:00',
      '03-03 08:00  -  command a/2',
    ],
    after: ['03-03 08:01  receipt a delivered attempt=2', '03-03 08:02  receipt a failed attempt=2'],
  },
  'reached late': {
    read: [
      consent('push', 'sms'),
      '03-02 12:00  moment a  command a by push',
      '03-02 12:01  receipt a accepted channel=push',
      '03-02 12:11  -  command a/2',
      '03-02 12:12  receipt a delivered channel=push',
    ],
    after: ['03-02 12:13  receipt a failed attempt=2', '03-03 12:00  -'],
  },
  'the first was put off itself': {
    read: [
      consent('sms'),
      '03-02 23:00  moment a  deferred a quiet-hours until 03-03 08:00',
      '03-03 07:00  profile ivr/marketing=granted',
      '03-03 08:00  -  command a',
    ],
    after: ['03-03 08:01  receipt a failed  command a/2 by ivr'],
  },
}

/** The line as it is read again. */
const quiet = (line: string) =>
  line
    .split(/\s{2,}/)
    .slice(0, 2)
    .join('  ')

interface Run {
  /** Before each line, and behind the last. */
  readonly states: readonly DecideState[]
  /** Of each line. */
  readonly said: readonly (readonly (Decision | Command)[])[]
}

function runOf(lines: readonly string[]): Run {
  const states: DecideState[] = []
  const said: (readonly (Decision | Command)[])[] = []
  let state: DecideState | undefined
  for (const line of lines) {
    const played = play(line, { catalogue, isSilent: true, ...(state && { from: state }) })
    states.push(state ?? played.initial)
    said.push([...played.commands, ...played.decisions])
    state = played.state
  }
  return { states: state ? [...states, state] : states, said }
}

describe.each(Object.entries(stories))('%s', (_, { read, after }) => {
  const { states, said } = runOf(read)

  it.each(read.map((_line, index) => index))('a state from before line %i', (cut) => {
    const from = states[cut]
    if (!from) throw new Error('no state')
    const adopts = said.slice(cut).flat()
    play([...read.slice(cut).map(quiet), ...after].join('\n'), { catalogue, isSilent: true, from, adopts })
  })

  it('commands are read in any order, and all of it any number of times', () => {
    const commands = said.flat().filter((one): one is Command => 'issued_at' in one)
    const decisions = said.flat().filter((one): one is Decision => 'decided_at' in one)
    fc.assert(
      fc.property(fc.shuffledSubarray(commands, { minLength: commands.length }), fc.boolean(), (order, twice) => {
        const adopts = [...order, ...decisions, ...(twice ? [...order, ...decisions] : [])]
        play([...read.map(quiet), ...after].join('\n'), { catalogue, isSilent: true, adopts })
      }),
    )
  })

  it('a command whose decision is missing gets it, and nothing else', () => {
    const last = said.findLastIndex((outputs) => outputs.length > 0)
    const lost = said[last]?.find((one): one is Decision => 'decided_at' in one)
    if (lost?.outcome !== 'command') return
    for (const cut of read.map((_line, index) => index).filter((index) => index <= last)) {
      const from = states[cut]
      if (!from) throw new Error('no state')
      const adopts = said
        .slice(cut)
        .flat()
        .filter((one) => one !== lost)
      const { decisions } = play([...read.slice(cut).map(quiet), ...after].join('\n'), {
        catalogue,
        isSilent: true,
        from,
        adopts,
        isSaid: false,
      })
      expect(decisions.filter(({ decision_id }) => decision_id === lost.decision_id)).toHaveLength(1)
      expect(new Set(decisions.map(({ decision_id }) => decision_id)).size).toBe(decisions.length)
    }
  })
})
