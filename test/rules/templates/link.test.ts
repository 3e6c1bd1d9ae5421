import { expect, test } from 'vitest'
import { messageSizes } from '../../../services/rules/templates/message-sizes.ts'
import { catalogueOf, problemsWith } from './told.ts'

const link = 'link: https://shop.example/data-booster?from=sms&to=%E6%B5%81\n'

test('a text may put the link of its offer in, and is as long as with the longest', () => {
  const [size] = messageSizes(catalogueOf('  en: "Book: {{ offer.link }}"\n', { offer: link }))
  // 6, the link's 64, and how to opt out with the space before it.
  expect(size?.least).toEqual({ encoding: 'gsm7', length: 6 + 64 + 23, parts: 1 })
})

test('an offer without a link has none to put in', () => {
  expect(problemsWith('  en: "{{ offer.link }}"\n')).toEqual([
    'offers/o.yaml:5:11  KM_TEMPLATE_MISSING  this offer has no link; give it one',
  ])
})

test('a call cannot say a link, unless it has a text of its own', () => {
  const channels = `${link}channels: [sms, ivr]\n`
  const code =
    "offers/o.yaml:6:11  KM_TEMPLATE_VARIABLE  a call cannot say 'offer.link'; give the offer a text of its own for ivr in its channel_messages, without it"
  expect(problemsWith('  en: "{{ offer.link }}"\n', { offer: channels })).toEqual([code])
  const own = `${channels}channel_messages: { ivr: { en: Press one. } }\n`
  expect(problemsWith('  en: "{{ offer.link }}"\n', { offer: own })).toEqual([])
})

test.each([
  ['http://shop.example/', 'write it like https://shop.example/data-booster'],
  ['javascript:alert(1)', 'write it like https://shop.example/data-booster'],
  ['https://shop.example/流量', 'write it like https://shop.example/data-booster'],
  ['"https://shop.example/a b"', 'write it like https://shop.example/data-booster'],
  ['https://user:pw@shop.example/', 'it holds a user name or a password'],
  ['https://shop.example:99999/', 'it cannot be read as an address'],
])('%s is no link', (given, why) => {
  const [first, ...others] = problemsWith('  en: Hello\n', { offer: `link: ${given}\n` })
  expect(first).toContain(`offers/o.yaml:3:7  KM_CATALOGUE_VALUE  this is no link: ${why}`)
  expect(others).toEqual([])
})
