import { describe, expect, it } from 'vitest'
import { breachesOf } from '../../services/learning/guardrails.ts'
import type { Campaign } from '../../services/rules/campaigns.ts'
import type { Guardrail } from '../../services/rules/guardrails.ts'

const campaignWith = (rail: Partial<Guardrail>): Campaign => {
  const usual = { rate: 'opt-out', above: { rate: 0.02 }, exposures: 100, confidence: 0.99 } as const
  const variant = { share: 0.5, offers: {}, messages: {}, whenStopped: 'control' } as const
  return {
    id: 'growth',
    title: { en: 'Growth' },
    holdout: 0,
    salt: 'growth',
    experiment: 'first',
    control: 'plain',
    variants: [
      { ...variant, id: 'plain', stopIf: [] },
      { ...variant, id: 'warm', stopIf: [{ ...usual, ...rail }] },
    ],
  }
}

const counts = (exposed: number, opted_out: number, refused = 0, unsent = 0) => ({
  exposed,
  unsent,
  opted_out,
  refused,
})

describe('a guardrail', () => {
  const factor = { above: { times: 1.5, against: 'control' } }
  it.each`
    what                                            | rail                   | warm                      | plain                | stops
    ${'far above its limit'}                        | ${{}}                  | ${counts(1000, 60)}       | ${counts(1000, 10)}  | ${true}
    ${'below its limit'}                            | ${{}}                  | ${counts(1000, 15)}       | ${counts(1000, 0)}   | ${false}
    ${'above its limit, perhaps by chance'}         | ${{}}                  | ${counts(200, 6)}         | ${undefined}         | ${false}
    ${'the same rate of many'}                      | ${{}}                  | ${counts(20_000, 600)}    | ${undefined}         | ${true}
    ${'and who need not be so sure'}                | ${{ confidence: 0.6 }} | ${counts(200, 6)}         | ${undefined}         | ${true}
    ${'far above, of too few'}                      | ${{}}                  | ${counts(99, 50)}         | ${undefined}         | ${false}
    ${'of just enough'}                             | ${{}}                  | ${counts(100, 50)}        | ${undefined}         | ${true}
    ${'what never left is no exposure'}             | ${{}}                  | ${counts(150, 50, 0, 51)} | ${undefined}         | ${false}
    ${'refusals are not opt-outs'}                  | ${{}}                  | ${counts(1000, 0, 600)}   | ${undefined}         | ${false}
    ${'refusals'}                                   | ${{ rate: 'refusal' }} | ${counts(1000, 0, 60)}    | ${undefined}         | ${true}
    ${"far above the control's"}                    | ${factor}              | ${counts(1000, 100)}      | ${counts(1000, 20)}  | ${true}
    ${"the control's times less than the factor"}   | ${factor}              | ${counts(1000, 28)}       | ${counts(1000, 20)}  | ${false}
    ${'as bad as the control'}                      | ${factor}              | ${counts(9000, 900)}      | ${counts(9000, 900)} | ${false}
    ${"above the control's, which is little known"} | ${factor}              | ${counts(1000, 100)}      | ${counts(99, 1)}     | ${false}
    ${'there is no control yet'}                    | ${factor}              | ${counts(1000, 100)}      | ${undefined}         | ${false}
    ${'nothing is counted'}                         | ${{}}                  | ${undefined}              | ${undefined}         | ${false}
  `('$what: stops $stops', ({ rail, warm, plain, stops }) => {
    const known = new Map(Object.entries({ warm, plain }).filter(([, one]) => one !== undefined))
    const breaches = breachesOf(campaignWith(rail), known)
    expect(breaches.map(({ variant }) => variant)).toEqual(stops ? ['warm'] : [])
    if (stops) expect(breaches[0]?.reason).toMatch(/rate \d+\.\d\d % \(\d+ of \d+\), at least/)
  })

  it.each`
    what                                         | holdout | own            | of_all       | stops
    ${'far above what the campaign holds out'}   | ${0.1}  | ${[1000, 5]}   | ${undefined} | ${true}
    ${'as bad as those who hear nothing of it'}  | ${0.1}  | ${[9000, 700]} | ${undefined} | ${false}
    ${'too few are held out yet'}                | ${0.1}  | ${[99, 0]}     | ${undefined} | ${false}
    ${'its own holdout counts, not that of all'} | ${0.1}  | ${[1000, 90]}  | ${[1000, 0]} | ${false}
    ${'without one of its own that of all does'} | ${0}    | ${undefined}   | ${[1000, 5]} | ${true}
    ${'nobody is known who is held out'}         | ${0.1}  | ${undefined}   | ${undefined} | ${false}
  `('against the holdout: $what: stops $stops', ({ holdout, own, of_all, stops }) => {
    const campaign = { ...campaignWith({ above: { times: 1.5, against: 'holdout' } }), holdout }
    const armOf = (arm: 'held-out' | 'held-out-of-all', [windows, opted_out]: readonly number[]) => ({
      ...{ campaign: 'growth', experiment: 'first', arm, windows: windows ?? 0, opted_out: opted_out ?? 0 },
      ...{ bought: 0, refused: 0, left: 0, first_at: 0, last_at: 0 },
    })
    const arms = [...(own ? [armOf('held-out', own)] : []), ...(of_all ? [armOf('held-out-of-all', of_all)] : [])]
    const known = new Map(Object.entries({ warm: counts(1000, 80), plain: counts(1000, 80) }))
    const breaches = breachesOf(campaign, known, [...arms, { ...armOf('held-out', [9000, 0]), experiment: 'earlier' }])
    expect(breaches.map(({ variant }) => variant)).toEqual(stops ? ['warm'] : [])
    if (stops) expect(breaches[0]?.reason).toMatch(/1.5 times the holdout's, which is at most/)
  })

  it('hardly ever stops what does no harm, though it is asked again and again', () => {
    // A rate of exactly the limit, asked behind every exposure: 200 variants of 2,000.
    let seed = 42
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
      return seed / 0x80000000
    }
    let stopped = 0
    for (let run = 0; run < 60; run++) {
      let out = 0
      for (let n = 1; n <= 1000; n++) {
        if (random() < 0.015) out++
        if (n % 20 === 0 && breachesOf(campaignWith({}), new Map([['warm', counts(n, out)]])).length > 0) {
          stopped++
          break
        }
      }
    }
    expect(stopped).toBeLessThan(4)
  })
})
