import { expect, test } from 'vitest'
import { messageSizes } from '../../../services/rules/templates/message-sizes.ts'
import { catalogueOf, evidence, rules } from './told.ts'

const care = { rules: rules.rule('r', 'care', evidence) }
const sizesOf = (message: string, written = {}) =>
  messageSizes(catalogueOf(message, written)).map(({ language, encoding, least, greatest }) => {
    return `${language} ${encoding} ${least.length}-${greatest.length} ${least.parts}-${greatest.parts}`
  })

test.each([
  // texts                                                                          sizes
  ['  en: Hello\n', ['en gsm7 5-5 1-1']],
  ['  en: "[Hello]"\n', ['en gsm7 9-9 1-1']],
  ['  en: Hello\n  zh: 您好\n', ['en gsm7 5-5 1-1', 'zh ucs2 2-2 1-1']],
  // ¥0 … -¥1,234.56
  ['  en: "Left: {{ balance | money | default: \'-\' }}"\n', ['en gsm7 7-16 1-1']],
  [`  en: "${'a'.repeat(155)}{{ calls | number }}"\n`, ['en gsm7 156-161 1-2']],
  [`  zh: "${'余'.repeat(68)}{{ calls | number }}"\n  en: x\n`, ['zh ucs2 69-74 1-2', 'en gsm7 1-1 1-1']],
] as const)('%j', (texts, sizes) => {
  expect(sizesOf(texts, care)).toEqual(sizes)
})

test('how to opt out counts, where a marketing rule lists the offer', () => {
  expect(sizesOf('  en: Hello.\n')).toEqual(['en gsm7 29-29 1-1'])
})

test('the longest text is shown', () => {
  const [size] = messageSizes(catalogueOf('  en: "Left: {{ balance | money | default: \'-\' }}"\n', care))
  expect(size?.text).toBe('Left: -¥1,234.56')
})
