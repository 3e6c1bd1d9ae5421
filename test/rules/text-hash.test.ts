import fc from 'fast-check'
import { expect, test } from 'vitest'
import { textHash, textHashOf } from '../../services/rules/text-hash.ts'

test('a text and its bytes, wherever they lie, have the same hash of 52 bits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat({ max: 9 }), (text, before) => {
      const bytes = Buffer.concat([Buffer.alloc(before, 7), Buffer.from(text), Buffer.alloc(5, 9)])
      const hash = textHash(text)
      expect(textHashOf(bytes, before, bytes.length - 5)).toBe(hash)
      expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 52).toBe(true)
    }),
  )
})

test('a long text has a hash too', () => {
  const text = '流量'.repeat(5000)
  expect(textHash(text)).toBe(textHashOf(Buffer.from(text), 0, Buffer.byteLength(text)))
})

test('texts that are nearly the same have other hashes, and every bit takes part', () => {
  const seen = new Set<number>()
  let ones = 0
  for (let i = 0; i < 200_000; i++) {
    const hash = textHash(`cell-${i}`)
    seen.add(hash)
    ones += Math.floor(hash / 2 ** 40) % 2
  }
  expect(seen.size).toBe(200_000)
  expect(ones / 200_000).toBeCloseTo(0.5, 1)
})

test('hashes are kept with the state: they never change', () => {
  expect(['', 'a', 'abcd', 'gold', '金卡', 'product-0001'].map(textHash)).toMatchInlineSnapshot(`
    [
      1196568912565234,
      3319081849280917,
      3355125950658701,
      1366936224452627,
      372206062245208,
      3258832653176503,
    ]
  `)
})
