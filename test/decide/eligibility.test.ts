import { describe, expect, it } from 'vitest'
import { catalogueOfProducts as catalogue, catalogueOfOffers, why } from './offers-catalogue.ts'
import { play } from './timeline.ts'

describe('who may get an offer', () => {
  it.each`
    segments              | said                         | reason
    ${'value:high-value'} | ${'command a'}               | ${''}
    ${'value:low-value'}  | ${'suppressed a ineligible'} | ${'reason=segment dimension=value segment=low-value'}
    ${'other:high-value'} | ${'suppressed a ineligible'} | ${'reason=segment dimension=value segment=null'}
  `('in $segments: $said', ({ segments, said, reason }) => {
    const played = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a offers=family segments=${segments}  ${said}
      `,
      { catalogue },
    )
    expect(why(played)).toEqual([reason])
  })

  it('is asked for marketing, care and service, not for what the regulator wants said', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted products=fibre-300
      03-02 12:01  moment a offers=fibre                            suppressed a ineligible
      03-02 12:02  moment b offers=fibre purpose=care               suppressed b ineligible
      03-02 12:03  moment c offers=fibre purpose=service            suppressed c ineligible
      03-02 12:04  moment d offers=fibre purpose=regulatory         command d
      `,
      { catalogue },
    )
  })
})

describe('when an offer holds', () => {
  it('is by the local date, both days included', () => {
    const played = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a offers=summer                           suppressed a ineligible until 06-01 00:00
      05-31 23:59  moment b offers=summer                           suppressed b ineligible until 06-01 00:00
      06-01 00:00  moment c offers=summer                           command c
      06-30 23:59  moment d offers=summer                           command d
      07-01 00:00  moment e offers=summer                           suppressed e ineligible
      `,
      { catalogue },
    )
    expect(why(played)).toEqual([
      'reason=not-yet-valid from=2026-06-01',
      'reason=not-yet-valid from=2026-06-01',
      '',
      '',
      'reason=no-longer-valid to=2026-06-30',
    ])
  })

  it('is where the subscriber is', () => {
    play(
      `
      05-31 12:00  profile sms/marketing=granted zone=America/Chicago
      05-31 23:59  moment a offers=summer                           suppressed a ineligible until 06-01 00:00
      06-01 00:00  moment b offers=summer                           command b
      `,
      { catalogue, zone: 'America/Chicago' },
    )
  })

  it('waits for the last days of a contract', () => {
    const played = play(
      `
      03-02 12:00  profile sms/marketing=granted contract_end=2026-06-30
      03-02 12:01  moment a offers=handset                          suppressed a ineligible until 05-01 00:00
      05-01 00:00  moment b offers=handset                          command b
      05-01 12:00  order handset contract_end=2028-05-01
      05-01 12:01  moment c offers=handset                          suppressed c ineligible until 03-02 00:00
      05-01 12:02  order handset action=unsubscribe
      05-01 12:03  moment d offers=handset                          command d
      07-15 12:00  moment e offers=handset                          command e
      `,
      { catalogue },
    )
    expect(why(played)[0]).toBe('reason=contract contract_end=2026-06-30')
    expect(why(played)[2]).toBe('reason=contract contract_end=2028-05-01')
    expect(played.decisions[2]?.until).toBe(Date.parse('2028-03-02T00:00:00+08:00'))
  })

  it('ends when the last obstacle does, and is not known where one has no end', () => {
    const both = catalogueOfOffers([
      'id: late, kind: terminal, valid: { from: "2026-04-01" }, contract_days_left_most: 60, conflicts: [other]',
    ])
    const played = play(
      `
      03-02 12:00  profile sms/marketing=granted contract_end=2026-06-30
      03-02 12:01  moment a offers=late                             suppressed a ineligible until 05-01 00:00
      03-02 12:02  order other
      03-02 12:03  moment b offers=late                             suppressed b ineligible
      `,
      { catalogue: both },
    )
    expect(why(played)).toEqual([
      'reason=not-yet-valid from=2026-04-01 also=contract',
      'reason=not-yet-valid from=2026-04-01 also=conflict contract',
    ])
  })
})

describe('repair before sale', () => {
  const repairing = catalogueOfOffers(
    [
      'id: fibre, kind: broadband, product: fibre-300',
      'id: gift, kind: data',
      'id: visit, kind: service-action',
      'id: plain',
    ],
    'repair_first: { network-to-repair: [broadband, contract] }',
  )
  const network = 'segments=stability-kind:network-to-repair'

  it('holds sales back while there is something to repair, and lets the repair through', () => {
    const played = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a offers=fibre ${network}                 suppressed a ineligible
      03-02 12:02  moment b offers=fibre,visit ${network}           command b
      03-02 12:03  moment c offers=gift ${network}                  command c
      03-02 12:04  moment d offers=plain ${network}                 suppressed d ineligible
      03-02 12:05  moment e offers=fibre segments=stability-kind:steady  command e
      `,
      { catalogue: repairing },
    )
    expect(why(played)[0]).toBe('reason=repair-first segment=network-to-repair')
    expect(played.commands.map(({ offer }) => offer)).toEqual(['visit', 'gift', 'fibre'])
  })
})

describe('the list is walked down', () => {
  it('to the first that may be sent, and says of each one before it why not', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted products=fibre-500
      03-02 12:01  moment a offers=fibre,tone,pass,visit            command a
      `,
      { catalogue },
    )
    expect(decisions[0]).toMatchObject({ offer: 'pass', evidence: {} })
    expect(decisions[0]?.candidates).toEqual([
      {
        offer: 'fibre',
        channel: 'sms',
        codes: ['ineligible'],
        evidence: { 'ineligible.reason': 'conflict', 'ineligible.product': 'fibre-500' },
        score: null,
        learned: null,
      },
      {
        offer: 'tone',
        channel: 'sms',
        codes: ['ineligible'],
        evidence: { 'ineligible.reason': 'missing', 'ineligible.product': 'tones' },
        score: null,
        learned: null,
      },
      { offer: 'pass', channel: 'sms', codes: [], evidence: {}, score: null, learned: null },
      { offer: 'visit', channel: 'sms', codes: ['priority'], evidence: {}, score: null, learned: null },
    ])
  })

  it('again when quiet ends: what was bought in the night is not offered in the morning', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a offers=fibre,pass                       deferred a quiet-hours until 03-03 08:00
      03-03 02:00  order fibre-300
      03-03 08:00  -                                                command a
      03-03 23:00  moment b offers=fibre                            deferred b quiet-hours +ineligible until 03-04 08:00
      03-04 02:00  order fibre-300 action=unsubscribe
      03-04 08:00  -                                                command b
      `,
      {
        catalogue: {
          ...catalogue,
          policy: {
            ...catalogue.policy,
            quietHours: [{ id: 'night', channels: ['sms'], start: 22 * 60, end: 8 * 60 }],
          },
        },
      },
    )
  })
})
