import { expect, test } from 'vitest'
import { countsOf, differences, type Outputs } from './outputs.ts'

/** `a b×2`: two records of id b. */
const moments = (text: string): Outputs => {
  const all = text.split(' ').filter((one) => one !== '')
  const entries = all.map((one) => one.split('×')).map(([id = '', times = '1']) => [id, Number(times)] as const)
  return new Map([['moment', new Map(entries.map(([id, times]) => [id, { what: `rule of ${id}`, times }]))]])
}

test.each([
  ['the same', 'a b', 'a b', []],
  ['in another order', 'a b', 'b a', []],
  ['one that was not', 'a', 'a b', ['new: moment b, rule of b']],
  ['one that is there again', 'a b', 'a b×2', ['2 times: moment b, rule of b']],
  ['one that was there twice before', 'a×2', 'a×2', []],
  ['one for another', 'a b', 'a c', ['new: moment c, rule of c', 'gone: moment b, rule of b']],
  ['the first ones', '', 'a', ['new: moment a, rule of a']],
])('outputs that are compared: %s', (_, before, after, lines) => {
  expect(differences(moments(before), moments(after))).toEqual(lines)
})

test('outputs are counted with those that are there again', () => {
  expect(countsOf(moments('a b×2'))).toEqual({ moment: 3 })
})
