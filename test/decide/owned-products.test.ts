import { describe, expect, it } from 'vitest'
import { catalogueOfProducts as catalogue, why } from './offers-catalogue.ts'
import { play } from './timeline.ts'

describe('products that are had', () => {
  it('are not offered, and are again when they were ended', () => {
    const played = play(
      `
      03-02 12:00  profile sms/marketing=granted products=tones
      03-02 12:01  moment a offers=fibre                            command a
      03-02 12:02  order fibre-300
      03-02 12:03  moment b offers=fibre                            suppressed b ineligible
      03-02 12:04  order fibre-300 action=renew
      03-02 12:05  moment c offers=fibre                            suppressed c ineligible
      03-02 12:06  order fibre-300 action=unsubscribe
      03-02 12:07  moment d offers=fibre                            command d
      `,
      { catalogue },
    )
    expect(why(played)).toEqual(['', 'reason=owned product=fibre-300', 'reason=owned product=fibre-300', ''])
  })

  it('are those of the newest list, and of what was ordered since', () => {
    const played = play(
      `
      03-02 12:00  profile sms/marketing=granted products=fibre-500,tones
      03-02 12:01  moment a offers=fibre                            suppressed a ineligible
      03-02 12:02  order fibre-500 action=unsubscribe
      03-02 12:03  moment b offers=fibre                            command b
      03-02 12:04  profile products=fibre-500
      03-02 12:05  moment c offers=fibre                            suppressed c ineligible
      03-02 12:06  profile products=
      03-02 12:07  moment d offers=fibre                            command d
      03-02 12:08  moment e offers=tone                             suppressed e ineligible
      `,
      { catalogue },
    )
    expect(why(played)[0]).toBe('reason=conflict product=fibre-500')
    expect(why(played)[4]).toBe('reason=missing product=tones')
  })

  it('are told by the time of what happened, whenever it is heard of', () => {
    play(
      `
      03-05 12:00  profile sms/marketing=granted products=fibre-300
      03-05 12:01  order fibre-300 action=unsubscribe reported=03-03
      03-05 12:02  moment a offers=fibre                            suppressed a ineligible
      03-06 12:00  order fibre-300 action=unsubscribe
      03-06 12:01  order fibre-300 reported=03-04
      03-06 12:02  profile products=fibre-300 reported=03-05
      03-06 12:03  moment b offers=fibre                            command b
      `,
      { catalogue },
    )
  })

  it('at one instant are those of the greater event id', () => {
    play(
      `
      03-05 12:00  profile sms/marketing=granted
      03-05 12:01  order fibre-300 reported=03-03 id=b
      03-05 12:02  order fibre-300 reported=03-03 id=a action=unsubscribe
      03-05 12:03  moment a offers=fibre                            suppressed a ineligible
      03-05 12:04  order fibre-300 reported=03-03 id=c action=unsubscribe
      03-05 12:05  moment b offers=fibre                            command b
      `,
      { catalogue },
    )
  })

  it('may be bought again where that is said', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted products=day-pass
      03-02 12:01  moment a offers=pass                             command a
      `,
      { catalogue },
    )
  })

  it('count the plan, until another is told', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted plan=fibre-300
      03-02 12:01  moment a offers=fibre                            suppressed a ineligible
      03-02 12:02  profile plan=basic
      03-02 12:03  moment b offers=fibre                            command b
      `,
      { catalogue },
    )
  })

  it('are gone when another was ordered in their place', () => {
    const played = play(
      `
      03-02 12:00  profile sms/marketing=granted products=fibre-300
      03-02 12:01  moment a offers=faster                           command a
      03-02 12:02  order fibre-500 action=change
      03-02 12:03  order fibre-500 action=unsubscribe
      03-02 12:04  moment b offers=faster                           suppressed b ineligible
      03-02 12:05  order fibre-300
      03-02 12:06  moment c offers=faster                           command c
      `,
      { catalogue },
    )
    expect(why(played)[1]).toBe('reason=missing product=fibre-300 or fibre-500')
  })

  it('of somebody who had the number before are nobody’s', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted products=fibre-500 plan=fibre-300 contract_end=2028-01-01
      03-02 12:01  order fibre-300 contract_end=2028-01-01
      03-02 12:02  profile status=deactivated
      03-03 12:00  profile sms/marketing=granted
      03-03 12:01  order fibre-500 reported=03-02
      03-03 12:02  moment a offers=fibre                            command a
      03-03 12:03  moment b offers=handset                          command b
      `,
      { catalogue },
    )
  })
})

describe('limits', () => {
  const settings = { limits: { productsMost: 2 } }

  it('of orders: what hangs on products is held back once one had to be forgotten, until a list tells them all', () => {
    const played = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  order a
      03-02 12:02  order b
      03-02 12:03  order b action=unsubscribe
      03-02 12:04  order c
      03-02 12:05  moment a offers=fibre                            command a
      03-02 12:06  order d
      03-02 12:07  moment b offers=fibre                            suppressed b ineligible
      03-02 12:08  moment c offers=visit                            command c
      03-02 12:09  profile products=a
      03-02 12:10  moment d offers=fibre                            command d
      `,
      { catalogue, settings },
    )
    expect(why(played)[1]).toBe('reason=products-not-known')
  })

  it('of a list', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted products=a,b,fibre-300
      03-02 12:01  moment a offers=fibre                            suppressed a ineligible
      03-02 12:02  order c
      03-02 12:03  moment b offers=tone                             suppressed b ineligible
      03-02 12:04  profile products=a,b
      03-02 12:05  moment c offers=fibre                            command c
      `,
      { catalogue, settings },
    )
  })
})
