import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMessages, type Said } from '../../services/decide/message.ts'
import { createDecideStep } from '../../services/decide/step.ts'
import { linkMark } from '../../services/domain/message-link.ts'
import type { Catalogue, Offer, Policy } from '../../services/rules/catalogue.ts'
import type { ValueType } from '../../services/rules/expression.ts'
import type { Factor } from '../../services/rules/ruleset.ts'
import { catalogueWith } from './catalogue.ts'
import { play } from './timeline.ts'

const factor = (id: string, type: ValueType): Factor => ({
  id,
  title: { en: id },
  hidden: false,
  type,
  definition: { kind: 'derived', value: { kind: 'literal', type, value: 0 } },
  location: {},
})

const market: Partial<Policy> = {
  currency: 'CNY',
  variables: { hotline: '10086' },
  optOutText: { en: 'Reply STOP to opt out.', zh: '退订回复TD。' },
}

/** `booster` needs a balance, `review` a plan, `help` nothing; the gap is off. */
const saying = (policy: Partial<Policy> = market): Catalogue => {
  const catalogue = catalogueWith({ gaps: {}, caps: [], ...policy })
  const offers: readonly Offer[] = [
    {
      id: 'booster',
      title: { en: 'Booster' },
      price: 500,
      message: { en: '{{ balance | money }} left: {{ offer.price | money }}?', zh: '余额{{ balance | money }}。' },
    },
    { id: 'review', title: { en: 'Review' }, message: { en: 'On {{ plan }}?' } },
    {
      id: 'help',
      title: { en: 'Help' },
      message: { en: 'Call {{ policy.hotline }}.', zh: '请拨{{ policy.hotline }}。' },
    },
  ]
  const factors = [factor('balance', 'int'), factor('plan', 'string')]
  return { ...catalogue, offers, ruleset: { ...catalogue.ruleset, factors } }
}

describe('a link', () => {
  const link = 'https://shop.example/pass'
  const withLink = (): Catalogue => {
    const catalogue = saying()
    const [one] = catalogue.offers
    if (!one) throw new Error('there is an offer')
    const message = { en: 'Look: {{ offer.link }}' }
    return { ...catalogue, offers: [{ ...one, link, channels: ['sms', 'push'], message }] }
  }

  it('is marked in the text, said in the command, and cited as the offer has it', () => {
    const { decisions, commands } = play(
      `
      03-02 12:00  profile sms/marketing=granted language=en
      03-02 12:01  moment a offers=booster purpose=service               command a
    `,
      { catalogue: withLink() },
    )
    expect(commands).toMatchObject([{ text: `Look: ${linkMark}`, link }])
    expect(decisions).toMatchObject([{ text: `Look: ${linkMark}`, evidence: { 'text.offer.link': link } }])
  })

  it('is told to people as it is', () => {
    const catalogue = withLink()
    const messageOf = createMessages(catalogue)
    const [offer] = catalogue.offers
    if (!offer) throw new Error('there is an offer')
    const moment = { evidence: {}, at: 0, purpose: 'service' }
    const said = { moment, channel: 'desk', offer, state: { facts: {} }, zone: 'UTC' } as unknown as Said
    expect(messageOf(said)).toMatchObject({ text: `Look: ${link}`, link: null })
  })
})

describe('what is put in', () => {
  it('comes from the evidence, the offer and the policy, and stands in the decision', () => {
    const { decisions, commands } = play(
      `
      03-02 12:00  profile sms/marketing=granted language=en
      03-02 12:01  moment a told=balance:850 purpose=service            command a
      03-02 12:02  moment b told=balance:850                            command b
      03-02 12:03  moment c offers=help                                 command c
    `,
      { catalogue: saying() },
    )
    expect(commands.map(({ text }) => text)).toEqual([
      '¥8.50 left: ¥5?',
      '¥8.50 left: ¥5? Reply STOP to opt out.',
      'Call 10086. Reply STOP to opt out.',
    ])
    expect(decisions.map(({ text, evidence }) => [text, evidence])).toEqual([
      [commands[0]?.text, { 'text.balance': 850, 'text.offer.price': 500 }],
      [commands[1]?.text, { 'text.balance': 850, 'text.offer.price': 500 }],
      [commands[2]?.text, { 'text.policy.hotline': '10086' }],
    ])
  })

  it('is written in the language of the text', () => {
    const { commands } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a told=balance:850                            command a
    `,
      { catalogue: saying() },
    )
    expect(commands.map(({ text, language }) => [text, language])).toEqual([['余额¥8.50。退订回复TD。', 'zh']])
  })

  it('is the value of the moment, also when it waited for the morning', () => {
    const { commands } = play(
      `
      03-02 12:00  profile sms/marketing=granted language=en
      03-02 23:00  moment a told=balance:850                            deferred a quiet-hours until 03-03 08:00
      03-03 08:00  -                                                    command a
    `,
      { catalogue: saying() },
    )
    expect(commands[0]?.text).toContain('¥8.50')
  })
})

describe('half a message is never sent', () => {
  it('as the offers behind it take its place, and the decision says what it lacked', () => {
    const { decisions, commands } = play(
      `
      03-02 12:00  profile sms/marketing=granted language=en
      03-02 12:01  moment a told=balance: offers=booster                suppressed a unrenderable
      03-02 12:02  moment b told=plan:{{x}} offers=booster,review       suppressed b unrenderable
      03-02 12:03  moment c told=plan:Gold offers=booster,review,help   command c
    `,
      { catalogue: saying() },
    )
    expect(commands.map(({ offer, text }) => [offer, text])).toEqual([['review', 'On Gold? Reply STOP to opt out.']])
    expect(decisions.map(({ evidence }) => evidence['unrenderable.lacks'] ?? null)).toEqual([
      'balance',
      'balance',
      null,
    ])
    expect(decisions[0]?.evidence).toEqual({
      'unrenderable.offer': 'booster',
      'unrenderable.language': 'en',
      'unrenderable.lacks': 'balance',
    })
    expect(
      decisions.map(({ candidates }) => candidates.map(({ offer, codes }) => [offer, ...codes].join(' '))),
    ).toEqual([
      ['booster unrenderable'],
      ['booster unrenderable', 'review unrenderable'],
      ['booster unrenderable', 'review', 'help priority'],
    ])
  })

  it('nor marketing without the words that say how to opt out', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted language=en
      03-02 12:01  moment a offers=help                                 suppressed a unrenderable
      03-02 12:02  moment b offers=help purpose=service                 command b
    `,
      { catalogue: saying({ ...market, optOutText: { zh: '退订回复TD。' } }) },
    )
    expect(decisions[0]?.evidence['unrenderable.lacks']).toBe('opt_out_text')
  })

  it('whatever the evidence holds', () => {
    const step = createDecideStep(saying())
    const value = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(null, true, '{{ plan }}'),
    )
    const at = Date.parse('2026-03-02T04:00:00Z')
    const head = {
      subscriber_id: 's',
      detected_at: at,
      at,
      triggered_at: at,
      rule: 'service',
      rule_version: '1',
    } as const
    fc.assert(
      fc.property(
        value,
        value,
        fc.subarray(['booster', 'review', 'help'], { minLength: 1 }),
        (balance, plan, offers) => {
          const { outputs = [] } = step.handle(
            step.initial,
            {
              type: 'moment',
              value: {
                ...head,
                moment_id: 'm',
                kind: 'change',
                purpose: 'service',
                occurrence: 'm',
                expires_at: at + 3_600_000,
                evidence: { balance, plan },
                offers,
                segments: {},
                mode: 'live',
              },
            },
            { now: at, clock: at, knownSince: undefined, heard: at },
          )
          const texts = outputs.map(({ value }) => ('text' in value ? (value.text ?? null) : null))
          // The decision, and the command with the same text, or the decision alone without any.
          expect([...new Set(texts)]).toHaveLength(1)
          const [text] = texts
          expect(outputs).toHaveLength(typeof text === 'string' ? 2 : 1)
          if (typeof text !== 'string') expect(offers).not.toContain('help')
          else {
            expect(text).not.toMatch(/[{}]|NaN|Infinity|∞|null|true/)
            expect(text.trim()).not.toBe('')
          }
        },
      ),
    )
  })
})
