import { describe, expect, test } from 'vitest'
import { evidence, problemsWith, rules } from './told.ts'

const file = 'offers/o.yaml'
/** The text stands in quotes on the fifth line, from the eighth column on. */
const said = (template: string): readonly string[] => problemsWith(`  en: '${template}'\n`)

describe('texts that are right', () => {
  test.each([
    ['Hello'],
    ['{{ calls | number }} calls'],
    ['{{ balance | money | default: "little" }}'],
    ['{{ balance | default: 0 | money }}'],
    ['{{ payment | default: "-" }}'],
    ['{{ contract_end | date: "full" | default: "soon" }}'],
    ['{{ seen | date: "time" | default: "today" }}'],
    ['{{ days_left | plural: " day", " days" | default: "few days" }}'],
    ['{{ offer.title }} {{ offer.price | money }} {{ policy.hotline }} {{ policy.brand }} {{ message.language }}'],
    ['{{ moment.at | date: "time" }}'],
    ['{{ mb | data }}'],
  ])('%s', (template) => {
    expect(said(template)).toEqual([])
  })
})

describe('texts that are wrong', () => {
  test.each([
    // template                            where and what
    ['Pay {{ balence | money }}', "15  KM_TEMPLATE_VARIABLE  no variable 'balence'; did you mean 'balance'?"],
    ['{{ offer.prize | money }}', "11  KM_TEMPLATE_VARIABLE  no variable 'offer.prize'; did you mean 'offer.price'?"],
    [
      '{{ policy.hotlne }}',
      "11  KM_TEMPLATE_VARIABLE  policy.yaml has no 'hotlne' among its variables; did you mean 'hotline'?",
    ],
    [
      '{{ unsaid | number }}',
      "11  KM_TEMPLATE_VARIABLE  no rule that lists this offer has 'unsaid' in its evidence; add it there: 'r'",
    ],
    [
      'Pay {{ balance | money }}',
      `15  KM_TEMPLATE_MISSING  'balance' may be missing: the factor may be unknown; say what stands in its place: | default: "…"`,
    ],
    [
      '{{ plan }}',
      `11  KM_TEMPLATE_MISSING  'plan' may be missing: the factor may be unknown; say what stands in its place: | default: "…"`,
    ],
    [
      '{{ calls }}',
      "11  KM_TEMPLATE_FILTER  'calls' is a whole number: say how it is written, by one of money, number, percent, data, plural",
    ],
    [
      '{{ contract_end | default: "x" }}',
      '26  KM_TEMPLATE_FILTER  default stands behind the filter that writes a date',
    ],
    [
      '{{ logged_in | default: "x" }}',
      '23  KM_TEMPLATE_FILTER  default stands behind the filter that writes true or false',
    ],
    ['{{ calls | mony }}', "19  KM_TEMPLATE_FILTER  no filter 'mony'; did you mean 'money'?"],
    ['{{ calls | number: 9 }}', '19  KM_TEMPLATE_FILTER  number takes one number, the digits behind the point, 0 to 3'],
    ['{{ calls | money: 1 }}', '19  KM_TEMPLATE_FILTER  money takes nothing behind it'],
    [
      '{{ plan | default: "x" | money }}',
      '33  KM_TEMPLATE_FILTER  money takes a whole number or a number, and what stands before it is a text',
    ],
    [
      '{{ calls | number | number }}',
      '28  KM_TEMPLATE_FILTER  number takes a whole number or a number, and what stands before it is a text',
    ],
    [
      '{{ calls | date }}',
      '19  KM_TEMPLATE_FILTER  date takes a date or a time, and what stands before it is a whole number',
    ],
    ['{{ contract_end | date: "long" }}', '26  KM_TEMPLATE_FILTER  date takes one of "day", "full", "weekday", "time"'],
    ['{{ contract_end | date: "time" }}', '26  KM_TEMPLATE_FILTER  a date has no time of day'],
    ['{{ days_left | plural: " days" }}', '23  KM_TEMPLATE_FILTER  plural takes 2 texts: one, other'],
    ['{{ plan | default }}', '18  KM_TEMPLATE_FILTER  default takes one value: what is said instead'],
    [
      '{{ balance | default: "x" | money }}',
      '21  KM_TEMPLATE_FILTER  default takes a number, or stands behind the filter that writes it here',
    ],
    ['{{ plan | default: "{x}" }}', '18  KM_TEMPLATE_FILTER  a text with braces has no place in a message'],
    [
      '{{ plan | default: "" }}',
      '8  KM_TEMPLATE_EMPTY  there may be nothing in this message; give it a text beside what may be missing',
    ],
    ['Pay { balance }', '12  KM_TEMPLATE_SYNTAX  a lone brace; what is put in stands in two: {{ balance | money }}'],
    ['Pay {{ balance', '12  KM_TEMPLATE_SYNTAX  what is opened here is not closed: {{ needs its }}'],
    ['Pay balance }}', '20  KM_TEMPLATE_SYNTAX  a lone brace; what is put in stands in two: {{ balance | money }}'],
    [
      'A {% if calls %}',
      '10  KM_TEMPLATE_SYNTAX  {% … %} has no place in a message: there is {{ name | filter }}, and nothing else',
    ],
    [
      '{{ calls > 3 }}',
      '11  KM_TEMPLATE_SYNTAX  this is not the name of a variable; write it like {{ balance | money }}',
    ],
    [
      '{{ plan.x.y }}',
      '11  KM_TEMPLATE_SYNTAX  this is not the name of a variable; write it like {{ balance | money }}',
    ],
    [
      '{{ plan | default: calls }}',
      `18  KM_TEMPLATE_SYNTAX  'default' takes numbers and texts in quotes, like: number: 1 or default: "some"`,
    ],
    [
      '{{ plan | default: x: "a" }}',
      `18  KM_TEMPLATE_SYNTAX  'default' takes numbers and texts in quotes, like: number: 1 or default: "some"`,
    ],
  ])('%s', (template, problem) => {
    expect(said(template)).toEqual([`${file}:5:${problem}`])
  })

  test('all of a text are told, on their lines', () => {
    expect(
      problemsWith('  en: |\n    Dear {{ nam }},\n    you have {{ calls }} and\n    {{ calls | numbr }}.\n'),
    ).toEqual([
      expect.stringMatching(/^offers\/o\.yaml:6:13 {2}KM_TEMPLATE_VARIABLE {2}no variable 'nam'/),
      expect.stringMatching(/^offers\/o\.yaml:7:17 {2}KM_TEMPLATE_FILTER {2}'calls' is a whole number/),
      "offers/o.yaml:8:16  KM_TEMPLATE_FILTER  no filter 'numbr'; did you mean 'number'?",
    ])
  })

  test('more values than anybody reads', () => {
    expect(said('{{ policy.hotline }} '.repeat(21))).toEqual([
      `${file}:5:428  KM_TEMPLATE_SYNTAX  more than 20 values are put in`,
    ])
  })
})

describe('what rules and policy must give', () => {
  const text = '  en: "{{ calls | number }} calls"\n'
  const { rule } = rules

  test('evidence that one of the rules lacks', () => {
    const both = rule('a', 'care', evidence) + rule('b', 'care', ['plan'])
    expect(problemsWith(text, { rules: both })).toEqual([
      `${file}:5:11  KM_TEMPLATE_MISSING  'calls' may be missing: rule 'b' lists the offer and has it not in its evidence; say what stands in its place: | default: "…"`,
    ])
    expect(problemsWith('  en: "{{ calls | number | default: 0 }}"\n', { rules: both })).toEqual([
      `${file}:5:28  KM_TEMPLATE_FILTER  default takes a text in quotes here`,
    ])
    expect(problemsWith('  en: "{{ calls | number | default: \'some\' }}"\n', { rules: both })).toEqual([])
  })

  test('a rule with a fault of its own is not blamed for its evidence', () => {
    const faulty = rule('a', 'care', ['plan']).replace('calls > 3', 'cals > 3')
    expect(problemsWith(text, { rules: rule('b', 'care', evidence) + faulty })).toEqual([
      "rules/all.yaml:2:66  KM_RULE_UNKNOWN_FACTOR  no factor 'cals'; did you mean 'calls'?",
    ])
  })

  test("a pattern's step under the name of the factor", () => {
    const pattern =
      '- { id: a, moment: change, title: { en: R }, pattern: [{ calls: { on: cdr } }, { not: { on: recharge, for: 48h } }], purpose: care, evidence: [calls], offers: [o] }\n'
    expect(problemsWith(text, { rules: pattern })).toEqual([
      `${file}:5:11  KM_TEMPLATE_VARIABLE  rule 'a' has a step 'calls', whose time its moments tell under this name; rename the step`,
    ])
  })

  test('an offer that no rule lists is never sent: what its moments tell is asked when one does', () => {
    const others = rule('a', 'care', evidence).replace('offers: [o]', 'offers: []')
    expect(problemsWith(text, { rules: others })).toEqual([])
  })

  test('a price', () => {
    expect(problemsWith('  en: "{{ offer.price | money }}"\n', { offer: '' })).toEqual([
      'offers/o.yaml:4:11  KM_TEMPLATE_MISSING  this offer has no price; give it one',
    ])
  })

  test('a currency, where there is money', () => {
    const policy = rules.policy.replace('currency: CNY\n', '')
    expect(problemsWith('  en: "{{ offer.price | money }}"\n', { policy })).toEqual([
      `${file}:5:25  KM_TEMPLATE_FILTER  money needs the currency of policy.yaml, as currency: CNY`,
    ])
  })

  test('a variable of the policy in the language', () => {
    const policy = rules.policy.replace('opt_out_text: {', 'opt_out_text: { pt: Responda STOP.,')
    expect(problemsWith('  en: Hello\n  pt: "{{ policy.brand }} {{ policy.hotline }}"\n', { policy })).toEqual([
      `${file}:6:11  KM_TEMPLATE_MISSING  'brand' of policy.yaml has no text in 'pt'; add it`,
    ])
  })

  test('how to opt out in each language of a marketing offer', () => {
    expect(problemsWith('  en: Hello\n  pt: Olá\n')).toEqual([
      `${file}:6:3  KM_POLICY_OPT_OUT  it is marketing, and opt_out_text of policy.yaml has no 'pt'; add how to opt out in that language`,
    ])
    expect(problemsWith('  en: Hello\n  pt: Olá\n', { rules: rule('a', 'care', evidence) })).toEqual([])
  })

  test.each([
    ['currency: CNY', 'currency: CNX', /7:11 {2}KM_CATALOGUE_VALUE {2}'CNX' is no currency of ISO 4217; did you mean/],
    [
      'currency: CNY',
      'currency: yuan',
      /7:11 {2}KM_CATALOGUE_VALUE {2}'currency' must be three capital letters, as CNY/,
    ],
    [
      'hotline: "10086"',
      'hotline: "{{ x }}"',
      /9:12 {2}KM_CATALOGUE_VALUE {2}'hotline' must be one line of text without/,
    ],
    ['en: Reply STOP to opt out.', 'en: ""', /11:21 {2}KM_CATALOGUE_VALUE {2}'en' must be one line of text/],
  ])('%s → %s', (from, to, problem) => {
    const found = problemsWith('  en: Hello\n', { policy: rules.policy.replace(from, to) })
    expect(found).toEqual([expect.stringMatching(problem)])
  })
})
