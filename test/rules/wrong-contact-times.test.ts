import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { catalogueWith, policy } from './catalogue-files.ts'
import { problemsOf, wrongFiles } from './wrong-file.ts'

const policyWith = (...lines: string[]) => `${policy.text}${lines.join('\n')}\n`
const categories = 'categories: [{ id: banking, title: { en: Banks } }, { id: communication, title: { en: Phones } }]'

describe('what the policy says of categories, do-not-disturb and the register', () => {
  wrongFiles('policy.yaml', [
    [
      'KM_CATALOGUE_CATEGORY',
      policyWith('default_category: banking'),
      "6:19  KM_CATALOGUE_CATEGORY  no category 'banking': policy.yaml lists none; add it under 'categories'",
    ],
    [
      'KM_CATALOGUE_CATEGORY',
      policyWith(categories, 'do_not_disturb: [{ id: a, categories: [banking, bankng] }]'),
      "7:49  KM_CATALOGUE_CATEGORY  no category 'bankng' in policy.yaml; did you mean 'banking'?",
    ],
    [
      'KM_CATALOGUE_CATEGORY',
      policyWith(categories, 'register: { required_for: { categories: [food] }, max_age: 7d }'),
      "7:42  KM_CATALOGUE_CATEGORY  no category 'food' in policy.yaml; known: banking, communication",
    ],
    [
      'KM_CATALOGUE_DUPLICATE_ID',
      policyWith('categories: [{ id: a, title: { en: A } }, { id: a, title: { en: B } }]'),
      "6:49  KM_CATALOGUE_DUPLICATE_ID  'a' is used twice in categories",
    ],
    [
      'KM_CATALOGUE_DUPLICATE_ID',
      policyWith('do_not_disturb: [{ id: a, channels: [ivr] }, { id: a, channels: [sms] }]'),
      "6:52  KM_CATALOGUE_DUPLICATE_ID  'a' is used twice in do_not_disturb",
    ],
    [
      'KM_CATALOGUE_VALUE',
      policyWith('do_not_disturb: [{ id: a, purposes: [marketing] }]'),
      '6:18  KM_CATALOGUE_VALUE  nothing would ever be sent: give at least one of categories, channels, days, bands',
    ],
    [
      'KM_CATALOGUE_VALUE',
      policyWith('do_not_disturb: [{ id: a, purposes: [care], bands: ["00:00-24:00"] }]'),
      "6:18  KM_CATALOGUE_VALUE  with 'a' nothing is open for care, at any time and through any channel: nothing would ever be sent; leave something open",
    ],
    [
      'KM_CATALOGUE_VALUE',
      policyWith('do_not_disturb: [{ id: a, bands: ["12:00-24:00", "22:00-12:00"] }]'),
      "6:18  KM_CATALOGUE_VALUE  with 'a' nothing is open for marketing and care, at any time and through any channel: nothing would ever be sent; leave something open",
    ],
    [
      'KM_CATALOGUE_VALUE',
      policyWith(
        'do_not_disturb:',
        '  - { id: calls, purposes: [marketing], channels: [ivr, desk, task] }',
        '  - { id: nights, purposes: [marketing], bands: ["20:00-08:00"] }',
        '  - { id: week, purposes: [marketing], days: [monday, tuesday, wednesday, thursday, friday], bands: ["08:00-20:00"] }',
        '  - { id: weekend, days: [saturday, sunday], channels: [sms, push] }',
      ),
      "10:5  KM_CATALOGUE_VALUE  with 'weekend' nothing is open for marketing, at any time and through any channel: nothing would ever be sent; leave something open",
    ],
    [
      'KM_CATALOGUE_VALUE',
      policyWith('do_not_disturb: [{ id: a, purposes: [service], channels: [ivr] }]'),
      "6:38  KM_CATALOGUE_VALUE  item 1 must be one of marketing, care, not 'service'",
    ],
    [
      'KM_CATALOGUE_WALL_TIME',
      policyWith('do_not_disturb: [{ id: a, bands: ["9-12", "21:00-24:00"] }]'),
      '6:35  KM_CATALOGUE_WALL_TIME  \'9-12\' is no part of a day; write it like "09:00-12:00" or "21:00-24:00", with quotes',
    ],
    [
      'KM_CATALOGUE_VALUE',
      policyWith('do_not_disturb: [{ id: a, bands: ["09:00-09:00"] }]'),
      '6:35  KM_CATALOGUE_VALUE  start and end are the same: leave bands out for the whole day',
    ],
    [
      'KM_CATALOGUE_VALUE',
      policyWith('do_not_disturb: [{ id: a, days: [sundy] }]'),
      "6:34  KM_CATALOGUE_VALUE  item 1 must be one of monday, tuesday, wednesday, thursday, friday, saturday, sunday, holiday, not 'sundy'; did you mean 'sunday'?",
    ],
    [
      'KM_CATALOGUE_CALENDAR',
      policyWith('do_not_disturb: [{ id: a, days: [sunday, holiday] }]'),
      "6:42  KM_CATALOGUE_CALENDAR  'holiday' needs a default_calendar: a day of somebody without calendar may always be one",
    ],
    [
      'KM_CATALOGUE_DURATION',
      policyWith('register: { required_for: {}, max_age: 10m }'),
      "6:40  KM_CATALOGUE_DURATION  '10m' must be 1h to 366d",
    ],
    [
      'KM_CATALOGUE_MISSING_KEY',
      policyWith('register: { required_for: {} }'),
      "6:11  KM_CATALOGUE_MISSING_KEY  'max_age' is missing in 'register'",
    ],
    [
      'KM_CATALOGUE_UNKNOWN_KEY',
      policyWith('do_not_disturb: [{ id: a, chanels: [ivr] }]'),
      "6:27  KM_CATALOGUE_UNKNOWN_KEY  no key 'chanels' here; did you mean 'channels'?",
    ],
  ])
})

test('an offer of a category that the policy does not list is told at its place', () => {
  const offer = (category: string) => ({
    path: 'offers/o.yaml',
    text: `id: o\ntitle: { en: O }\ncategory: ${category}\nmessage: { en: Hello }\n`,
  })
  const listed = { path: 'policy.yaml', text: policyWith(categories) }
  expect(problemsOf(offer('banking'), listed)).toEqual([])
  expect(problemsOf(offer('bankin'), listed)).toEqual([
    "offers/o.yaml:3:11  KM_CATALOGUE_CATEGORY  no category 'bankin' in policy.yaml; did you mean 'banking'?",
  ])
  expect(problemsOf(offer('banking'))).toEqual([
    "offers/o.yaml:3:11  KM_CATALOGUE_CATEGORY  no category 'banking': policy.yaml lists none; add it under 'categories'",
  ])
})

test('an offer that names no category is of the default one, and of none without it', () => {
  const offers = {
    path: 'offers/all.yaml',
    text: `- { id: plain, title: { en: P }, message: { en: P } }
- { id: card, title: { en: C }, category: banking, message: { en: C } }
`,
  }
  const categoriesWith = (...lines: string[]) => {
    const loaded = loadCatalogue(catalogueWith(offers, { path: 'policy.yaml', text: policyWith(categories, ...lines) }))
    return loaded.catalogue?.offers.map(({ id, category }) => [id, category])
  }
  expect(categoriesWith('default_category: communication')).toEqual([
    ['plain', 'communication'],
    ['card', 'banking'],
  ])
  expect(categoriesWith()).toEqual([
    ['plain', undefined],
    ['card', 'banking'],
  ])
})

test('the policy is read as it is written; what is left out means all', () => {
  const text = policyWith(
    categories,
    'default_category: communication',
    'do_not_disturb:',
    '  - { id: a, categories: [banking], channels: [sms], days: [sunday], bands: ["21:00-24:00", "22:00-06:00"] }',
    '  - { id: b, purposes: [marketing], channels: [ivr] }',
    'register: { required_for: { purposes: [marketing] }, max_age: 7d }',
  )
  const { catalogue, problems } = loadCatalogue(catalogueWith({ path: 'policy.yaml', text }))
  expect(problems?.map(String)).toBeUndefined()
  expect(catalogue?.policy).toMatchObject({
    categories: [{ id: 'banking' }, { id: 'communication' }],
    defaultCategory: 'communication',
    doNotDisturb: [
      {
        id: 'a',
        purposes: ['marketing', 'care'],
        categories: ['banking'],
        channels: ['sms'],
        days: ['sunday'],
        bands: [
          { start: 1260, end: 1440 },
          { start: 1320, end: 360 },
        ],
      },
      { id: 'b', purposes: ['marketing'], categories: [], channels: ['ivr'], days: [], bands: [] },
    ],
    register: { requiredFor: { purposes: ['marketing'], categories: [], channels: [] }, maxAge: 7 * 86_400_000 },
  })
})
