import fc from 'fast-check'
import { dayTypes } from '../../../services/domain/blocked-times.ts'
import type { Campaign } from '../../../services/rules/campaigns.ts'
import type { Catalogue, Offer, OfferKind, Policy } from '../../../services/rules/catalogue.ts'
import type { Rule } from '../../../services/rules/ruleset.ts'
import { calendarOf } from '../../domain/days-off.ts'
import { catalogueWith, purposes, usualReplies } from '../catalogue.ts'

/** Catalogues: any policy, over offers, campaigns and calendars in which each reason can come up. */

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
export const zones = [
  'Asia/Shanghai',
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago', // the clock is put forward at midnight, and back to before it
  'Australia/Lord_Howe', // by half an hour
  'Africa/Cairo',
  'Asia/Kolkata',
] as const
const channels = ['sms', 'ivr', 'push'] as const
const categories = ['data', 'tariff', 'banking'] as const
const kinds: readonly OfferKind[] = ['data', 'contract', 'value-added', 'voice']
export const segments = ['high-value', 'low-value', 'network-to-repair', 'sound'] as const

const offers: readonly (Omit<Offer, 'title' | 'message'> & { readonly worth: Pick<Offer, 'value' | 'acceptance'> })[] =
  [
    {
      id: 'booster',
      category: 'data',
      kind: 'data',
      product: 'booster',
      repeatable: true,
      worth: { value: 900, acceptance: 0.1 },
    },
    {
      ...{ id: 'upgrade', category: 'tariff', kind: 'contract', product: 'gold', requires: [['basic', 'silver']] },
      ...{
        replaces: ['basic', 'silver'],
        conflicts: ['family'],
        worth: { value: 5000, acceptance: 0.05 },
        price: 900,
        stickiness: 0.8,
      },
    },
    {
      id: 'card',
      category: 'banking',
      kind: 'value-added',
      product: 'card',
      worth: { value: 2000, acceptance: { prior: 0.2 } },
    },
    { id: 'visit', category: 'data', kind: 'service-action', worth: {} },
    {
      id: 'summer',
      category: 'data',
      kind: 'data',
      valid: { from: '2026-03-29', to: '2026-10-24' },
      price: 100,
      worth: {},
    },
    {
      id: 'vip',
      category: 'tariff',
      kind: 'voice',
      segments: { value: ['high-value'] },
      worth: { value: 100, acceptance: 0.5 },
    },
    { id: 'renewal', category: 'tariff', kind: 'contract', contractDaysLeftMost: 30, stickiness: 0.9, worth: {} },
    { id: 'anything', worth: {} },
  ]
export const offerIds = offers.map(({ id }) => id)
export const products = ['basic', 'silver', 'gold', 'family', 'booster', 'card']

/** By a rule of each purpose, and a marketing rule of a campaign. */
export const ruleIds = [...purposes, 'spring-sale'] as const

const wallMinute = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 47 }).map((half) => half * 30) },
  { weight: 1, arbitrary: fc.constantFrom(0, 120, 150, 1439, 22 * 60, 8 * 60) },
)
const few = <T>(all: readonly T[]) => fc.subarray([...all], { minLength: 1, maxLength: 2 })
/** What is left out means all. */
const fewOrAll = <T>(all: readonly T[]) => fc.subarray([...all], { maxLength: 2 })
const twoDigits = (number: number) => String(number).padStart(2, '0')
const wall = (time: number) => `${twoDigits(Math.floor(time / 60))}:${twoDigits(time % 60)}`
const band = fc.tuple(wallMinute, wallMinute).map(([start, end]) => ({ start, end: end === 0 ? 1440 : end }))
export const bandText = band.map(({ start, end }) => `${wall(start)}-${end === 1440 ? '24:00' : wall(end)}`)
export const blockedDays = fewOrAll(dayTypes)
export const someChannels = fewOrAll(channels)
export const someCategories = fewOrAll(categories)
const commercial = few(['marketing', 'care'] as const)

const caps: fc.Arbitrary<Policy['caps']> = fc.array(
  fc.record(
    {
      id: fc.constant('cap'),
      purposes: fc.subarray([...purposes]).map((some) => [...new Set([...some, 'marketing' as const])]),
      channels: few(channels),
      categories: few(categories),
      window: fc.oneof(
        fc.record({
          kind: fc.constant('civil' as const),
          unit: fc.constantFrom('day', 'week', 'month', 'billing-month', 'year'),
        }),
        fc.record({
          kind: fc.constant('rolling' as const),
          length: fc.oneof(
            fc.integer({ min: 1, max: 72 }).map((some) => some * hour),
            fc.integer({ min: 7, max: 366 }).map((some) => some * day),
          ),
        }),
      ),
      most: fc.integer({ min: 1, max: 5 }),
    },
    { requiredKeys: ['id', 'purposes', 'window', 'most'] },
  ),
  { maxLength: 3 },
)

const length = fc.oneof(
  fc.integer({ min: 1, max: 48 }).map((some) => some * 30 * minute),
  fc.integer({ min: 1, max: 12 * hour }),
)

export const policies: fc.Arbitrary<Policy> = fc.record(
  {
    defaultTimeZone: fc.constantFrom(...zones),
    defaultLanguage: fc.constantFrom('en', 'zh'),
    defaultCalendar: fc.constantFrom('china', 'germany'),
    repairFirst: fc
      .array(few(kinds), { minLength: 1, maxLength: 1 })
      .map((rows) => rows.map((some) => ({ segment: 'network-to-repair', kinds: some }))),
    offerOrder: fc.array(
      fc.record({ segment: fc.constantFrom(...segments), by: fc.constantFrom('stickiness', 'value', 'price', 'cost') }),
      { minLength: 1, maxLength: 2 },
    ),
    quietHours: fc.oneof(
      fc.constant([]),
      fc.array(fc.record({ id: fc.constant('quiet'), channels: few(channels), start: wallMinute, end: wallMinute }), {
        minLength: 1,
        maxLength: 2,
      }),
    ),
    caps: fc.oneof(fc.constant([]), caps),
    gaps: fc.record({ marketing: length, care: length }, { requiredKeys: [] }),
    // Longer than a policy may say: here little happens within minutes.
    competition: fc.record({ marketing: length, care: length }, { requiredKeys: [] }),
    cooling: fc.array(
      fc
        .tuple(
          fc.constantFrom('all', 'rule', 'offer', 'category' as const),
          fc.integer({ min: 1, max: 3 }),
          length,
          length,
        )
        .map(([of, after, within, cools]) => ({
          ...{ id: 'cooling', of: of as 'all', after, length: 4 * cools },
          within: after === 1 ? Number.POSITIVE_INFINITY : 3 * within,
        })),
      { maxLength: 2 },
    ),
    replies: fc.constant(usualReplies),
    holdout: fc.constantFrom(0, 0, 0.3).map((share) => ({ share, salt: 'policy' })),
    priorityWeights: fc.constant({ 'high-value': 3, 'low-value': 0.5 }),
    channelCosts: fc.constant({ sms: 5, ivr: 30 }),
    currency: fc.constant('CNY'),
    variables: fc.constant({ hotline: '10086' }),
    optOutText: fc.constant({ en: 'Reply STOP.', zh: '退订回复TD。' }),
    segmentsMost: fc.constant(2),
    roaming: fc.constant({ abroad: 'abroad', country: 'country' }),
    doNotDisturb: fc.array(
      fc.record({
        id: fc.constant('block'),
        purposes: commercial,
        categories: someCategories,
        channels: someChannels,
        days: blockedDays,
        bands: fc.array(band, { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
    register: fc.record({
      requiredFor: fc.record({ purposes: commercial, categories: someCategories, channels: someChannels }),
      maxAge: fc.integer({ min: 1, max: 10 * 24 }).map((some) => some * hour),
    }),
  },
  {
    requiredKeys: ['defaultTimeZone', 'defaultLanguage', 'quietHours', 'caps', 'gaps', 'cooling', 'replies'],
  },
)

const campaigns: fc.Arbitrary<readonly Campaign[]> = fc
  .constantFrom(0, 0, 0.4)
  .map((holdout) => [
    { id: 'spring', title: { en: 'Spring' }, holdout, salt: 'spring', experiment: 'first', variants: [] },
  ])

/** Days off around the days on which clocks change; one calendar ends in the year. */
const calendars = [
  calendarOf(
    '2026-01-01',
    '2027-12-31',
    ['2026-01-01', '2026-03-28', '2026-04-06', '2026-10-25', '2027-01-01'],
    'china',
  ),
  calendarOf('2026-01-01', '2026-10-24', ['2026-04-03', '2026-04-06', '2026-05-01', '2026-09-07'], 'germany'),
]

export const worlds: fc.Arbitrary<Catalogue> = fc
  .record({
    policy: policies,
    campaigns,
    isWeighed: fc.boolean(),
    once: fc.constantFrom<Rule['once']>(0, 0, 12 * hour, 'lifetime'),
  })
  .map(({ policy, campaigns: some, isWeighed, once }) => {
    const usual = catalogueWith(policy)
    const [marketing] = usual.ruleset.rules as readonly [Rule, ...Rule[]]
    const rules = [...usual.ruleset.rules, { ...marketing, id: 'spring-sale', campaign: 'spring', once }]
    return {
      ...usual,
      ruleset: { ...usual.ruleset, rules },
      campaigns: some,
      calendars,
      offers: offers.map(({ worth, ...offer }) => ({
        ...offer,
        ...(isWeighed && worth),
        title: { en: offer.id },
        message: { en: offer.id },
      })),
    }
  })
