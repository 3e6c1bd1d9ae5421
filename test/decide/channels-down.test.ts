import { describe, expect, it } from 'vitest'
import type { Channel } from '../../services/topology.ts'
import { consent, everywhere, sayable } from './channels-catalogue.ts'
import { catalogueOfOffers } from './offers-catalogue.ts'
import { play } from './timeline.ts'

const granted = consent('push', 'sms', 'ivr')
const since = Date.UTC(2026, 2, 2)
const down = (...channels: readonly Channel[]) => ({
  health: { downSince: (channel: Channel) => (channels.includes(channel) ? since : undefined) },
})

describe('while nothing gets through a channel', () => {
  it('another is taken, and the decision shows why', () => {
    const { decisions } = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a
    `,
      { catalogue: sayable(everywhere), settings: down('push') },
    )
    expect(decisions[0]?.candidates.map(({ channel, codes, evidence }) => [channel, codes, evidence])).toEqual([
      ['sms', [], {}],
      ['ivr', ['priority'], {}],
      ['push', ['priority', 'channel-down'], { 'channel-down.channel': 'push', 'channel-down.since': since }],
    ])
  })

  it('the one that the subscriber prefers has to wait too', () => {
    play(
      `
      ${granted}
      03-02 11:30  profile prefers=push
      03-02 12:00  moment a                        command a by ivr
    `,
      { catalogue: sayable(everywhere, 'channel_order: [ivr, sms]'), settings: down('push', 'sms') },
    )
  })

  it('and there is no other way, it is commanded all the same, and waits for the channel in deliver', () => {
    const { decisions } = play(
      `
      ${granted}
      03-02 12:00  moment a                        command a by push
    `,
      { catalogue: sayable(everywhere), settings: down('push', 'sms', 'ivr') },
    )
    expect(decisions[0]).toMatchObject({ outcome: 'command', channel: 'push' })
    expect(decisions[0]?.candidates[0]).toMatchObject({ codes: [], evidence: { 'channel-down.channel': 'push' } })
  })

  it('no other is taken against consent', () => {
    play(
      `
      ${consent('push')}
      03-02 12:00  moment a                        command a by push
    `,
      { catalogue: sayable(everywhere), settings: down('push') },
    )
  })
})

it('of two offers the one that gets through goes first, though the other is worth more', () => {
  const chosen = (...channels: readonly Channel[]) => {
    const { decisions } = play(
      `
      ${granted}
      03-02 12:00  moment a offers=dear,cheap      command a${channels.includes('push') ? '' : ' by push'}
    `,
      {
        catalogue: catalogueOfOffers([
          'id: dear, channels: [push], value: 1000, acceptance: 0.5',
          'id: cheap, channels: [sms], value: 1000, acceptance: 0.1',
        ]),
        settings: down(...channels),
      },
    )
    return decisions[0]?.offer
  }
  expect([chosen(), chosen('push'), chosen('sms')]).toEqual(['dear', 'cheap', 'dear'])
})
