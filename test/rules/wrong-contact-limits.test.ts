import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { catalogueWith, policy } from './catalogue-files.ts'
import { problemsOf, wrongFiles } from './wrong-file.ts'

const lines = (...more: string[]) =>
  ['default_time_zone: UTC', 'default_language: en', 'quiet_hours: []', ...more, ''].join('\n')
const caps = (...given: string[]) => lines('gaps: {}', 'caps:', ...given.map((cap) => `  - ${cap}`))
const cap = (more: string, purposes = '[marketing]') =>
  `{ id: c, purposes: ${purposes}, most: 3, window: { civil: year }${more} }`

const offers = {
  path: 'offers/all.yaml',
  text: [
    '- { id: data-booster, title: { en: B }, category: data, message: { en: Take it } }',
    '- { id: review, title: { en: R }, category: tariff, message: { en: Look at it } }',
    '',
  ].join('\n'),
}

describe('competition', () => {
  wrongFiles('policy.yaml', [
    [
      'KM_CATALOGUE_DURATION',
      lines('caps: []', 'gaps: {}', 'competition: { marketing: 1h }'),
      "6:27  KM_CATALOGUE_DURATION  '1h' must be 1s to 900s",
    ],
    [
      'KM_CATALOGUE_UNKNOWN_KEY',
      lines('caps: []', 'gaps: {}', 'competition: { service: 30s }'),
      "6:16  KM_CATALOGUE_UNKNOWN_KEY  no key 'service' here; known: marketing, care",
    ],
    [
      'KM_CATALOGUE_VALUE',
      lines('caps: []', 'gaps: {}', 'competition: {}'),
      "6:14  KM_CATALOGUE_VALUE  'competition' must not be empty",
    ],
  ])

  test('is for how long moments of a purpose wait for each other', () => {
    const text = lines('caps: []', 'gaps: {}', 'competition: { marketing: 30s, care: 10s }')
    const { catalogue } = loadCatalogue(catalogueWith({ path: 'policy.yaml', text }))
    expect(catalogue?.policy.competition).toEqual({ marketing: 30_000, care: 10_000 })
  })
})

describe('caps', () => {
  wrongFiles('policy.yaml', [
    [
      'KM_CATALOGUE_VALUE',
      caps('{ id: c, purposes: [marketing], most: 0, window: { civil: year } }'),
      "6:43  KM_CATALOGUE_VALUE  'most' must be 1 or more, not 0",
    ],
    [
      'KM_CATALOGUE_TYPE',
      caps('{ id: c, purposes: [marketing], most: 4.8, window: { civil: year } }'),
      "6:43  KM_CATALOGUE_TYPE  'most' must be a whole number, not 4.8",
    ],
    [
      'KM_CATALOGUE_VALUE',
      caps('{ id: c, purposes: [marketing], most: 3, window: { civil: yaer } }'),
      "6:63  KM_CATALOGUE_VALUE  'civil' must be one of day, week, month, billing-month, year, not 'yaer'; did you mean 'year'?",
    ],
    [
      'KM_CATALOGUE_DURATION',
      caps('{ id: c, purposes: [marketing], most: 3, window: { rolling: 400d } }'),
      "6:65  KM_CATALOGUE_DURATION  '400d' must be 1s to 366d",
    ],
    ['KM_CATALOGUE_DUPLICATE_ID', caps(cap(''), cap('')), "7:11  KM_CATALOGUE_DUPLICATE_ID  'c' is used twice in caps"],
    [
      'KM_CATALOGUE_VALUE',
      caps(cap('', '[care, service]')),
      "6:24  KM_CATALOGUE_VALUE  caps hold back marketing only, and this one doesn't name it: it would never hold; add it or take the cap out",
    ],
    ['KM_CATALOGUE_VALUE', caps(cap(', channels: []')), "6:81  KM_CATALOGUE_VALUE  'channels' must not be empty"],
    [
      'KM_CATALOGUE_VALUE',
      caps(cap(', channels: [smss]')),
      "6:82  KM_CATALOGUE_VALUE  item 1 must be one of sms, ivr, push, desk, task, not 'smss'; did you mean 'sms'?",
    ],
    [
      'KM_CATALOGUE_VALUE',
      lines('caps: []', 'gaps: { service: 1h }'),
      '5:18  KM_CATALOGUE_VALUE  nothing of purpose service waits for a gap; take this one out',
    ],
  ])

  const categories = (...ids: string[]) =>
    `categories: [${ids.map((id) => `{ id: ${id}, title: { en: C } }`).join(', ')}]\n`

  test('a category that is not listed, with the nearest that is', () => {
    const text = caps(cap(', categories: [tarif]')) + categories('data', 'tariff')
    expect(problemsOf(offers, { path: 'policy.yaml', text })).toEqual([
      expect.stringMatching(/^policy.yaml:6:84 {2}KM_CATALOGUE_CATEGORY .*'tarif'.*did you mean 'tariff'\?$/),
    ])
  })

  test('a category that no offer has; nothing is said where that is not known', () => {
    const text = caps(cap(', categories: [food]')) + categories('data', 'tariff', 'food')
    expect(problemsOf(offers, { path: 'policy.yaml', text })).toEqual([
      "policy.yaml:6:84  KM_CATALOGUE_VALUE  no offer is of category 'food', so that it covers nothing; leave it out",
    ])
    const silent = { ...offers, text: offers.text.replace('category: tariff, ', '') }
    expect(problemsOf(silent, { path: 'policy.yaml', text })).toEqual([])
    expect(problemsOf(silent, { path: 'policy.yaml', text: `${text}default_category: food\n` })).toEqual([])
  })
})

const cooling = (...given: string[]) => lines('gaps: {}', 'caps: []', 'cooling:', ...given.map((one) => `  - ${one}`))

describe('cooling', () => {
  wrongFiles('policy.yaml', [
    ['KM_CATALOGUE_MISSING_KEY', cooling('{ id: c }'), "7:5  KM_CATALOGUE_MISSING_KEY  'for' is missing in item 1"],
    [
      'KM_CATALOGUE_MISSING_KEY',
      cooling('{ id: c, for: 30d, after: 2 }'),
      "7:5  KM_CATALOGUE_MISSING_KEY  'within' is missing: 2 refusals within which time? write it like within: 90d",
    ],
    [
      'KM_CATALOGUE_VALUE',
      cooling('{ id: c, for: 30d, within: 90d }'),
      "7:32  KM_CATALOGUE_VALUE  'within' says nothing of one refusal; leave it out, or give 'after' 2 or more",
    ],
    [
      'KM_CATALOGUE_DURATION',
      cooling('{ id: c, for: 2 years }'),
      "7:19  KM_CATALOGUE_DURATION  '2 years' is no length of time; write it like 90s, 10m, 48h, 30d",
    ],
    [
      'KM_CATALOGUE_VALUE',
      cooling('{ id: c, for: 30d, of: ofer }'),
      "7:28  KM_CATALOGUE_VALUE  'of' must be one of all, rule, offer, category, not 'ofer'; did you mean 'offer'?",
    ],
    [
      'KM_CATALOGUE_DUPLICATE_ID',
      cooling('{ id: c, for: 30d }', '{ id: c, for: 60d }'),
      "8:11  KM_CATALOGUE_DUPLICATE_ID  'c' is used twice in cooling",
    ],
  ])
})

const replies = (...given: string[]) => lines('gaps: {}', 'caps: []', 'replies:', ...given.map((one) => `  ${one}`))

describe('replies', () => {
  wrongFiles('policy.yaml', [
    [
      'KM_CATALOGUE_VALUE',
      replies('english: { accept: [YES] }'),
      "7:3  KM_CATALOGUE_VALUE  'english' cannot be a key here",
    ],
    ['KM_CATALOGUE_TYPE', replies('en: { accept: [1] }'), '7:18  KM_CATALOGUE_TYPE  item 1 must be text, not a number'],
    [
      'KM_CATALOGUE_UNKNOWN_KEY',
      replies('en: { optout: [END] }'),
      "7:9  KM_CATALOGUE_UNKNOWN_KEY  no key 'optout' here; did you mean 'opt_out'?",
    ],
    [
      'KM_CATALOGUE_VALUE',
      replies('en: { accept: ["1"] }', 'zh: { refuse: ["１。"] }'),
      "8:18  KM_CATALOGUE_VALUE  '１。' would mean both accepted and refused, whatever the language; keep one",
    ],
    [
      'KM_CATALOGUE_VALUE',
      replies('en: { accept: [Stop] }'),
      "7:18  KM_CATALOGUE_VALUE  'Stop' would mean both opted-out and accepted, whatever the language; keep one",
    ],
    [
      'KM_CATALOGUE_VALUE',
      replies('en: { refuse: ["!?"] }'),
      "7:18  KM_CATALOGUE_VALUE  '!?' has neither a letter nor a digit, so that no reply is compared with it; leave it out",
    ],
  ])
})

test('what is right is read', () => {
  const text = lines(
    'gaps: {}',
    'caps: [{ id: c, purposes: [marketing], channels: [sms], categories: [data], window: { civil: billing-month }, most: 2 }]',
    'cooling: [{ id: once, for: 30d }, { id: twice, for: 90d, of: offer, after: 2, within: 180d }]',
    'categories: [{ id: data, title: { en: D } }, { id: tariff, title: { en: T } }]',
    'replies: { en: { opt_out: [End], accept: ["1", Yes] }, zh: { opt_out: [End], refuse: [不要] } }',
  )
  const { catalogue } = loadCatalogue(catalogueWith(offers, { ...policy, text }))
  const day = 86_400_000
  expect(catalogue?.policy).toMatchObject({
    caps: [
      { id: 'c', channels: ['sms'], categories: ['data'], window: { kind: 'civil', unit: 'billing-month' }, most: 2 },
    ],
    cooling: [
      { id: 'once', of: 'all', after: 1, within: Number.POSITIVE_INFINITY, length: 30 * day },
      { id: 'twice', of: 'offer', after: 2, within: 180 * day, length: 90 * day },
    ],
    replies: {
      'opted-out': ['stop', 'stopall', 'unsubscribe', 'td', '退订', 'end'],
      refused: ['不要'],
      accepted: ['1', 'yes'],
    },
  })
})
