import { describe, expect, it } from 'vitest'
import { consent, everywhere, sayable } from './channels-catalogue.ts'
import { catalogueOfOffers } from './offers-catalogue.ts'
import { play } from './timeline.ts'

const granted = consent('push', 'sms', 'ivr')

describe('among the channels of an offer', () => {
  it('the first that the offer lists is taken, where the policy orders none', () => {
    const { decisions } = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
    `,
      { catalogue: sayable(everywhere) },
    )
    expect(decisions[0]?.candidates.map(({ channel, codes }) => [channel, ...codes])).toEqual([
      ['push'],
      ['sms', 'priority'],
      ['ivr', 'priority'],
    ])
  })

  it('the order of the policy goes before that of the offer', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by ivr
    `,
      { catalogue: sayable(everywhere, 'channel_order: [ivr, sms]') },
    )
  })

  it('what is worth more after the cost of its message goes before both', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a
    `,
      {
        catalogue: sayable(
          `${everywhere}, value: 1000, acceptance: 0.1`,
          'channel_order: [push, ivr, sms]',
          'channel_costs: { push: 3, sms: 2, ivr: 30 }',
        ),
      },
    )
  })

  it('a worth that differs by channel counts too', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by ivr
    `,
      {
        catalogue: sayable(
          `${everywhere}, value: 1000, acceptance: { prior: 0.1, by: [{ channel: ivr, prior: 0.2 }] }`,
          'channel_costs: { ivr: 30 }',
        ),
      },
    )
  })

  it('the one that the subscriber prefers goes before all of them', () => {
    play(
      `
      ${granted}
      03-02 11:30  profile prefers=ivr
      03-02 12:00  moment a                        command a by ivr
    `,
      { catalogue: sayable(`${everywhere}, value: 1000, acceptance: 0.1`, 'channel_costs: { ivr: 30 }') },
    )
  })

  it('an offer is weighed as it would be said: the best offer is chosen first, and then its channel', () => {
    const { decisions } = play(
      `
      ${granted}
      03-02 11:30  profile prefers=ivr
      03-02 12:00  moment a offers=dear,cheap      command a
    `,
      {
        catalogue: catalogueOfOffers(
          [
            'id: dear, channels: [sms, ivr], value: 1000, acceptance: 0.1',
            'id: cheap, channels: [sms], value: 1000, acceptance: 0.09',
          ],
          'channel_costs: { ivr: 30 }',
        ),
      },
    )
    expect(decisions[0]?.offer).toBe('cheap')
  })

  it('one without consent is left out, and the reason is on record', () => {
    const { decisions } = play(
      `
      ${consent('sms')}
      03-02 12:00  moment a                        command a
    `,
      { catalogue: sayable(everywhere) },
    )
    expect(decisions[0]?.candidates.map(({ channel, codes }) => [channel, ...codes])).toEqual([
      ['push', 'consent'],
      ['sms'],
      ['ivr', 'consent'],
    ])
  })

  it('one that is quiet is left out while another is not, and waited for where none is left', () => {
    play(
      `
      ${consent('sms', 'ivr')}
      03-02 12:00  moment a                        command a by ivr
      03-03 12:00  profile ivr/marketing=refused
      03-03 12:00  moment b                        deferred b quiet-hours until 03-03 13:00
      03-03 13:00  -                               command b
    `,
      {
        catalogue: sayable(everywhere, 'quiet_hours: [{ id: noon, channels: [sms], start: "11:00", end: "13:00" }]'),
      },
    )
  })

  it('one that is paused is left out', () => {
    play(
      `
      ${granted}
      03-02 11:30  pause p channel=push
      03-02 12:00  moment a                        command a
    `,
      { catalogue: sayable(everywhere) },
    )
  })
})

describe('a channel that cannot be used', () => {
  it('is left out where the system sends nothing through it', () => {
    const { decisions } = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a
    `,
      { catalogue: sayable(everywhere), settings: { channels: ['sms'] } },
    )
    expect(decisions[0]?.candidates[0]).toMatchObject({ channel: 'push', codes: ['channel-down'] })
  })

  it('suppresses where there is no other', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        suppressed a channel-down
      03-02 12:01  profile push/marketing=refused
      03-02 12:02  moment b                        suppressed b consent +channel-down
    `,
      { catalogue: sayable('id: booster, channels: [push]'), settings: { channels: ['sms'] } },
    )
  })

  it.each([
    ['at most so much reaches', 'told=balance:30', 'command a by push'],
    ['more does not', 'told=balance:31', 'suppressed a no-reach'],
    ['what is not known does not', 'told=other:1', 'suppressed a no-reach'],
  ])('by its reach: %s', (_, told, said) => {
    play(
      `
      ${granted}
      03-02 12:00  moment a ${told}                ${said}
    `,
      {
        catalogue: sayable(
          'id: booster, channels: [push]',
          'channels: { push: { reach: { factor: balance, most: 30 } } }',
        ),
      },
    )
  })

  it('is kept for what is urgent: by purpose, or by segment', () => {
    play(
      `
      ${consent('ivr')}
      03-02 12:00  moment a                        suppressed a no-reach
      03-02 12:01  moment b segments=value:high-value  command b by ivr
      03-02 12:02  moment c purpose=service        command c by ivr
    `,
      {
        catalogue: sayable(
          'id: booster, channels: [ivr]',
          'channels: { ivr: { urgent_only: { purposes: [service], segments: [high-value] } } }',
        ),
      },
    )
  })
})

describe('a channel without an address', () => {
  const catalogue = sayable('id: booster, channels: [push, sms]', 'no_address_for: 3d')

  it.each(['no-address', 'unregistered'])('is left out for a while, and is tried again then: %s', (code) => {
    play(
      `
      ${consent('push')}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push code=${code}  suppressed a/2 consent
      03-02 12:02  moment b                        suppressed b consent
      03-02 12:03  profile sms/marketing=granted
      03-05 12:00  moment c                        command c
      03-05 12:01  moment d                        command d by push
    `,
      { catalogue },
    )
  })

  it('is left out, too, where nobody has the number', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push code=unallocated  command a/2
      03-02 12:02  moment b                        command b
    `,
      { catalogue },
    )
  })

  it('is tried again once a profile has brought one; one of another channel changes nothing', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push code=no-address  command a/2
      03-02 12:02  profile addressed=sms,ivr
      03-02 12:03  moment b                        command b
      03-02 12:04  profile addressed=push
      03-02 12:05  moment c                        command c by push
    `,
      { catalogue },
    )
  })

  it('is not that of who has the number now', () => {
    play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
      03-02 12:01  receipt a failed channel=push code=no-address  command a/2
      03-02 12:02  profile status=deactivated
      03-02 12:03  profile push/marketing=granted sms/marketing=granted
      03-02 12:04  moment b                        command b by push
    `,
      { catalogue },
    )
  })
})

describe('the channel that is preferred', () => {
  const catalogue = sayable(everywhere, 'replies: { en: { accept: ["YES"], refuse: ["NO"] } }')

  it.each([
    ['where they said yes', 'reply yes channel=ivr to=a', 'command b by ivr'],
    ['not where they said no', 'reply no channel=ivr to=a', 'command b by push'],
    ['where they clicked', 'receipt x clicked channel=sms', 'command b'],
    ['where they answered', 'receipt x answered channel=ivr', 'command b by ivr'],
    ['not where it was only delivered', 'receipt x delivered channel=ivr', 'command b by push'],
  ])('is learned: %s', (_, what, said) => {
    play(
      `
      ${consent('ivr')}
      03-02 11:30  moment a                        command a by ivr
      03-02 11:31  profile push/marketing=granted sms/marketing=granted
      03-02 12:00  ${what}
      03-02 13:00  moment b                        ${said}
    `,
      { catalogue },
    )
  })

  it('is the last of them, whatever the order in which they are heard of', () => {
    play(
      `
      ${granted}
      03-02 12:00  receipt x clicked channel=sms
      03-02 12:01  receipt y answered channel=ivr ago=1h
      03-02 13:00  moment b                        command b
    `,
      { catalogue },
    )
  })

  it('is as the profile says, whatever was answered since', () => {
    play(
      `
      ${granted}
      03-02 11:30  profile prefers=sms
      03-02 12:00  receipt x answered channel=ivr
      03-02 13:00  moment b                        command b
    `,
      { catalogue },
    )
  })
})

describe('a text', () => {
  it('is the channel’s own where it has one, and the offer’s elsewhere', () => {
    const catalogue = sayable(
      `${everywhere}, channel_messages: { ivr: { en: Listen } }`,
      'opt_out_text: { en: Reply STOP to opt out. }',
    )
    const texts = ['push', 'sms', 'ivr'].map((channel) => {
      const { commands } = play(
        `
        ${consent(channel)}
        03-02 12:00  moment a                      command a${channel === 'sms' ? '' : ` by ${channel}`}
      `,
        { catalogue },
      )
      return commands[0]?.text
    })
    expect(texts).toEqual(['Hello', 'Hello Reply STOP to opt out.', 'Listen'])
  })
})
