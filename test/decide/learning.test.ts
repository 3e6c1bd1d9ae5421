import { describe, expect, it } from 'vitest'
import { betaQuantile } from '../../services/learning/beta.ts'
import type { Cell, Learned, Learning } from '../../services/learning/learning.ts'
import { noLearning } from '../../services/learning/learning.ts'
import type { Campaign, Variant } from '../../services/rules/campaigns.ts'
import type { Catalogue, Offer, Policy } from '../../services/rules/catalogue.ts'
import { catalogueWith } from './catalogue.ts'
import { play } from './timeline.ts'

const open = { caps: [], gaps: {}, quietHours: [] }

const offer = (id: string, rest: Partial<Offer>): Offer => ({
  id,
  title: { en: id },
  value: 1000,
  message: { en: id },
  ...rest,
})

const offering = (offers: readonly Offer[], policy: Partial<Policy> = {}): Catalogue => ({
  ...catalogueWith({ ...open, ...policy }),
  offers,
})

/** What was learned, by hand: `[accepted, others]` by offer, or offer and segment. */
function knowing(
  table: Readonly<Record<string, readonly [number, number]>>,
  seen: (number | undefined)[] = [],
): Learning {
  return {
    ...noLearning,
    talliedAt: 1,
    learned({ offer: id, segment }: Cell, _now: number, halfLife: number | undefined): Learned | undefined {
      seen.push(halfLife)
      const [accepted, others] = table[segment === null ? id : `${id} ${segment}`] ?? []
      return accepted === undefined || others === undefined ? undefined : { accepted, others }
    },
  }
}

const answer = (catalogue: Catalogue, learning: Learning, words = 'offers=a,b') => {
  const { decisions, commands } = play(
    `
    03-02 12:00  profile sms/marketing=granted
    03-02 12:01  moment m ${words}  command m
  `,
    { catalogue, settings: { learning } },
  )
  const [decision] = decisions
  if (!decision) throw new Error('no decision')
  return { decision, command: commands[0] }
}

describe('an acceptance that learns', () => {
  const both = [
    offer('a', { acceptance: { prior: 0.1, strength: 100 } }),
    offer('b', { acceptance: { prior: 0.05, strength: 100 } }),
  ]

  it('is its prior while nothing is known', () => {
    const { decision } = answer(offering(both), noLearning)
    expect(decision.candidates.map(({ offer: id, score, learned }) => [id, score, learned])).toEqual([
      ['a', 100, { alpha: 10, beta: 90, probability: 0.1, explored: false, tallied_at: null }],
      ['b', 50, { alpha: 5, beta: 95, probability: 0.05, explored: false, tallied_at: null }],
    ])
  })

  it('moves with what subscribers do, so that another offer is made', () => {
    const { decision } = answer(offering(both), knowing({ a: [0, 300], b: [60, 40] }))
    expect(decision.offer).toBe('b')
    expect(decision.candidates.map(({ offer: id, learned }) => [id, learned?.alpha, learned?.beta])).toEqual([
      ['b', 65, 135],
      ['a', 10, 390],
    ])
  })

  it('keeps to its prior as strongly as is said', () => {
    const known = knowing({ a: [0, 100] })
    const probability = (strength: number) =>
      answer(offering([offer('a', { acceptance: { prior: 0.2, strength } })]), known, 'offers=a').decision.candidates[0]
        ?.learned?.probability
    expect(probability(100)).toBeCloseTo(0.1, 10)
    expect(probability(900)).toBeCloseTo(0.18, 10)
  })

  it('is learned for each segment and channel that it tells apart', () => {
    const cell = offer('a', { acceptance: { prior: 0.1, strength: 10, by: [{ segment: 'rich', prior: 0.3 }] } })
    const known = knowing({ a: [90, 0], 'a rich': [0, 90] })
    const learned = (words: string) => answer(offering([cell]), known, words).decision.candidates[0]?.learned
    expect(learned('offers=a segments=value:rich')).toMatchObject({ alpha: 3, beta: 97 })
    expect(learned('offers=a segments=value:poor')).toMatchObject({ alpha: 91, beta: 9 })
  })

  it.each`
    what                            | acceptance                     | policy
    ${'a number'}                   | ${0.1}                         | ${{}}
    ${'a prior without a strength'} | ${{ prior: 0.1 }}              | ${{}}
    ${'any, under learn: false'}    | ${{ prior: 0.1, strength: 1 }} | ${{ learning: { learn: false, explore: 0 } }}
  `('$what learns nothing', ({ acceptance, policy }) => {
    const { decision, command } = answer(
      offering([offer('a', { acceptance })], policy),
      knowing({ a: [500, 0] }),
      'offers=a',
    )
    expect(decision.candidates).toMatchObject([{ score: 100, learned: null }])
    expect(command?.awaits?.learn).toBe(false)
  })

  it("a model's score comes before what was learned", () => {
    const scored = offer('a', { acceptance: { prior: 0.1, strength: 10, score: 'odds' } })
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted tags=odds:0.7
      03-02 12:01  moment m offers=a  command m
    `,
      { catalogue: offering([scored]), settings: { learning: knowing({ a: [0, 900] }) } },
    )
    expect(decisions[0]?.candidates).toMatchObject([{ score: 700, learned: null }])
  })

  it('is asked with the half-life of the policy, and the command carries it', () => {
    const seen: (number | undefined)[] = []
    const { command } = answer(
      offering(both, { learning: { learn: true, explore: 0, halfLife: 5 } }),
      knowing({}, seen),
    )
    expect(new Set(seen)).toEqual(new Set([5]))
    expect(command?.awaits).toMatchObject({ learn: true, half_life_ms: 5, segment: null })
  })
})

describe('exploration', () => {
  const catalogue = (explore: number, strength = 20) =>
    offering(
      [offer('a', { acceptance: { prior: 0.1, strength } }), offer('b', { acceptance: { prior: 0.09, strength } })],
      { learning: { learn: true, explore } },
    )
  const sampled = (explore: number, moments: number, strength?: number, learning = noLearning) =>
    Array.from({ length: moments }, (_, i) => {
      const id = `m${i}`
      const { decisions } = play(
        `
        03-02 12:00  profile sms/marketing=granted
        03-02 12:01  moment ${id} offers=a,b  command ${id}
      `,
        { catalogue: catalogue(explore, strength), settings: { learning } },
      )
      return decisions[0]
    })

  it('takes the declared share of moments, and all of their offers are sampled', () => {
    const decisions = sampled(0.3, 300)
    const explored = decisions.filter((one) => one?.candidates.some(({ learned }) => learned?.explored))
    expect(explored.length / 300).toBeGreaterThan(0.2)
    expect(explored.length / 300).toBeLessThan(0.4)
    for (const one of explored) expect(one?.candidates.every(({ learned }) => learned?.explored)).toBe(true)
    for (const one of decisions) if (!explored.includes(one)) expect(one?.offer).toBe('a')
  })

  it('gives the same sample whenever and wherever the moment is judged, and another to another moment or offer', () => {
    const samples = () =>
      sampled(1, 40).map((one) => one?.candidates.map(({ offer: id, learned }) => `${id} ${learned?.probability}`))
    const first = samples()
    expect(samples()).toEqual(first)
    expect(new Set(first.flat()).size).toBe(80)
  })

  it('makes what is worse on average as often as it may be the best, and hardly once much is known', () => {
    const of = (strength: number) => sampled(1, 200, strength).filter((one) => one?.offer === 'b').length / 200
    expect(of(20)).toBeGreaterThan(0.3)
    expect(of(20)).toBeLessThan(0.6)
    expect(of(1_000_000)).toBe(0)
  })

  it('samples the distribution that it records', () => {
    for (const one of sampled(1, 20, 50, knowing({ a: [3, 47], b: [1, 4] }))) {
      for (const { learned } of one?.candidates ?? []) {
        const { alpha = 0, beta = 0, probability = 0 } = learned ?? {}
        expect(alpha + beta).toBeGreaterThan(50)
        // Within what only one draw in a million is outside of.
        expect(probability).toBeGreaterThan(betaQuantile(5e-7, alpha, beta))
        expect(probability).toBeLessThan(betaQuantile(1 - 5e-7, alpha, beta))
      }
    }
  })
})

describe('a variant that was stopped', () => {
  const variant = (id: string, what: Partial<Variant>): Variant => ({
    id,
    share: 1,
    offers: {},
    messages: {},
    stopIf: [{ rate: 'opt-out', above: { rate: 0.1 }, exposures: 10, confidence: 0.9 }],
    whenStopped: 'nothing',
    ...what,
  })
  const catalogue = (campaign: Partial<Campaign>): Catalogue => {
    const base = catalogueWith(open)
    const rules = base.ruleset.rules.map((rule) => ({ ...rule, campaign: 'growth' }))
    const usual = { id: 'growth', title: { en: 'Growth' }, holdout: 0, salt: 's', experiment: 'first', variants: [] }
    return { ...base, ruleset: { ...base.ruleset, rules }, campaigns: [{ ...usual, ...campaign }] }
  }
  const stopped: Learning = {
    ...noLearning,
    stopOf: (experiment, id) =>
      experiment === 'first' && id === 'warm' ? { since: 7, reason: 'too many' } : undefined,
  }
  const timeline = (says: string) => `
    03-02 12:00  profile sms/marketing=granted
    03-02 12:01  moment m  ${says}
  `

  it('says nothing more to those who are in it, where that is declared', () => {
    const { decisions, outcomes } = play(timeline('suppressed m variant-stopped'), {
      catalogue: catalogue({ variants: [variant('warm', {})] }),
      settings: { learning: stopped },
    })
    expect(decisions).toMatchObject([
      {
        campaign: 'growth',
        variant: 'warm',
        exposure: null,
        evidence: { 'variant-stopped.variant': 'warm', 'variant-stopped.since': 7, 'variant-stopped.why': 'too many' },
      },
    ])
    expect(outcomes).toEqual([])
  })

  it("gives them the control's words, and counts them for neither", () => {
    const words = { booster: { en: 'Warm' } }
    const control = variant('as-ever', { share: 0.000001, stopIf: [] })
    const { decisions, commands, outcomes } = play(timeline('command m'), {
      catalogue: catalogue({
        control: 'as-ever',
        variants: [variant('warm', { share: 0.999999, whenStopped: 'control', messages: words }), control],
      }),
      settings: { learning: stopped },
    })
    expect(decisions).toMatchObject([{ variant: 'as-ever', evidence: { 'variant.stopped': 'warm' } }])
    expect(commands).toMatchObject([{ variant: 'as-ever', text: '加油包', awaits: { experiment: null } }])
    expect(outcomes).toMatchObject([{ outcome: 'exposed', experiment: null }])
  })

  it('begins anew with another edition of the campaign', () => {
    play(timeline('command m'), {
      catalogue: catalogue({ experiment: 'second', variants: [variant('warm', {})] }),
      settings: { learning: stopped },
    })
  })
})
