import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Acceptance } from '../../services/rules/acceptance.ts'
import type { Catalogue, Offer, Policy } from '../../services/rules/catalogue.ts'
import { catalogueWith } from './catalogue.ts'
import { play } from './timeline.ts'

const open = { caps: [], gaps: {}, quietHours: [] }

/** `small` is listed first and `large` last, whatever they are worth. */
const offered = (offers: readonly Partial<Offer>[], policy: Partial<Policy> = {}): Catalogue => ({
  ...catalogueWith({ ...open, ...policy }),
  offers: offers.map((offer, i) => ({ id: `o${i}`, title: { en: 'O' }, message: { en: `O${i}` }, ...offer })),
})

/** What is said to a moment that lists all of these, and the decision about it. */
function answer(catalogue: Catalogue, { profile = '', moment = '' } = {}) {
  const ids = catalogue.offers.map(({ id }) => id).join(',')
  const { decisions } = play(
    `
    03-02 12:00  profile sms/marketing=granted${profile}
    03-02 12:01  moment a offers=${ids}${moment}  command a
  `,
    { catalogue },
  )
  const [decision] = decisions
  if (!decision) throw new Error('no decision')
  return decision
}

describe('of the offers of a moment', () => {
  it('the one that is worth most is said; the others lost, with their scores', () => {
    const decision = answer(
      offered([
        { id: 'small', value: 1000, acceptance: 0.2 },
        { id: 'dear', value: 9000, cost: 8500, acceptance: 0.5 },
        { id: 'large', value: 5000, cost: 1000, acceptance: 0.1 },
      ]),
    )
    expect(decision.offer).toBe('large')
    expect(decision.candidates).toEqual([
      { offer: 'large', channel: 'sms', codes: [], evidence: {}, score: 400, learned: null },
      { offer: 'dear', channel: 'sms', codes: ['priority'], evidence: {}, score: 250, learned: null },
      { offer: 'small', channel: 'sms', codes: ['priority'], evidence: {}, score: 200, learned: null },
    ])
  })

  it('the first is said where none says how likely it is accepted', () => {
    const decision = answer(offered([{}, { value: 9000 }, {}]))
    expect(decision.candidates.map(({ offer, codes, score }) => [offer, codes, score])).toEqual([
      ['o0', [], null],
      ['o1', ['priority'], null],
      ['o2', ['priority'], null],
    ])
  })

  it('those that are not weighed come behind those that are, in the order of the rule', () => {
    const decision = answer(offered([{ id: 'z' }, { id: 'a' }, { id: 'm', value: 10, acceptance: 0 }]))
    expect(decision.candidates.map(({ offer }) => offer)).toEqual(['m', 'z', 'a'])
  })

  it('of equals the first by id is said', () => {
    const equal = { value: 100, acceptance: 0.5 }
    const decision = answer(
      offered([
        { id: 'b', ...equal },
        { id: 'c', ...equal },
        { id: 'a', ...equal },
      ]),
    )
    expect(decision.candidates.map(({ offer }) => offer)).toEqual(['a', 'b', 'c'])
  })
})

describe('how likely an acceptance is', () => {
  const acceptance: Acceptance = {
    prior: 0.1,
    by: [
      { segment: 'rich', channel: 'push', prior: 0.9 },
      { segment: 'rich', prior: 0.2 },
      { channel: 'sms', prior: 0.3 },
    ],
    score: 'odds',
  }
  const catalogue = offered([{ value: 1000, acceptance }])
  it.each`
    where                                 | profile              | moment                             | expected
    ${'the first that fits'}              | ${''}                | ${' segments=tier:poor,cell:rich'} | ${200}
    ${'the channel'}                      | ${''}                | ${' segments=tier:poor'}           | ${300}
    ${"a model's score"}                  | ${' tags=odds:0.5'}  | ${' segments=cell:rich'}           | ${500}
    ${'a score of nothing'}               | ${' tags=odds:0'}    | ${''}                              | ${0}
    ${'no score but a word'}              | ${' tags=odds:high'} | ${''}                              | ${300}
    ${'no score but nothing'}             | ${' tags=odds:'}     | ${''}                              | ${300}
    ${'a score that is none'}             | ${' tags=odds:1.01'} | ${''}                              | ${300}
    ${'a tag that nothing is weighed by'} | ${' tags=other:0.5'} | ${''}                              | ${300}
  `('is told by $where', ({ profile, moment, expected }) => {
    expect(answer(catalogue, { profile, moment }).candidates[0]?.score).toBe(expected)
  })

  it('is the prior where nothing fits', () => {
    const plain = offered([{ value: 1000, acceptance: { prior: 0.1, by: [{ segment: 'rich', prior: 0.5 }] } }])
    expect(answer(plain).candidates[0]?.score).toBe(100)
  })

  it('follows the newest profile that names tags, in whatever order they come, and ends with the identity', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted tags=odds:0.5
      03-02 12:01  profile tags=odds:0.9 reported=03-01
      03-02 12:02  moment a offers=o0       command a
      03-02 12:03  profile language=en
      03-02 12:04  moment b offers=o0       command b
      03-02 12:05  profile tags=other:1
      03-02 12:06  moment c offers=o0       command c
      03-02 12:07  profile tags=odds:0.7
      03-02 12:08  profile status=deactivated
      03-02 12:09  profile sms/marketing=granted
      03-02 12:10  moment d offers=o0       command d
    `,
      { catalogue },
    )
    expect(decisions.map(({ candidates }) => candidates[0]?.score)).toEqual([500, 500, 300, 300])
  })
})

describe('what an answer is worth', () => {
  it('is less by what its channel costs, and counts as much as its subscriber does', () => {
    const one = [{ value: 1000, acceptance: 0.1 }]
    const priorityWeights = { first: 3, late: 0.5 }
    const score = (policy: Partial<Policy>, moment = '') =>
      answer(offered(one, policy), { moment }).candidates[0]?.score
    expect(score({ channelCosts: { sms: 30, ivr: 500 } })).toBe(70)
    expect(score({ channelCosts: { sms: 130 } })).toBe(-30)
    expect(score({ priorityWeights }, ' segments=a:first')).toBe(300)
    expect(score({ priorityWeights }, ' segments=a:first,b:other,c:late')).toBe(150)
    expect(score({ priorityWeights, channelCosts: { sms: 20 } }, ' segments=c:late')).toBe(40)
  })
})

it('nothing that could have been said is worth more than what is, and every loser was sayable', () => {
  const offers = fc.array(
    fc.record({
      value: fc.integer({ min: 0, max: 20 }),
      cost: fc.integer({ min: 0, max: 20 }),
      acceptance: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
    }),
    { minLength: 1, maxLength: 6 },
  )
  fc.assert(
    fc.property(offers, fc.boolean(), (drawn, reversed) => {
      const listed = offered(drawn)
      const catalogue = reversed ? { ...listed, offers: listed.offers.toReversed() } : listed
      const { offer, candidates } = answer(catalogue)
      // A judge of its own: the plain formula.
      const worth = drawn.map(({ value, cost, acceptance }, i) => ({ id: `o${i}`, is: acceptance * (value - cost) }))
      const most = Math.max(...worth.map(({ is }) => is))
      expect(offer).toBe(worth.find(({ is }) => is === most)?.id)
      expect(candidates.filter(({ codes }) => codes.length === 0).map((one) => one.offer)).toEqual([offer])
      expect(candidates).toHaveLength(drawn.length)
    }),
    { numRuns: 200 },
  )
})
