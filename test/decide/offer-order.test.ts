import { describe, expect, it } from 'vitest'
import { catalogueOfOffers } from './offers-catalogue.ts'
import { play } from './timeline.ts'

describe('the order in which offers are tried', () => {
  const offers = [
    'id: cheap, kind: voice, price: 300, stickiness: 0.2, value: 100',
    'id: sticky, kind: family-network, price: 9900, stickiness: 0.9, cost: 50',
    'id: foreign, kind: voice, value: 900, cost: 10',
    'id: gift, kind: data',
  ]
  const order = (by: string, kinds = '') =>
    catalogueOfOffers(offers, `offer_order: [{ segment: high-value, by: ${by}${kinds} }]`)

  it.each`
    by              | segment         | tried
    ${'stickiness'} | ${'high-value'} | ${'sticky cheap gift foreign'}
    ${'value'}      | ${'high-value'} | ${'foreign cheap gift sticky'}
    ${'price'}      | ${'high-value'} | ${'cheap sticky gift foreign'}
    ${'cost'}       | ${'high-value'} | ${'foreign sticky gift cheap'}
    ${'stickiness'} | ${'low-value'}  | ${'gift foreign cheap sticky'}
  `('by $by for $segment: $tried', ({ by, segment, tried }) => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a offers=gift,foreign,cheap,sticky segments=value:${segment}  command a
      `,
      { catalogue: order(by) },
    )
    expect(decisions[0]?.candidates.map(({ offer }) => offer).join(' ')).toBe(tried)
  })

  it.each`
    by         | kinds                       | tried
    ${'price'} | ${'[family-network]'}       | ${'sticky cheap gift foreign'}
    ${'value'} | ${'[data, family-network]'} | ${'gift sticky foreign cheap'}
    ${'price'} | ${'[voice]'}                | ${'cheap foreign sticky gift'}
    ${'price'} | ${'[terminal]'}             | ${'cheap sticky gift foreign'}
  `('kinds first: $kinds, then by $by: $tried', ({ by, kinds, tried }) => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a offers=gift,foreign,cheap,sticky segments=value:high-value  command a
      `,
      { catalogue: order(by, `, kinds: ${kinds}`) },
    )
    expect(decisions[0]?.candidates.map(({ offer }) => offer).join(' ')).toBe(tried)
  })
})
