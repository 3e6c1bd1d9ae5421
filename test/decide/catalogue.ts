import { optOutAlways } from '../../services/domain/reply-words.ts'
import type { Catalogue, Policy } from '../../services/rules/catalogue.ts'
import type { Purpose, Rule } from '../../services/rules/ruleset.ts'

const hour = 60 * 60_000
export const purposes: readonly Purpose[] = ['marketing', 'care', 'service', 'regulatory']

export const usualReplies: Policy['replies'] = {
  'opted-out': [...optOutAlways, 'keine werbung'],
  refused: ['no', '2', '不要'],
  accepted: ['yes', '1', '好'],
}

/** Quiet from 22:00 to 08:00, three marketing touches a week, a day between touches of marketing, an hour for care. */
const usualPolicy: Policy = {
  defaultTimeZone: 'Asia/Shanghai',
  defaultLanguage: 'zh',
  quietHours: [{ id: 'night', channels: ['sms'], start: 22 * 60, end: 8 * 60 }],
  caps: [{ id: 'weekly', purposes: ['marketing'], window: { kind: 'civil', unit: 'week' }, most: 3 }],
  gaps: { marketing: 24 * hour, care: hour },
  cooling: [],
  replies: usualReplies,
}

const rule = (purpose: Purpose, once: Rule['once']): Rule => ({
  id: purpose,
  version: '1',
  moment: 'change',
  title: { en: purpose },
  purpose,
  trigger: { kind: 'condition', on: ['cdr'], when: { kind: 'literal', type: 'bool', value: true } },
  settle: false,
  mode: 'live',
  once,
  expires: 24 * hour,
  evidence: [],
  offers: ['booster'],
  campaign: purpose,
  location: {},
})

/** A rule for each purpose, of that name, with this `once`, and the offers `booster` (of category data) and `review` (tariff). */
export const catalogueWith = (policy: Partial<Policy> = {}, once: Rule['once'] = 0): Catalogue => ({
  version: 'test',
  ruleset: {
    version: 'test',
    factors: [],
    rules: purposes.map((purpose) => rule(purpose, once)),
    segments: [],
    calendars: [],
  },
  offers: [
    {
      id: 'booster',
      category: 'data',
      title: { en: 'Booster' },
      message: { en: 'Boost', zh: '加油包', pt: 'Reforço' },
    },
    { id: 'review', category: 'tariff', title: { en: 'Review' }, message: { en: 'Review' } },
  ],
  campaigns: [],
  tags: [],
  calendars: [],
  policy: { ...usualPolicy, ...policy },
})
