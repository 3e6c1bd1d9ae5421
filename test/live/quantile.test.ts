import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Buckets, quantile } from '../../services/live/quantile.ts'

const bounds = [0.125, 0.5, 1, 4, Number.POSITIVE_INFINITY]

function bucketsOf(observations: readonly number[]): Buckets {
  const place = (value: number) => bounds.findIndex((bound) => value <= bound)
  return { bounds, counts: bounds.map((_, index) => observations.filter((value) => place(value) === index).length) }
}

test.each([
  { q: 0.5, observations: [], expected: null },
  { q: 0.5, observations: [0.05], expected: { value: 0.0625, beyond: false } },
  { q: 1, observations: [0.05], expected: { value: 0.125, beyond: false } },
  { q: 0.5, observations: [0.2, 0.2, 0.2, 0.2], expected: { value: 0.3125, beyond: false } },
  { q: 0.99, observations: [0.2, 0.2, 9, 9], expected: { value: 4, beyond: true } },
  { q: 0.5, observations: [0.2, 0.2, 9, 9], expected: { value: 0.5, beyond: false } },
])('the $q-quantile of $observations', ({ q, observations, expected }) => {
  expect(quantile(q, bucketsOf(observations))).toEqual(expected)
})

test('lies in the bucket that holds the exact one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 10, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      (observations, q) => {
        const sorted = observations.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)] ?? 0
        const upper = bounds.findIndex((bound) => exact <= bound)
        const found = quantile(q, bucketsOf(observations))
        expect(found?.beyond).toBe(bounds[upper] === Number.POSITIVE_INFINITY)
        expect(found?.value).toBeLessThanOrEqual(bounds[upper] ?? 0)
        expect(found?.value).toBeGreaterThanOrEqual(bounds[upper - 1] ?? 0)
      },
    ),
  )
})
