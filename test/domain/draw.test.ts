import { describe, expect, it } from 'vitest'
import { draw } from '../../services/domain/draw.ts'

const subscribers = Array.from({ length: 100_000 }, (_, i) => `s${i}`)

/** Pearson's statistic of counts that should all be the same. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

const countsOf = (bins: number, binOf: (subscriber: string) => number) => {
  const counts = new Array<number>(bins).fill(0)
  for (const subscriber of subscribers) counts[binOf(subscriber)] = (counts[binOf(subscriber)] ?? 0) + 1
  return counts
}

// Quantiles of chi-square at 0.999: what a fair draw exceeds once in a thousand salts. These salts are fixed.
const most99 = 148.23
const most9 = 27.88

describe('a draw', () => {
  it.each(['policy', 'spring', ''])('by %j is even over 100,000 subscribers', (salt) => {
    expect(chiSquare(countsOf(100, (one) => Math.floor(100 * draw('holdout', salt, one))))).toBeLessThan(most99)
  })

  it.each([
    ['of two salts', ['holdout', 'a'], ['holdout', 'b']],
    ['of two kinds', ['holdout', 'a'], ['variant', 'a']],
    ['of parts that read the same in a row', ['ab', 'c'], ['a', 'bc']],
  ] as const)('%s has nothing to do with the other', (_, one, other) => {
    const counts = countsOf(100, (subscriber) => {
      return 10 * Math.floor(10 * draw(...one, subscriber)) + Math.floor(10 * draw(...other, subscriber))
    })
    expect(chiSquare(counts)).toBeLessThan(most99)
    // Of those that the one draws low, a tenth is in each tenth of the other.
    expect(chiSquare(counts.slice(0, 10))).toBeLessThan(most9)
  })

  it('is the same for ever', () => {
    expect([draw('holdout', 'all', 'policy', 's1'), draw('variant', '对照', 's1')]).toMatchInlineSnapshot(`
      [
        0.8863143609378135,
        0.3632877517739317,
      ]
    `)
  })
})
