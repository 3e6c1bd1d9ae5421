import { expect, test } from 'vitest'
import { differenceOf } from '../../services/learning/difference.ts'

/** Newcombe 1998, table II, method 10. */
test.each`
  a     | m     | b     | n     | low        | high
  ${56} | ${70} | ${48} | ${80} | ${0.0524}  | ${0.3339}
  ${9}  | ${10} | ${3}  | ${10} | ${0.1705}  | ${0.809}
  ${6}  | ${7}  | ${2}  | ${7}  | ${0.0582}  | ${0.8062}
  ${5}  | ${56} | ${0}  | ${29} | ${-0.0381} | ${0.1926}
  ${0}  | ${10} | ${0}  | ${20} | ${-0.1611} | ${0.2775}
  ${0}  | ${10} | ${0}  | ${10} | ${-0.2775} | ${0.2775}
  ${10} | ${10} | ${0}  | ${20} | ${0.6791}  | ${1}
  ${10} | ${10} | ${0}  | ${10} | ${0.6075}  | ${1}
`('$a of $m less $b of $n is between $low and $high', ({ a, m, b, n, low, high }) => {
  const found = differenceOf({ hits: a, trials: m }, { hits: b, trials: n })
  expect(found?.difference).toBeCloseTo(a / m - b / n, 12)
  expect(found?.low).toBeCloseTo(low, 4)
  expect(found?.high).toBeCloseTo(high, 4)
})

test('without trials nothing is known', () => {
  expect(differenceOf({ hits: 0, trials: 0 }, { hits: 1, trials: 2 })).toBeUndefined()
  expect(differenceOf({ hits: 1, trials: 2 }, { hits: 0, trials: 0 })).toBeUndefined()
})
