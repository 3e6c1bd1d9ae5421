import { describe, expect, it } from 'vitest'
import { isDecision } from '../../services/decide/outputs.ts'
import { createDecideStep } from '../../services/decide/step.ts'
import type { Command, Decision } from '../../services/records/types.ts'
import type { Campaign, Variant } from '../../services/rules/campaigns.ts'
import type { Catalogue, Policy } from '../../services/rules/catalogue.ts'
import { catalogueWith } from './catalogue.ts'
import { answersOf } from './many-subscribers.ts'
import { play } from './timeline.ts'

const open = { caps: [], gaps: {}, quietHours: [] }
const all = { holdout: { share: 1, salt: 'policy' } }

/** Under a policy with no limits, every rule in the campaign. */
const campaignWith = (campaign: Partial<Campaign>, policy: Partial<Policy> = {}): Catalogue => {
  const catalogue = catalogueWith({ ...open, ...policy })
  const rules = catalogue.ruleset.rules.map((rule) => ({ ...rule, campaign: 'growth' }))
  const usual = { id: 'growth', title: { en: 'Growth' }, holdout: 0, salt: 'growth', experiment: 'first', variants: [] }
  const growth: Campaign = { ...usual, ...campaign }
  return { ...catalogue, ruleset: { ...catalogue.ruleset, rules }, campaigns: [growth] }
}
const variant = (id: string, share: number, what: Partial<Variant> = {}): Variant => ({
  id,
  share,
  offers: {},
  messages: {},
  stopIf: [],
  whenStopped: 'nothing',
  ...what,
})

describe('a holdout', () => {
  it('of all keeps back marketing and nothing else, and uses no touch', () => {
    const { state, decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:01  moment a                        suppressed a holdout
      03-02 12:02  moment b purpose=care           command b
      03-02 12:03  moment c purpose=service        command c
      03-02 12:04  moment d purpose=regulatory     command d
    `,
      { policy: { ...open, ...all } },
    )
    expect(state.touches.map(({ purpose }) => purpose)).toEqual(['care', 'service', 'regulatory'])
    expect(decisions.map(({ exposure }) => exposure)).toEqual(['held-out', 'addressed', 'addressed', 'addressed'])
    expect(decisions[0]).toMatchObject({
      offer: 'booster',
      evidence: { 'holdout.of': 'all', 'holdout.share': 1 },
    })
  })

  it('comes last: who would not have been addressed anyway is not held against those who were', () => {
    const { decisions } = play(
      `
      03-02 12:00  moment a                        suppressed a consent +holdout
      03-02 12:01  profile sms/marketing=granted
      03-02 22:00  moment b                        deferred b quiet-hours +holdout until 03-03 08:00
      03-03 08:00  -                               suppressed b holdout
    `,
      { policy: all },
    )
    expect(decisions.map(({ exposure }) => exposure)).toEqual([null, null, 'held-out'])
  })

  it('of a campaign keeps back its own rules only', () => {
    const catalogue = campaignWith({ holdout: 1 })
    const [own, ...others] = catalogue.ruleset.rules
    if (!own) throw new Error('no rule')
    const other = { ...own, id: 'other', campaign: 'other' }
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                        suppressed a holdout
      03-02 12:02  moment b rule=other             command b
    `,
      { catalogue: { ...catalogue, ruleset: { ...catalogue.ruleset, rules: [own, other, ...others] } } },
    )
    expect(decisions[0]?.evidence).toEqual({
      'holdout.of': 'campaign',
      'holdout.campaign': 'growth',
      'holdout.share': 1,
    })
    expect(decisions.map(({ campaign }) => campaign)).toEqual(['growth', 'other'])
  })
})

describe('a holdout of a share', () => {
  const heldOut = (catalogue: Catalogue) =>
    new Set(
      [...answersOf(catalogue)].flatMap(([subscriber, { decision }]) =>
        decision.code === 'holdout' ? [subscriber] : [],
      ),
    )
  const policyWith = (share: number, salt = 'policy') => catalogueWith({ ...open, holdout: { share, salt } })

  it('has about that share of the subscribers', () => {
    // 4,000 draws of 0.2: five standard deviations are 126.
    expect(Math.abs(heldOut(policyWith(0.2)).size - 800)).toBeLessThan(126)
    expect(Math.abs(heldOut(campaignWith({ holdout: 0.2 })).size - 800)).toBeLessThan(126)
  })

  it('is the same under every version of the catalogue, and grows with its share', () => {
    const before = heldOut(policyWith(0.1))
    const catalogue = policyWith(0.1)
    const rules = catalogue.ruleset.rules.map((rule) => ({ ...rule, version: '2', campaign: 'another' }))
    expect(heldOut({ ...catalogue, version: 'next', ruleset: { ...catalogue.ruleset, rules } })).toEqual(before)
    const larger = heldOut(policyWith(0.2))
    expect([...before].filter((subscriber) => !larger.has(subscriber))).toEqual([])
  })

  it('has nothing to do with that of another salt, nor that of the policy with a campaign of the same salt', () => {
    const one = heldOut(policyWith(0.2))
    for (const other of [heldOut(policyWith(0.2, 'other')), heldOut(campaignWith({ holdout: 0.2, salt: 'policy' }))]) {
      const both = [...one].filter((subscriber) => other.has(subscriber)).length
      // A fifth of a fifth of 4,000 is 160, give or take five times 12.4.
      expect(Math.abs(both - 160)).toBeLessThan(62)
    }
  })

  it('is the same in campaigns of the same salt', () => {
    const one = heldOut(campaignWith({ holdout: 0.1, salt: 'common' }))
    expect(heldOut(campaignWith({ id: 'growth', title: { en: 'Other' }, holdout: 0.1, salt: 'common' }))).toEqual(one)
    expect(one.size).toBeGreaterThan(0)
  })
})

it('the sender of a campaign is in its commands by SMS, and in none without one', () => {
  const timeline = `
    03-02 12:00  profile sms/marketing=granted
    03-02 12:01  moment a                        command a
  `
  const senders = [{ sender: 'MyOperator' }, {}].map(
    (campaign) => play(timeline, { catalogue: campaignWith(campaign) }).commands,
  )
  expect(senders.map((commands) => commands.map(({ sender }) => sender))).toEqual([['MyOperator'], [null]])
})

describe('a variant', () => {
  it('puts another offer, or other words, in the place of what the rule lists', () => {
    const { commands, decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted language=en
      03-02 12:01  moment a offers=booster             command a
      03-02 12:02  moment b offers=booster,review      command b
      03-02 12:03  moment c offers=review,booster      command c
    `,
      { catalogue: campaignWith({ variants: [variant('bigger', 1, { offers: { booster: 'review' } })] }) },
    )
    expect(commands.map(({ offer, campaign, variant }) => [offer, campaign, variant])).toEqual([
      ['review', 'growth', 'bigger'],
      ['review', 'growth', 'bigger'],
      ['review', 'growth', 'bigger'],
    ])
    expect(decisions.map(({ candidates }) => candidates.length)).toEqual([1, 1, 1])
    expect(decisions[0]).toMatchObject({ campaign: 'growth', variant: 'bigger', exposure: 'addressed' })
    const said = play(
      `
      03-02 12:00  profile sms/marketing=granted language=en
      03-02 12:01  moment a  command a
      03-02 12:02  moment b offers=review  command b
    `,
      { catalogue: campaignWith({ variants: [variant('warm', 1, { messages: { booster: { en: 'Dear you' } } })] }) },
    )
    expect(said.commands.map(({ offer, text }) => [offer, text])).toEqual([
      ['booster', 'Dear you'],
      ['review', 'Review'],
    ])
  })

  it('is told of those who are held out, too', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a  suppressed a holdout
    `,
      { catalogue: campaignWith({ holdout: 1, variants: [variant('as-ever', 1)] }) },
    )
    expect(decisions[0]).toMatchObject({ campaign: 'growth', variant: 'as-ever', exposure: 'held-out' })
  })

  it('is told by the decision of a command that was found on the log alone', () => {
    const catalogue = campaignWith({ variants: [variant('bigger', 1, { offers: { booster: 'review' } })] })
    const table = `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a  command a`
    const { commands, decisions } = play(table, { catalogue })
    // The campaign is gone meanwhile; what was said stands.
    const again = play(table, { catalogue: catalogueWith(open), adopts: commands })
    const { campaign, variant: id, exposure, offer } = again.decisions[0] ?? {}
    expect({ campaign, id, exposure, offer }).toEqual({
      campaign: 'growth',
      id: 'bigger',
      exposure: 'addressed',
      offer: 'review',
    })
    expect(again.decisions[0]?.decision_id).toBe(decisions[0]?.decision_id)
  })
})

describe('variants', () => {
  const shares = { plain: 0.5, warm: 0.3, bigger: 0.2 }
  const tried = (salt: string, holdout = 0) =>
    campaignWith({ salt, holdout, variants: Object.entries(shares).map(([id, share]) => variant(id, share)) })
  const variantsUnder = (catalogue: Catalogue) =>
    new Map([...answersOf(catalogue)].map(([subscriber, { decision }]) => [subscriber, decision.variant]))

  it('are given out by their shares, and to each subscriber the same one again', () => {
    const given = variantsUnder(tried('growth'))
    for (const [id, share] of Object.entries(shares)) {
      const count = [...given.values()].filter((one) => one === id).length
      expect(Math.abs(count - 4000 * share), id).toBeLessThan(5 * Math.sqrt(4000 * share * (1 - share)))
    }
    expect(variantsUnder({ ...tried('growth'), version: 'next' })).toEqual(given)
  })

  it('of another salt, and the holdout of the same, have nothing to do with each other', () => {
    const [one, other] = [variantsUnder(tried('growth')), variantsUnder(tried('other'))]
    const both = [...one].filter(([subscriber, id]) => id === 'plain' && other.get(subscriber) === 'plain').length
    expect(Math.abs(both - 1000)).toBeLessThan(5 * Math.sqrt(4000 * 0.25 * 0.75))
    const answers = [...answersOf(tried('growth', 0.5)).values()]
    const out = answers.filter(({ decision }) => decision.code === 'holdout')
    const plain = out.filter(({ decision }) => decision.variant === 'plain').length
    expect(Math.abs(plain - out.length / 2)).toBeLessThan(5 * Math.sqrt(out.length / 4))
  })

  it('stay with a subscriber through a year of moments', () => {
    const step = createDecideStep(tried('growth'))
    const seen = new Set<string | null | undefined>()
    let state = step.initial
    for (let week = 0; week < 52; week++) {
      const at = { now: week * 7 * 86_400_000, clock: week * 7 * 86_400_000 }
      const { state: next, outputs = [] } = step.handle(state, momentOf(`m${week}`, at.now), at)
      state = next
      for (const output of outputs) seen.add((output.value as Decision | Command).variant)
      expect(outputs.filter(isDecision)).toHaveLength(1)
    }
    expect(seen.size).toBe(1)
  })
})

const momentOf = (id: string, at: number) => ({
  type: 'moment' as const,
  value: {
    moment_id: id,
    subscriber_id: 's',
    detected_at: at,
    at,
    rule: 'service',
    rule_version: '1',
    kind: 'change' as const,
    purpose: 'service' as const,
    occurrence: id,
    expires_at: at + 3_600_000,
    evidence: {},
    offers: ['booster'],
    segments: {},
    mode: 'live' as const,
  },
})
