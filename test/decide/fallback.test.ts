import { describe, expect, it } from 'vitest'
import { commandId, outreachId } from '../../services/domain/ids.ts'
import { consent, everywhere, reporting, sayable } from './channels-catalogue.ts'
import { play } from './timeline.ts'

const granted = consent('push', 'sms', 'ivr')
const catalogue = sayable(everywhere, reporting)
const mute = sayable(everywhere)

describe('marketing goes on to the next channel', () => {
  it.each([
    ['failed', 'where the one before failed before it left, or was refused for good'],
    ['expired', 'where it did not leave in time'],
  ])('on %s: %s', (status) => {
    const { commands } = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a ${status} channel=push  command a/2
      03-02 12:02  receipt a ${status} attempt=2   command a/3 by ivr
      03-02 12:03  receipt a ${status} channel=ivr attempt=3
    `,
      { catalogue },
    )
    expect(commands.map(({ attempt, channel }) => [attempt, channel])).toEqual([
      [1, 'push'],
      [2, 'sms'],
      [3, 'ivr'],
    ])
    expect(new Set(commands.map(({ outreach_id }) => outreach_id))).toEqual(new Set([outreachId('a')]))
    expect(commands[1]?.command_id).toBe(commandId(outreachId('a'), 'sms', 2))
  })

  it('where it was taken, and then failed definitively', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a accepted channel=push
      03-02 12:05  receipt a failed channel=push   command a/2
    `,
      { catalogue },
    )
  })

  it('where its channel reports delivery, and none came within its time since it left', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:20  receipt a accepted channel=push
      03-02 12:29  -
      03-02 12:30  -                               command a/2
      03-02 12:31  receipt a accepted attempt=2
      03-02 13:31  -                               command a/3 by ivr
    `,
      { catalogue },
    )
  })

  it('and not before it is known to have left, however long that takes', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-03 11:00  -
    `,
      { catalogue },
    )
  })

  it.each([
    ['unknown: it may have left', 'receipt a unknown channel=push'],
    ['delivered', 'receipt a delivered channel=push'],
    ['clicked', 'receipt a clicked channel=push'],
    ['an answer, whatever it says', 'reply hm channel=push to=a'],
    ['an answer that names nothing', 'reply hm channel=push'],
    ['an operator cancelled it', 'receipt a failed channel=push code=cancelled'],
  ])('and never on %s', (_, what) => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  ${what}
      03-02 12:02  receipt a failed channel=push
      03-03 11:00  -
    `,
      { catalogue },
    )
  })

  it('and not where it was taken by a channel that does not report delivery', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a accepted channel=push
      03-03 11:00  -
    `,
      { catalogue: mute },
    )
  })

  it('once for each receipt: one that comes again, or is of an earlier attempt, moves nothing', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push   command a/2
      03-02 12:02  receipt a failed channel=push
      03-02 12:03  receipt a expired channel=push
      03-02 12:04  receipt a unknown channel=push
      03-02 12:05  receipt a failed attempt=2      command a/3 by ivr
    `,
      { catalogue },
    )
  })

  it('an offer by one channel ends with it', () => {
    const { state } = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a
      03-02 12:01  receipt a failed
    `,
      { catalogue: sayable('id: booster') },
    )
    expect(state.chains).toEqual([])
  })
})

describe('what serves the subscriber', () => {
  it('goes on after silence, counted from the command', () => {
    play(
      `
      03-02 12:00  moment a purpose=service        command a by push
      03-02 12:09  receipt a none channel=push
      03-02 12:10  -                               command a/2
    `,
      { catalogue },
    )
  })

  it('has the time of its channel again once it is known to have left', () => {
    play(
      `
      03-02 12:00  moment a purpose=service        command a by push
      03-02 12:05  receipt a accepted channel=push
      03-02 12:14  -
      03-02 12:15  -                               command a/2
    `,
      { catalogue },
    )
  })

  it('goes on where it is not known what became of it', () => {
    play(
      `
      03-02 12:00  moment a purpose=regulatory     command a by push
      03-02 12:01  receipt a unknown channel=push  command a/2
    `,
      { catalogue },
    )
  })

  it('ends once it is delivered', () => {
    play(
      `
      03-02 12:00  moment a purpose=service        command a by push
      03-02 12:01  receipt a delivered channel=push
      03-03 11:00  -
    `,
      { catalogue },
    )
  })
})

describe('the next channel is judged again in full', () => {
  it('one without consent is passed over', () => {
    const { decisions } = play(
      `
      ${consent('push', 'ivr')}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push   command a/2 by ivr
    `,
      { catalogue },
    )
    expect(decisions[1]?.candidates).toMatchObject([
      { channel: 'sms', codes: ['consent'] },
      { channel: 'ivr', codes: [] },
    ])
  })

  it('without consent for any, it ends', () => {
    play(
      `
      ${consent('push')}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push   suppressed a/2 consent
      03-02 12:02  profile sms/marketing=granted
      03-02 12:03  receipt a failed channel=push
    `,
      { catalogue },
    )
  })

  it('an opt-out meanwhile counts', () => {
    play(
      `
      ${consent('push', 'sms')}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  profile sms/marketing=refused
      03-02 12:02  receipt a failed channel=push   suppressed a/2 consent
    `,
      { catalogue },
    )
  })

  it('quiet hours of that channel put it off, and it is judged again when they end', () => {
    play(
      `
      ${consent('push', 'sms')}
      03-02 23:00  moment a                        command a by push
      03-02 23:01  receipt a failed channel=push   deferred a/2 quiet-hours until 03-03 08:00
      03-03 08:00  -                               command a/2
    `,
      { catalogue: sayable(everywhere, 'quiet_hours: [{ id: n, channels: [sms], start: "22:00", end: "08:00" }]') },
    )
  })

  it('a moment that has expired ends it', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a expires=1h             command a by push
      03-02 13:00  receipt a expired channel=push  suppressed a/2 expired
    `,
      { catalogue },
    )
  })

  it('a pause holds it back until it ends', () => {
    play(
      `
      ${consent('push', 'sms')}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  pause p channel=sms
      03-02 12:02  receipt a failed channel=push   deferred a/2 paused
      03-02 13:00  resume p                        command a/2
    `,
      { catalogue },
    )
  })

  it('while the shard is behind, it waits until what was said meanwhile is read', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 18:00  receipt a failed channel=push behind=5h
      03-02 18:00  profile sms/marketing=refused behind=4h
      03-02 18:01  -                               @03-02 18:00 command a/2 by ivr
    `,
      { catalogue },
    )
  })

  it('a channel that cannot be used is passed over', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push   command a/2 by ivr
    `,
      { catalogue, settings: { channels: ['push', 'ivr'] } },
    )
  })

  it('a rule that has left the catalogue ends it', () => {
    const before = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
    `,
      { catalogue, isSilent: true },
    )
    play(
      `
      03-02 12:01  receipt a failed channel=push   suppressed a/2 rule-withdrawn
    `,
      { catalogue: { ...catalogue, offers: [] }, from: before.state },
    )
  })

  it('the rule’s once is used by the first command, and is none for the second', () => {
    const [rule] = catalogue.ruleset.rules
    if (!rule) throw new Error('no rule')
    const once = { ...catalogue, ruleset: { ...catalogue.ruleset, rules: [{ ...rule, once: 86_400_000 }] } }
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push   command a/2
      03-02 12:02  moment b                        suppressed b repeated until 03-03 12:00
    `,
      { catalogue: once },
    )
  })
})
