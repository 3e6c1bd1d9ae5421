import { expect, test } from 'vitest'
import { thresholdsOf } from '../../services/quantiles/thresholds.ts'

const sorted = (values: readonly number[]) => Float64Array.from(values).sort()

test.each([
  ['a fifth is the upper two of ten', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [0.8], [9]],
  ['several cuts', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [0.4, 0.8], [5, 9]],
  ['who has the same is on the same side', [0, 0, 0, 0, 0, 0, 0, 5, 7, 9], [0.4, 0.8], [5, 7]],
  ['a part that falls between two', [10, 20, 30], [0.5], [30]],
  ['of one alone nobody stands out', [7], [0.5], [null]],
  ['too many share the greatest', [1, 2, 3, 9, 9], [0.5, 0.7], [9, null]],
  ['a part that doubles tell a little larger', Array.from({ length: 100 }, (_, i) => i), [0.07, 0.29], [7, 29]],
])('%s', (_, values, cuts, thresholds) => {
  expect(thresholdsOf(sorted(values), cuts)).toEqual(thresholds)
})
