import { describe, expect, it } from 'vitest'
import type { Command } from '../../services/records/types.ts'
import type { Cap, Policy } from '../../services/rules/catalogue.ts'
import { catalogueWith } from './catalogue.ts'
import { play, timeOf } from './timeline.ts'

const civil = (unit: 'day' | 'week' | 'month' | 'billing-month' | 'year') => ({ kind: 'civil', unit }) as const

const capOf = (given: Partial<Cap>): Cap => ({
  id: 'cap',
  purposes: ['marketing'],
  window: civil('week'),
  most: 1,
  ...given,
})

/** These caps, and nothing else that would hold marketing back. */
const capped = (...caps: readonly Partial<Cap>[]): { policy: Partial<Policy> } => ({
  policy: { gaps: {}, quietHours: [], caps: caps.map(capOf) },
})

/** A marketing command of 03-02 12:00 that left through another channel. */
function byIvr(offer = 'booster'): Command {
  const { commands } = play(
    `
    03-02 12:00  profile sms/marketing=granted
    03-02 12:00  moment other offers=${offer}  command other
  `,
    capped(),
  )
  return { ...(commands[0] as Command), command_id: 'by-ivr', channel: 'ivr' }
}

describe('caps of a year', () => {
  it.each`
    zone
    ${'Asia/Shanghai'}
    ${'Europe/Berlin'}
    ${'America/New_York'}
    ${'Pacific/Auckland'}
  `('begin again with it in $zone', ({ zone }) => {
    play(
      `
      01-01 00:00              profile sms/marketing=granted zone=${zone}
      01-01 00:00              moment a  command a
      07-01 12:00              moment b  command b
      12-31 23:59:59.999       moment c  suppressed c cap until 01-01 00:00
      2027-01-01 00:00         moment d  command d
      2027-12-31 23:59:59.999  moment e  command e
      2027-12-31 23:59:59.999  moment f  suppressed f cap until 01-01 00:00
    `,
      { zone, ...capped({ window: civil('year'), most: 2 }) },
    )
  })

  it('go by where the subscriber is: who moves west has the old year for some hours more', () => {
    play(
      `
      2026-12-31 12:00  profile sms/marketing=granted zone=Asia/Shanghai
      2026-12-31 12:00  moment a                       command a
      2027-01-01 08:00  moment b                       command b
      2027-01-01 09:00  profile zone=America/New_York
      2027-01-01 09:00  moment c                       suppressed c cap until 01-01 13:00
      2027-01-01 13:00  moment d                       command d
    `,
      { zone: 'Asia/Shanghai', ...capped({ window: civil('year'), most: 1 }) },
    )
  })

  it('hold beside those of a day, a month and a rolling window; the one that lasts longest tells until when', () => {
    const { decisions } = play(
      `
      01-10 12:00  profile sms/marketing=granted
      01-10 12:00  moment a  command a
      01-10 12:01  moment b  suppressed b cap until 01-11 00:00
      01-20 12:00  moment c  command c
      01-25 12:00  moment d  suppressed d cap until 02-09 12:00
      02-01 00:00  moment e  suppressed e cap until 02-09 12:00
      02-09 12:00  moment f  command f
      03-20 12:00  moment g  command g
      05-01 12:00  moment h  suppressed h cap until 01-01 00:00
    `,
      capped(
        { id: 'day', window: civil('day'), most: 1 },
        { id: 'month', window: civil('month'), most: 2 },
        { id: 'rolling', window: { kind: 'rolling', length: 30 * 86_400_000 }, most: 2 },
        { id: 'year', window: civil('year'), most: 4 },
      ),
    )
    expect(decisions.map(({ evidence }) => evidence['cap.id'] ?? null)).toEqual([
      null,
      'day',
      null,
      'rolling',
      'rolling',
      null,
      null,
      'year',
    ])
  })
})

describe('caps of a billing month', () => {
  it('go by the day on which it begins, the last one of a shorter month', () => {
    play(
      `
      01-31 12:00  profile sms/marketing=granted billing=31
      01-31 12:00  moment a  command a
      02-27 23:59  moment b  suppressed b cap until 02-28 00:00
      02-28 00:00  moment c  command c
      03-30 23:59  moment d  suppressed d cap until 03-31 00:00
      03-31 00:00  moment e  command e
    `,
      capped({ window: civil('billing-month') }),
    )
  })

  it('begin on the first where the profile does not say', () => {
    play(
      `
      01-31 12:00  profile sms/marketing=granted
      01-31 12:00  moment a  command a
      01-31 23:59  moment b  suppressed b cap until 02-01 00:00
      02-01 00:00  moment c  command c
    `,
      capped({ window: civil('billing-month') }),
    )
  })
})

/** The nights in which the clock is changed, in Europe and in America. */
describe('caps of a day', () => {
  it.each`
    zone                  | first             | last              | next
    ${'Europe/Berlin'}    | ${'03-28 23:00Z'} | ${'03-29 21:59Z'} | ${'03-29 22:00Z'}
    ${'Europe/Berlin'}    | ${'10-24 22:00Z'} | ${'10-25 22:59Z'} | ${'10-25 23:00Z'}
    ${'America/New_York'} | ${'03-08 05:00Z'} | ${'03-09 03:59Z'} | ${'03-09 04:00Z'}
    ${'America/New_York'} | ${'11-01 04:00Z'} | ${'11-02 04:59Z'} | ${'11-02 05:00Z'}
    ${'Asia/Shanghai'}    | ${'03-28 16:00Z'} | ${'03-29 15:59Z'} | ${'03-29 16:00Z'}
  `('last from $first to $next in $zone', ({ zone, first, last, next }) => {
    const { decisions } = play(
      `
      01-01 12:00  profile sms/marketing=granted zone=${zone}
      ${first}     moment a  command a
      ${last}      moment b  suppressed b cap until ${localMinute(next, zone)}
      ${next}      moment c  command c
    `,
      { zone, ...capped({ window: civil('day') }) },
    )
    expect(decisions[1]?.until).toBe(timeOf(next, zone))
  })
})

const localMinute = (text: string, zone: string) =>
  new Date(timeOf(text, zone))
    .toLocaleString('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
    .slice(5)

describe('caps of channels', () => {
  it.each`
    channels          | said
    ${undefined}      | ${'suppressed a cap until 03-09 00:00'}
    ${['sms', 'ivr']} | ${'suppressed a cap until 03-09 00:00'}
    ${['sms']}        | ${'command a'}
    ${['ivr']}        | ${'command a'}
  `('$channels, after a call: $said', ({ channels, said }) => {
    play(
      `
      03-02 13:00  profile sms/marketing=granted
      03-02 13:00  moment a  ${said}
    `,
      { ...capped(channels === undefined ? {} : { channels }), adopts: [byIvr()] },
    )
  })

  it('count their own', () => {
    play(
      `
      03-02 13:00  profile sms/marketing=granted
      03-02 13:00  moment a  command a
      03-02 13:01  moment b  suppressed b cap until 03-09 00:00
    `,
      { ...capped({ channels: ['sms'] }, { id: 'calls', channels: ['ivr'] }), adopts: [byIvr()] },
    )
  })
})

describe('caps of categories', () => {
  it('count their own, and the next offer of the list is sent', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                         command a
      03-02 12:02  moment b                         suppressed b cap until 03-09 00:00
      03-02 12:03  moment c offers=booster,review   command c
      03-02 12:04  moment d offers=review           command d
    `,
      capped({ categories: ['data'] }),
    )
    expect(decisions.map(({ offer, category }) => `${offer} ${category ?? null}`)).toEqual([
      'booster data',
      'booster null',
      'review tariff',
      'review tariff',
    ])
    expect(decisions[2]?.candidates.map(({ offer, codes }) => [offer, codes])).toEqual([
      ['booster', ['cap']],
      ['review', []],
    ])
  })

  it('find the category of what is adopted from the log, and go by what it was then', () => {
    const moved = catalogueWith(capped({ categories: ['data'] }).policy)
    const catalogue = {
      ...moved,
      offers: moved.offers.map((offer) => ({ ...offer, category: offer.id === 'booster' ? 'tariff' : 'data' })),
    }
    play(
      `
      03-02 13:00  profile sms/marketing=granted
      03-02 13:00  moment a                  command a
      03-02 13:01  moment b offers=review    suppressed b cap until 03-09 00:00
    `,
      { catalogue, adopts: [byIvr('booster')] },
    )
  })

  it('hold what has none, as it may be of any', () => {
    const { offers, ...rest } = catalogueWith(capped({ categories: ['data'] }).policy)
    const catalogue = { ...rest, offers: offers.map(({ category: _, ...offer }) => offer) }
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a  command a
      03-02 12:02  moment b  suppressed b cap until 03-09 00:00
    `,
      { catalogue },
    )
  })
})

it('after a loss of the state, those that do not cover a message do not hold it', () => {
  play(
    `
    03-03 12:00  profile sms/marketing=granted
    03-03 12:00  moment a                  suppressed a cap until 03-10 12:00
    03-10 12:00  moment b                  command b
    03-10 12:01  moment c offers=review    suppressed c cap until 04-01 12:00
  `,
    {
      knownSince: '03-02 12:00',
      ...capped(
        { window: { kind: 'rolling', length: 8 * 86_400_000 }, most: 3 },
        { id: 'tariffs', categories: ['tariff'], window: { kind: 'rolling', length: 30 * 86_400_000 }, most: 3 },
        { id: 'calls', channels: ['ivr'], window: civil('year'), most: 3 },
      ),
    },
  )
})
