import fc from 'fast-check'
import { Liquid } from 'liquidjs'
import smpp from 'smpp'
import { expect, test } from 'vitest'
import { sizeOfSms } from '../../../services/domain/sms-text.ts'
import { filters } from '../../../services/rules/templates/filters.ts'
import { withOptOut } from '../../../services/rules/templates/opt-out.ts'
import { told } from './told.ts'

const text = fc.oneof(
  fc.constantFrom('Gold 5G', 'Família', '畅享套餐', '{{ balance }}', '}', '', ' ', '€', '😀', 'a\u0000b', '\ud800'),
  fc.string({ unit: 'binary', maxLength: 80 }),
)
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 850, 1e21, Number.MAX_SAFE_INTEGER))
/** What no factor gives, too: evidence of an earlier version, or of another system. */
const anything = fc.oneof(text, number, fc.boolean(), fc.constant(null), fc.constant(undefined))
const values = fc.record({
  balance: anything,
  share: anything,
  mb: anything,
  calls: anything,
  logged_in: anything,
  plan: anything,
  contract_end: anything,
  seen: anything,
  days_left: anything,
})

const outputs = [
  '{{ balance | money }}',
  '{{ balance | money | default: "little" }}',
  '{{ share | percent: 1 }}',
  '{{ mb | data }}',
  '{{ calls | number }}',
  '{{ plan }}',
  '{{ plan | default: "your plan" }}',
  '{{ contract_end | date: "full" }}',
  '{{ seen | date: "time" }}',
  '{{ days_left | plural: " day", " days" }}',
  '{{ offer.price | money }}',
  '{{ policy.brand }}',
]
const template = fc
  .array(fc.oneof(fc.constantFrom(...outputs), fc.constantFrom(' ', '.', 'You have ', '€', '余额', '\n', 'ç')), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''))
const zone = fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Kiritimati')

test('a text has no brace and is not empty, whatever the values; without one of them there is none', () => {
  fc.assert(
    fc.property(template, values, zone, (source, evidence, where) => {
      const rendered = told(source, evidence, { zone: where })
      if (rendered.text === undefined) return
      expect(rendered.text).not.toMatch(/[{}]/)
      expect(rendered.text.trim()).not.toBe('')
      expect(rendered.text.isWellFormed()).toBe(true)
      expect(rendered.text).not.toMatch(/NaN|Infinity|∞|undefined|null|Invalid/)
      expect(told(source, evidence, { zone: where })).toEqual(rendered)
    }),
    { numRuns: 2000 },
  )
})

test('amounts, numbers and dates stay in GSM 03.38 in the languages of markets that use it', () => {
  const language = fc.constantFrom('en', 'de', 'fr', 'es', 'it', 'sv', 'nl', 'pt')
  const source =
    '{{ balance | money }} {{ share | percent }} {{ mb | data }} {{ mb | number: 1 }} {{ seen | date: "time" }}'
  const known = fc.record({
    balance: fc.integer(),
    share: fc.double({ min: -1, max: 1, noNaN: true }),
    mb: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    seen: fc.integer({ min: 0, max: 4e12 }),
  })
  fc.assert(
    fc.property(language, known, (spoken, evidence) => {
      const { text: said } = told(source, evidence, { language: spoken })
      expect(said).toBeDefined()
      expect([said, sizeOfSms(said ?? '').encoding]).toEqual([said, 'gsm7'])
    }),
  )
})

test('the length and the parts of what is said are those that the smpp package and arithmetic give', () => {
  fc.assert(
    fc.property(template, values, fc.nat(30), (source, evidence, times) => {
      const { text: said } = told(source, evidence)
      if (said === undefined) return
      const long = withOptOut(said.repeat(times + 1), 'Reply STOP to opt out.')
      const { encoding, length, parts } = sizeOfSms(long)
      expect(encoding === 'gsm7').toBe(smpp.encodings.ASCII.match(long))
      expect(length).toBe(encoding === 'gsm7' ? smpp.encodings.ASCII.encode(long).length : long.length)
      const [alone, each] = encoding === 'gsm7' ? [160, 153] : [70, 67]
      // An escape or a surrogate pair that would be cut goes to the next part: one unit lost in each at most.
      expect(parts).toBeGreaterThanOrEqual(length <= alone ? 1 : Math.ceil(length / each))
      expect(parts).toBeLessThanOrEqual(length <= alone ? 1 : Math.ceil(length / (each - 1)))
    }),
  )
})

test("what is put in is put where LiquidJS's own renderer puts it", () => {
  const liquid = new Liquid({ strictVariables: true, strictFilters: true, ownPropertyOnly: true })
  const voice = { language: 'en', zone: 'Asia/Shanghai', currency: 'CNY' }
  for (const [name, filter] of Object.entries(filters)) {
    if (name === 'date') continue
    liquid.registerFilter(name, (value: number, ...args: (number | string)[]) =>
      filter.write(value, args, voice, 'int'),
    )
  }
  const part = fc.constantFrom(
    '{{ balance | money }}',
    '{{- balance | money -}}',
    '{{balance|money}}',
    "{{ plan | default: 'none' }}",
    '{{ plan | default: "a \\" b" }}',
    '{{ mb | number: 1 }}',
    '{{ days_left | plural: " day", " days" }}',
    ' ',
    '\n',
    'Hello, ',
    '. ',
  )
  const known = fc.record({
    balance: fc.integer(),
    plan: fc.constantFrom('Gold', null),
    mb: fc.double({ min: 0, max: 1e6, noNaN: true }),
    days_left: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), known, (parts, evidence) => {
      const source = parts.join('')
      const theirs = String(liquid.parseAndRenderSync(source, evidence)).trim()
      expect(told(source, evidence).text ?? '').toBe(theirs)
    }),
  )
})
