import { describe, expect, test } from 'vitest'
import { impactOf } from '../../services/catalogue/impact.ts'
import { carryOf, carryOfRule } from '../../services/rules/carry.ts'
import { factorContents } from '../../services/rules/factor-contents.ts'
import { smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { contentOf, threshold } from './contents.ts'

const before = contentOf()
const rule = smallCatalogue['rules/calls.yaml']
const factor = smallCatalogue['factors/calls.yaml']

const shortly = (changes: Readonly<Record<string, string | undefined>>, from = before) =>
  impactOf(from, contentOf(changes)).changes.map(({ kind, id, change, fields, through, carry, refusal }) =>
    [
      change,
      kind,
      id,
      ...fields.map(({ field }) => field),
      ...through.map((by) => `by ${by}`),
      carry ?? '',
      refusal?.code ?? '',
    ]
      .join(' ')
      .trim(),
  )

describe('what a change of files changes', () => {
  const table: readonly (readonly [
    what: string,
    changes: Readonly<Record<string, string | undefined>>,
    impact: readonly string[],
  ])[] = [
    ['nothing', {}, []],
    ['a comment', { 'rules/calls.yaml': `# why\n${rule}` }, []],
    ['keys in another order', { 'rules/calls.yaml': rule.split('\n').toReversed().join('\n') }, []],
    ['a file of another name', { 'rules/calls.yaml': undefined, 'rules/long.yaml': rule }, []],
    ['a condition', threshold(60), ['changed rules long-call when keep']],
    ['a title', { 'rules/calls.yaml': rule.replace('A long call', 'Long') }, ['changed rules long-call title.en keep']],
    ['a rule less', { 'rules/calls.yaml': undefined }, ['removed rules long-call']],
    ['a rule more', { 'rules/more.yaml': rule.replace('long-call', 'longer-call') }, ['added rules longer-call']],
    [
      'the window of a factor, and the rule that reads it',
      { 'factors/calls.yaml': factor.replace('24h }', '12h }') },
      ['changed factors calls_24h window.rolling migrate', 'changed rules long-call by calls_24h keep'],
    ],
    [
      'what a factor counts',
      { 'factors/calls.yaml': `${factor}where: duration_s > 0\n` },
      ['changed factors calls_24h where reset', 'changed rules long-call by calls_24h keep'],
    ],
    [
      'what a factor is called',
      { 'factors/calls.yaml': factor.replace('Calls in the last 24 hours', 'Calls') },
      ['changed factors calls_24h title.en keep', 'changed rules long-call by calls_24h keep'],
    ],
    [
      'the policy',
      { 'policy.yaml': smallCatalogue['policy.yaml'].replace('gaps: {}', 'gaps: { marketing: 24h }') },
      ['changed policy policy gaps.marketing'],
    ],
    [
      'an offer',
      { 'offers/offers.yaml': smallCatalogue['offers/offers.yaml'].replace('calling."', 'your call."') },
      ['changed offers thanks message.en'],
    ],
  ]
  test.each(table)('%s', (_what, changes, impact) => {
    expect(shortly(changes)).toEqual(impact)
  })

  test('old and new value of each field; what is gone has no new one', () => {
    const { changes } = impactOf(contentOf(threshold(60)), contentOf({ ...threshold(90) }))
    expect(changes[0]?.fields).toEqual([
      { field: 'when', before: 'event.duration_s >= 60', after: 'event.duration_s >= 90' },
    ])
    const gone = impactOf(before, contentOf({ 'rules/calls.yaml': rule.replace('evidence: [calls_24h]\n', '') }))
    expect(gone.changes[0]?.fields).toEqual([{ field: 'evidence', before: ['calls_24h'] }])
  })
})

describe('what lies between a change and the rules', () => {
  const chargesBy = (aggregate: string, { derive = 'charges + 1', segment = 'charges > 1000' } = {}) => ({
    'factors/charges.yaml': `- { id: charges, title: { en: C }, from: cdr, ${aggregate === 'count' ? '' : 'value: charge, '}aggregate: ${aggregate}, window: lifetime }
- { id: more, title: { en: M }, derive: ${derive} }
- { id: most, title: { en: M }, derive: more * 2 }
`,
    'segments/value.yaml': `- { id: top, dimension: value, title: { en: T }, when: ${segment} }
- { id: rest, dimension: value, title: { en: R }, when: "true" }
`,
    'rules/read.yaml': `- { id: far, moment: change, title: { en: F }, on: cdr, when: most > 1${derive.endsWith('.0') ? '.0' : ''}, purpose: care }
- { id: told, moment: change, title: { en: T }, on: cdr, when: event.duration_s > 1, evidence: [most], purpose: care }
- { id: asked, moment: change, title: { en: A }, on: cdr, when: segment("rest"), purpose: care }
`,
  })
  test('a factor behind derived ones, and behind segments, is named', () => {
    expect(shortly(chargesBy('max'), contentOf(chargesBy('sum')))).toEqual([
      'changed factors charges aggregate reset',
      'changed rules far by charges keep',
      'changed rules told by charges keep',
      'changed rules asked by charges keep',
    ])
  })

  test('a segment that stands before the one that is asked for', () => {
    const changed = chargesBy('sum', { segment: 'charges > 2000' })
    expect(shortly(changed, contentOf(chargesBy('sum')))).toEqual([
      'changed segments top when',
      'changed rules asked by segment("rest") keep',
    ])
  })

  test('of a lifetime: counts say nothing of sums; it begins anew', () => {
    const of = (aggregate: string) =>
      contentOf(chargesBy(aggregate)).catalogue.ruleset.factors.find(({ id }) => id === 'charges')
    const [count, sum] = [of('count'), of('sum')]
    if (!count || !sum) throw new Error('no factor')
    expect([carryOf(count, sum), carryOf(sum, count), carryOf(sum, sum)]).toEqual(['reset', 'reset', 'keep'])
  })

  test('another type of value, through others too: what publish would refuse is told', () => {
    const changed = chargesBy('sum', { derive: 'double(charges) + 1.0' })
    changed['factors/charges.yaml'] = changed['factors/charges.yaml'].replace('more * 2', 'more * double(2)')
    const earlier = chargesBy('sum')
    expect(shortly(changed, contentOf(earlier))).toEqual([
      'changed factors more derive keep KM_FACTOR_TYPE_CHANGED',
      'changed factors most derive keep KM_FACTOR_TYPE_CHANGED',
      'changed rules far when keep',
      'changed rules told by most by more keep',
    ])
  })
})

describe('state of a rule that waits', () => {
  const absence = (within: string, on = 'recharge') => `id: silence
moment: change
title: { en: Silence }
pattern:
  - low: { on: ${on} }
  - not: { on: cdr, for: ${within} }
purpose: care
`
  const ruleOf = (text: string) => {
    const found = contentOf({ 'rules/silence.yaml': text }).catalogue.ruleset.rules.find(({ id }) => id === 'silence')
    if (!found) throw new Error('no rule')
    return found
  }
  test.each([
    ['the same', absence('48h'), 'keep'],
    ['a shorter wait', absence('24h'), 'migrate'],
    ['for another beginning', absence('48h', 'bill'), 'reset'],
    ['no pattern any more', rule.replace('long-call', 'silence'), 'reset'],
  ])('%s', (_what, text, carry) => {
    expect(carryOfRule(ruleOf(absence('48h')), ruleOf(text))).toBe(carry)
  })

  test('whose line is moved: where a subscriber stands is not known of another line', () => {
    const crossing = (calls: number, once: string) =>
      ruleOf(
        rule
          .replace('long-call', 'silence')
          .replace('when: event.duration_s >= 600', `becomes: calls_24h >= ${calls}\nonce: ${once}`),
      )
    expect(carryOfRule(crossing(5, '1d'), crossing(6, '1d'))).toBe('reset')
    expect(carryOfRule(crossing(5, '1d'), crossing(5, '2d'))).toBe('keep')
  })

  test('whose factor is counted otherwise: where a subscriber stands is not known of another number', () => {
    const rulesetOf = (duration: number) =>
      contentOf({
        'rules/calls.yaml': rule.replace('when: event.duration_s >= 600', 'becomes: calls_24h >= 5'),
        'factors/calls.yaml': `${factor.trimEnd()}\nwhere: duration_s >= ${duration}\n`,
      }).catalogue.ruleset
    const [old, present] = [rulesetOf(1), rulesetOf(2)]
    const contents = { before: factorContents(old), after: factorContents(present) }
    const [own, same] = [old, present].map(({ rules }) => rules.find(({ id }) => id === 'long-call'))
    if (!own || !same) throw new Error('no rule')
    expect(carryOfRule(own, same, contents)).toBe('reset')
    expect(carryOfRule(own, same, { before: contents.before, after: contents.before })).toBe('keep')
  })

  test('a factor that is the same keeps its state wherever it stands', () => {
    const [old] = before.catalogue.ruleset.factors
    const [moved] = contentOf({ 'factors/calls.yaml': `# moved\n${factor}` }).catalogue.ruleset.factors
    if (!old || !moved) throw new Error('no factor')
    expect(carryOf(old, moved)).toBe('keep')
  })
})
