import { describe, expect, it } from 'vitest'
import type { Decision, Outcome } from '../../services/records/types.ts'
import type { Campaign } from '../../services/rules/campaigns.ts'
import type { Catalogue, Policy } from '../../services/rules/catalogue.ts'
import { catalogueWith } from './catalogue.ts'
import { commandOfMoment, type Played, play, type TimelineOptions } from './timeline.ts'

const day = 86_400_000
const open = { caps: [], gaps: {}, quietHours: [] }
const growth: Campaign = {
  id: 'growth',
  title: { en: 'Growth' },
  holdout: 1,
  salt: 'growth',
  experiment: 'first',
  variants: [{ id: 'warm', share: 1, offers: {}, messages: {}, stopIf: [], whenStopped: 'nothing' }],
}

/** The booster is sold as product `boost`, and answers to it are awaited for two days. */
function catalogueOf(campaign: Partial<Campaign>, policy: Partial<Policy> = {}): Catalogue {
  const catalogue = catalogueWith({ ...open, ...policy })
  const rules = catalogue.ruleset.rules.map((rule) => ({ ...rule, campaign: 'growth' }))
  const offers = catalogue.offers.map((offer) =>
    offer.id === 'booster'
      ? { ...offer, product: 'boost', repeatable: true, answerWithin: 2 * day, acceptance: { prior: 0.1, strength: 9 } }
      : offer,
  )
  return { ...catalogue, offers, ruleset: { ...catalogue.ruleset, rules }, campaigns: [{ ...growth, ...campaign }] }
}
const heldOut = catalogueOf({})
const addressed = catalogueOf({ holdout: 0 }, { holdout: { share: 1e-12, salt: 'nobody' } })

const toldIn = ({ outcomes }: Pick<Played, 'outcomes'>) =>
  outcomes.map(({ outcome, command_id, occurred_at, compared_as }) => {
    const at = new Date(occurred_at + 8 * 3_600_000).toISOString().slice(5, 16).replace('T', ' ')
    const moment = ['a', 'b', 'c'].find((id) => commandOfMoment(id) === command_id)
    return [at, outcome, moment, compared_as].filter((part) => part != null).join(' ')
  })
const told = (timeline: string, catalogue: Catalogue, more: TimelineOptions = {}) =>
  toldIn(play(timeline, { ...more, catalogue }))

const begun = ['03-02 12:00  profile sms/marketing=granted', '03-02 12:01  moment a  suppressed a holdout']

describe('who is held out', () => {
  it.each`
    what                                  | happens                                                     | comes
    ${'nothing'}                          | ${['03-04 12:01  -']}                                       | ${['03-04 12:01 ignored a']}
    ${'an order of the product'}          | ${['03-03 09:00  order boost']}                             | ${['03-03 09:00 bought a', '03-04 12:01 ignored a']}
    ${'an order when the window is over'} | ${['03-04 12:01  order boost']}                             | ${['03-04 12:01 ignored a']}
    ${'an order of something else'}       | ${['03-03 09:00  order other']}                             | ${['03-04 12:01 ignored a']}
    ${'two orders'}                       | ${['03-03 09:00  order boost', '03-03 10:00  order boost']} | ${['03-03 09:00 bought a', '03-04 12:01 ignored a']}
    ${'a STOP to somebody else'}          | ${['03-03 09:00  reply STOP']}                              | ${['03-03 09:00 opted-out a', '03-04 12:01 settled a']}
    ${'a no to something else'}           | ${['03-03 09:00  reply no']}                                | ${['03-03 09:00 refused a', '03-04 12:01 settled a']}
    ${'a yes to something else'}          | ${['03-03 09:00  reply yes']}                               | ${['03-04 12:01 ignored a']}
    ${'leaving'}                          | ${['03-03 09:00  profile status=deactivated']}              | ${['03-03 09:00 left a']}
    ${'a second moment meanwhile'}        | ${['03-03 09:00  moment b  suppressed b holdout']}          | ${['03-04 12:01 ignored a']}
    ${'a moment behind the window'}       | ${['03-04 13:00  moment b  suppressed b holdout']}          | ${['03-04 12:01 ignored a', '03-04 13:00 held-out b', '03-06 13:00 ignored b']}
  `('is looked at within the window: $what', ({ happens, comes }: { happens: string[]; comes: string[] }) => {
    const lines = told([...begun, ...happens, '03-09 12:00  -'].join('\n'), heldOut)
    expect(lines).toEqual(['03-02 12:01 held-out a', ...comes].map((line) => `${line} held-out`))
  })

  it('of all marketing counts as that, and nobody is learned from', () => {
    const played = play([...begun, '03-09 12:00  -'].join('\n'), {
      catalogue: catalogueOf({ holdout: 0 }, { holdout: { share: 1, salt: 'x' } }),
    })
    expect(toldIn(played)).toEqual(['03-02 12:01 held-out a held-out-of-all', '03-04 12:01 ignored a held-out-of-all'])
    expect(played.outcomes.map(({ learn, accepted }) => [learn, accepted])).toEqual([
      [false, false],
      [false, false],
    ])
    expect(played.outcomes[0]).toMatchObject({
      campaign: 'growth',
      experiment: 'first',
      offer: 'booster',
      rule: 'marketing',
    })
    expect(played.state.touches).toEqual([])
    expect(played.state.awaited).toEqual([])
  })

  it('is not looked at where something else kept the message back', () => {
    expect(told('03-02 12:01  moment a  suppressed a consent +holdout\n03-09 12:00  -', heldOut)).toEqual([])
  })
})

describe('who is addressed where others are held out', () => {
  const said = ['03-02 12:00  profile sms/marketing=granted', '03-02 12:01  moment a  command a']

  it.each`
    what                           | happens                                                        | comes
    ${'an order'}                  | ${['03-03 09:00  order boost']}                                | ${['03-03 09:00 accepted a addressed', '03-03 09:00 bought a addressed', '03-04 12:01 settled a addressed']}
    ${'a yes, and then the order'} | ${['03-03 08:00  reply yes to=a', '03-03 09:00  order boost']} | ${['03-03 08:00 accepted a addressed', '03-03 09:00 bought a addressed', '03-04 12:01 settled a addressed']}
    ${'leaving'}                   | ${['03-03 09:00  profile status=deactivated']}                 | ${['03-03 09:00 left a addressed']}
    ${'a second message'}          | ${['03-03 09:00  moment b  command b']}                        | ${['03-03 09:00 exposed b', '03-04 12:01 ignored a addressed', '03-05 09:00 ignored b']}
  `('counts alike: $what', ({ happens, comes }: { happens: string[]; comes: string[] }) => {
    expect(told([...said, ...happens, '03-09 12:00  -'].join('\n'), addressed)).toEqual([
      '03-02 12:01 exposed a addressed',
      ...comes,
    ])
  })

  it('is compared with nobody where nobody is held out', () => {
    const lines = told([...said, '03-03 09:00  order boost', '03-09 12:00  -'].join('\n'), catalogueOf({ holdout: 0 }))
    expect(lines).toEqual(['03-02 12:01 exposed a', '03-03 09:00 accepted a', '03-04 12:01 settled a'])
  })
})

describe('a state that went back', () => {
  const whole = [...begun, '03-03 09:00  order boost', '03-09 12:00  -']
  const { decisions, outcomes } = play(whole.join('\n'), { catalogue: heldOut })

  it.each([0, 1, 2, 3])(
    'tells what is not on the log, and of what is nothing twice: %i outcomes are there',
    (there) => {
      const adopts: readonly (Decision | Outcome)[] = [...decisions, ...outcomes.slice(0, there)]
      for (const found of [adopts, adopts.toReversed(), [...adopts, ...adopts]]) {
        if (found[0] !== adopts[0] && there > 0) continue // outcomes are read behind decisions
        const again = play(['03-02 13:00  -', ...whole.slice(2)].join('\n'), {
          ...{ catalogue: heldOut, isSaid: false, adopts: found },
        })
        const all = new Map([...outcomes.slice(0, there), ...again.outcomes].map((one) => [one.outcome_id, one]))
        expect([...all.values()]).toEqual(outcomes)
        expect(again.outcomes).toHaveLength(outcomes.length - there)
      }
    },
  )
})
