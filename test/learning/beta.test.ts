import fc from 'fast-check'
import { expect, it } from 'vitest'
import { betaQuantile, betaShareBelow, rateAtLeast, rateAtMost, rateInterval } from '../../services/learning/beta.ts'

/** By @stdlib/stats-base-dists-beta-quantile 0.2.3 (Boost's inverse): p, alpha, beta, quantile. */
const known = [
  [0.001, 0.5, 0.5, 0.0000024673990709169446],
  [0.025, 0.5, 0.5, 0.001541333133436012],
  [0.975, 0.5, 0.5, 0.9984586668665639],
  [0.025, 1, 1, 0.025],
  [0.001, 2, 5, 0.00825549278774668],
  [0.5, 2, 5, 0.26444998329566],
  [0.999, 2, 5, 0.818613866919134],
  [0.5, 0.1, 9.9, 0.00006276178241663677],
  [0.975, 0.1, 9.9, 0.09822655608111247],
  [0.999, 0.1, 9.9, 0.29902395409454513],
  [0.001, 10, 90, 0.03086043299244282],
  [0.5, 10, 90, 0.09733463842068908],
  [0.999, 10, 90, 0.2134509186110924],
  [0.025, 200, 9800, 0.01734827241236516],
  [0.975, 200, 9800, 0.022833520413941193],
  [0.001, 50_000, 950_000, 0.04932906495936436],
  [0.5, 50_000, 950_000, 0.04999970000018311],
  [0.025, 2_500_000, 7_500_000, 0.24973166825829785],
  [0.999, 2_500_000, 7_500_000, 0.25042328989130713],
] as const

it.each(known)('below the quantile %d of Beta(%d, %d) lies that share', (p, alpha, beta, quantile) => {
  expect(Math.abs(betaQuantile(p, alpha, beta) / quantile - 1)).toBeLessThan(1e-9)
})

const counts = fc.double({ min: 0.01, max: 1e6, noNaN: true })
const shares = fc.double({ min: 0.001, max: 0.999, noNaN: true })

it('a quantile and the share below it undo each other, and more draws a higher sample', () => {
  fc.assert(
    fc.property(counts, counts, shares, shares, (alpha, beta, p, q) => {
      const x = betaQuantile(p, alpha, beta)
      // Near 0 and 1 one bit of x may be much of the distribution.
      if (x > 1e-12 && x < 1 - 1e-12) expect(betaShareBelow(x, alpha, beta)).toBeCloseTo(p, 4)
      if (p < q) expect(x).toBeLessThanOrEqual(betaQuantile(q, alpha, beta))
    }),
    { numRuns: 300 },
  )
})

it('one that mirrors the other has mirrored quantiles', () => {
  fc.assert(
    fc.property(counts, counts, shares, (alpha, beta, p) => {
      expect(betaQuantile(p, alpha, beta)).toBeCloseTo(1 - betaQuantile(1 - p, beta, alpha), 9)
    }),
    { numRuns: 300 },
  )
})

it('a count of nothing is a certainty, and what is no distribution is refused', () => {
  expect([betaQuantile(0.3, 0, 5), betaQuantile(0.3, 5, 0)]).toEqual([0, 1])
  for (const [p, alpha, beta] of [
    [0.5, 0, 0],
    [0.5, -1, 2],
    [1.1, 1, 1],
    [Number.NaN, 1, 1],
    [0.5, Number.NaN, 1],
  ] as const) {
    expect(() => betaQuantile(p, alpha, beta)).toThrow(RangeError)
  }
})

it('intervals of rates are those of Jeffreys', () => {
  // Brown, Cai, DasGupta 2001: 0 of 10 and 2 of 10 at 95 %.
  expect(rateInterval(0, 10, 0.95).low).toBe(0)
  expect(rateInterval(2, 10, 0.95).low).toBeCloseTo(0.0441, 4)
  expect(rateInterval(2, 10, 0.95).high).toBeCloseTo(0.5028, 4)
  expect(rateInterval(10, 10, 0.95).high).toBe(1)
  expect([rateAtLeast(0, 10, 0.99), rateAtMost(10, 10, 0.99)]).toEqual([0, 1])
})
