import { describe, expect, it } from 'vitest'
import { chainReasons, otherReasons, type Reason } from '../../services/domain/reason-codes.ts'
import { decisionAnswer, decisionWords } from '../../services/explain/decision-answer.ts'
import { sentences } from '../../services/explain/sentences.ts'
import type { Budget } from '../../services/rules/budgets.ts'
import { catalogueWith } from './catalogue.ts'
import { sayable } from './channels-catalogue.ts'
import { catalogueOfProducts } from './offers-catalogue.ts'
import { play, type TimelineOptions, timeOf } from './timeline.ts'

const zone = 'Asia/Shanghai'
const day = 86_400_000
const free = { quietHours: [], caps: [], gaps: {} }
const granted = '03-02 12:00  profile sms/marketing=granted'
const said = `${granted}\n03-02 12:01  moment a`
const asked = '03-02 12:30  moment asked'
const no = { id: 'no', of: 'all', after: 1, within: Number.POSITIVE_INFINITY, length: 30 * day } as const
const cap = { id: 'week', purposes: ['marketing'], window: { kind: 'civil', unit: 'week' }, most: 1 } as const
const budget = (per: Budget['per']): TimelineOptions => {
  const hours = { start: 0, end: 1440 }
  const visits: Budget = { id: 'visits', of: 'uses', amount: 1, per, draws: {}, pacing: 'none', hours, reserves: [] }
  return { policy: { ...free, budgets: [visits] } }
}
const usual: TimelineOptions = { policy: free }
const push = { catalogue: sayable('id: booster, channels: [push]', 'no_address_for: 3d') }
const seldom = {
  catalogue: sayable('id: booster', 'channels: { sms: { reach: { factor: balance, most: 30 } } }'),
}
const people = {
  catalogue: sayable(
    'id: booster, channels: [task], task: visit',
    `human_channels: { teams: [{ id: all, title: { en: All }, hours: "00:00-24:00", days: every-day }], tiers: [{ tier: secondary }], routing: [{ team: all }], tasks: [{ id: visit, title: { en: V }, due: 1d, closes_after: 7d }] }`,
  ),
}
const visited = '03-02 12:00  profile task/marketing=granted\n03-02 12:01  moment a purpose=service'

/** The timeline ends with the moment that is held back by the code, and until when. */
type Case = readonly [code: string, until: string | null, table: string, options: TimelineOptions]

const cases: readonly Case[] = [
  ['consent', '03-04 00:00', `03-02 12:00  profile sms/marketing=granted since=03-04\n${asked}`, usual],
  ['consent', null, `03-02 12:00  profile sms/marketing=refused\n${asked}`, usual],
  ['protected', '03-05 00:00', `${granted} born=2008-03-05\n${asked}`, usual],
  ['protected', null, `${granted} register=listed\n${asked}`, usual],
  ['do-not-disturb', '03-03 12:01', `${granted}\n03-02 12:01  open do-not-disturb longest=1d\n${asked}`, usual],
  ['do-not-disturb', null, `${granted} blocks=sms\n${asked}`, usual],
  ['open-issue', '03-03 12:01', `${granted}\n03-02 12:01  open open-issue longest=1d\n${asked}`, usual],
  ['live-call', '03-02 14:01', `${granted}\n03-02 12:01  open live-call longest=2h\n${asked}`, usual],
  ['quiet-hours', '03-03 08:00', `${granted}\n03-02 23:00  moment asked`, {}],
  ['cap', '03-09 00:00', `${said}\n${asked}`, { policy: { ...free, caps: [cap] } }],
  ['gap', '03-03 12:01', `${said}\n${asked}`, { policy: { ...free, gaps: { marketing: day } } }],
  ['cooling', '04-01 12:02', `${said}\n03-02 12:02  reply no to=a\n${asked}`, { policy: { ...free, cooling: [no] } }],
  ['ineligible', '06-01 00:00', `${granted}\n${asked} offers=summer`, { catalogue: catalogueOfProducts }],
  ['ineligible', null, `${granted} products=fibre-300\n${asked} offers=fibre`, { catalogue: catalogueOfProducts }],
  ['budget', '03-03 00:00', `${said}\n${asked}`, budget('day')],
  ['budget', null, `${said}\n${asked}`, budget('life')],
  ['repeated', '03-09 12:01', `${said}\n${asked}`, { catalogue: catalogueWith(free, 7 * day) }],
  ['repeated', null, `${said}\n${asked}`, { catalogue: catalogueWith(free, 'lifetime') }],
  [
    'no-address',
    '03-05 12:01',
    `03-02 12:00  profile push/marketing=granted\n03-02 12:01  moment a\n03-02 12:01  receipt a failed channel=push code=no-address\n${asked}`,
    push,
  ],
  ['no-reach', '03-10 12:01', `${visited}\n${asked} purpose=service`, people],
  ['no-reach', null, `${granted}\n${asked} told=balance:31`, seldom],
]

const telling = {
  say: sentences.en,
  when: (at: number) => new Date(at).toLocaleString('sv-SE', { timeZone: zone }).slice(5, 16),
}

describe('a reason that ends by itself says when', () => {
  it.each(cases)('%s: until %s', (code, until, table, options) => {
    const decision = play(table, { ...options, isSaid: false }).decisions.at(-1)
    if (!decision) throw new Error('nothing was decided')
    const ends = until === null ? null : timeOf(until, zone)
    expect([decision.code, decision.until]).toEqual([code, ends])
    // And so do `explain` and its answer by HTTP.
    const answer = decisionAnswer(decision, undefined, telling)
    expect(answer.until).toBe(ends === null ? null : new Date(ends).toISOString())
    const words = decisionWords(decision, undefined, telling)
    if (until === null) expect(words).not.toContain(') until ')
    else expect(words).toContain(`) until ${until}`)
  })

  it('is tried for each code that does, with its other side where it only sometimes does', () => {
    const all: readonly Reason[] = [...chainReasons, ...otherReasons]
    const due = all.flatMap(({ code, ends }) => {
      if (ends === 'never') return []
      return ends === 'always' ? [`${code} ends`] : [`${code} ends`, `${code} does not`]
    })
    const tried = cases.map(([code, until]) => `${code} ${until === null ? 'does not' : 'ends'}`)
    expect(tried.toSorted()).toEqual(due.toSorted())
  })
})
