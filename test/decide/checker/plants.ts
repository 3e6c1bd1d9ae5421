import type { Catalogue, Offer, Policy } from '../../../services/rules/catalogue.ts'
import type { Breach } from './breaches.ts'
import type { Told } from './history.ts'

/** A fault in deciding: what decide goes by, or hears, is not what there is. */
export interface Plant {
  readonly name: string
  /** What of it must be found. */
  readonly code: Breach['code']
  readonly catalogue?: (catalogue: Catalogue) => Catalogue
  readonly heard?: (told: Told) => Told | undefined
}

const minute = 60_000

const policy =
  (change: (policy: Policy) => Partial<Policy>) =>
  (catalogue: Catalogue): Catalogue => ({ ...catalogue, policy: { ...catalogue.policy, ...change(catalogue.policy) } })

const offers =
  (change: (offer: Offer) => Offer) =>
  (catalogue: Catalogue): Catalogue => ({ ...catalogue, offers: catalogue.offers.map(change) })

/** Without a key, as if it had never been there. */
function without<T extends object>(whole: T, key: keyof T): T {
  const { [key]: _, ...rest } = whole
  return rest as T
}

const moment =
  (change: (value: (Told & { type: 'moment' })['value']) => (Told & { type: 'moment' })['value'] | undefined) =>
  (told: Told): Told | undefined => {
    if (told.type !== 'moment') return told
    const value = change(told.value)
    return value && { type: 'moment', value }
  }

const profile =
  (change: (value: (Told & { type: 'profile' })['value']) => (Told & { type: 'profile' })['value']) =>
  (told: Told): Told =>
    told.type === 'profile' ? { type: 'profile', value: change(told.value) } : told

const deafTo =
  (isUnheard: (told: Told) => boolean) =>
  (told: Told): Told | undefined =>
    isUnheard(told) ? undefined : told

const interval = (code: string) => deafTo(({ type, value }) => type === 'moment' && value.do_not_disturb?.code === code)
const endless = moment((value) => ({ ...value, expires_at: value.expires_at + 7 * 86_400_000 }))
const caps = (change: (cap: Policy['caps'][number]) => Policy['caps'][number] | undefined) =>
  policy((own) => ({ caps: own.caps.flatMap((cap) => change(cap) ?? []) }))

/** By reason, in the order of the table. */
export const plants: readonly Plant[] = [
  { name: 'moments never expire', code: 'expired', heard: endless },
  {
    name: 'an expiry is kept a minute late',
    code: 'expired',
    heard: moment((value) => ({ ...value, expires_at: value.expires_at + minute })),
  },
  {
    name: 'who left is not known',
    code: 'expired',
    heard: deafTo(({ type, value }) => type === 'profile' && value.status === 'deactivated'),
  },
  {
    name: 'every word on consent is a yes',
    code: 'consent',
    heard: profile((value) => {
      const granted = (purposes: object = {}) =>
        Object.fromEntries(
          Object.entries(purposes).map(([purpose, entry]) => [purpose, { ...entry, state: 'granted' }]),
        )
      const entries = Object.entries(value.consent ?? {}).map(([channel, own]) => [channel, granted(own)])
      return value.consent ? { ...value, consent: Object.fromEntries(entries) } : value
    }),
  },
  {
    name: 'a consent that begins later holds at once',
    code: 'consent',
    heard: profile((value) => {
      const marketing = value.consent?.sms?.marketing
      if (!marketing || marketing.since <= value.event_time) return value
      return { ...value, consent: { sms: { marketing: { ...marketing, since: value.event_time } } } }
    }),
  },
  {
    name: 'STOP is not read',
    code: 'consent',
    heard: deafTo(({ type, value }) => type === 'reply' && value.text === 'stop'),
  },
  { name: 'nobody is a minor', code: 'protected', heard: profile((value) => without(value, 'birth_date')) },
  {
    name: 'minors are of age a day early',
    code: 'protected',
    heard: profile((value) => {
      const { birth_date: born } = value
      const earlier = born && new Date(Date.parse(born) - 86_400_000).toISOString().slice(0, 10)
      return born ? { ...value, birth_date: earlier ?? null } : value
    }),
  },
  {
    name: 'nobody is on the register',
    code: 'protected',
    heard: profile((value) => (value.register ? { ...value, register: { ...value.register, listed: false } } : value)),
  },
  {
    name: 'the register need not be asked',
    code: 'protected',
    catalogue: policy(() => ({ register: undefined }) as never),
  },
  {
    name: 'the register may be an hour too old',
    code: 'protected',
    catalogue: policy(({ register }) =>
      register ? { register: { ...register, maxAge: register.maxAge + 60 * minute } } : {},
    ),
  },
  {
    name: 'preferences are not read',
    code: 'do-not-disturb',
    heard: profile((value) => without(value, 'preferences')),
  },
  { name: 'the policy blocks nothing', code: 'do-not-disturb', catalogue: policy(() => ({ doNotDisturb: [] })) },
  {
    name: 'holidays are days as any',
    code: 'do-not-disturb',
    catalogue: (all) => ({
      ...all,
      calendars: all.calendars.map((calendar) => ({
        ...calendar,
        announced: { covers: { from: 0, to: 50_000 }, daysOff: [], makeUpDays: [] },
        dayKind: () => 'working-day',
      })),
    }),
  },
  {
    name: 'blocks end at midnight',
    code: 'do-not-disturb',
    catalogue: policy(({ doNotDisturb = [] }) => ({
      doNotDisturb: doNotDisturb.map((block) => ({
        ...block,
        bands: block.bands.filter(({ start, end }) => start < end),
      })),
    })),
  },
  { name: 'an interval is not opened', code: 'do-not-disturb', heard: interval('do-not-disturb') },
  { name: 'complaints are not heard', code: 'open-issue', heard: interval('open-issue') },
  {
    name: 'a complaint does not linger',
    code: 'open-issue',
    heard: moment((value) =>
      value.do_not_disturb ? { ...value, do_not_disturb: { ...value.do_not_disturb, lingers_until: null } } : value,
    ),
  },
  { name: 'calls are not heard', code: 'live-call', heard: interval('live-call') },
  { name: 'it is never quiet', code: 'quiet-hours', catalogue: policy(() => ({ quietHours: [] })) },
  {
    name: 'quiet ends half an hour early',
    code: 'quiet-hours',
    catalogue: policy(({ quietHours }) => ({
      quietHours: quietHours.map((window) => ({ ...window, end: (window.end + 1410) % 1440 })),
    })),
  },
  { name: 'everybody is in one zone', code: 'quiet-hours', heard: profile((value) => without(value, 'time_zone')) },
  {
    name: 'nobody is abroad',
    code: 'quiet-hours',
    catalogue: ({ policy: { roaming: _, ...own }, ...all }) => ({ ...all, policy: own }),
  },
  {
    name: 'a clock without summer time',
    code: 'quiet-hours',
    heard: profile((value) => (value.time_zone === 'Europe/Berlin' ? { ...value, time_zone: 'Africa/Lagos' } : value)),
  },
  { name: 'there is no cap', code: 'cap', catalogue: caps(() => undefined) },
  { name: 'caps allow one more', code: 'cap', catalogue: caps((cap) => ({ ...cap, most: cap.most + 1 })) },
  {
    name: 'a week is no week',
    code: 'cap',
    catalogue: caps((cap) => (cap.window.kind === 'civil' ? { ...cap, window: { kind: 'civil', unit: 'day' } } : cap)),
  },
  {
    name: 'rolling windows are half as long',
    code: 'cap',
    catalogue: caps((cap) =>
      cap.window.kind === 'rolling' ? { ...cap, window: { ...cap.window, length: cap.window.length / 2 } } : cap,
    ),
  },
  {
    name: 'care and service count for no cap',
    code: 'cap',
    catalogue: caps((cap) => ({ ...cap, purposes: ['marketing'] })),
  },
  { name: 'there is no gap', code: 'gap', catalogue: policy(() => ({ gaps: {} })) },
  {
    name: 'a gap is a millisecond short',
    code: 'gap',
    catalogue: policy(({ gaps: { marketing = 2, care = 2 } }) => ({
      gaps: { marketing: marketing - 1, care: care - 1 },
    })),
  },
  { name: 'a no does not cool', code: 'cooling', catalogue: policy(() => ({ cooling: [] })) },
  {
    name: 'cooling lasts half as long',
    code: 'cooling',
    catalogue: policy(({ cooling }) => ({ cooling: cooling.map((one) => ({ ...one, length: one.length / 2 })) })),
  },
  { name: 'orders are not read', code: 'ineligible', heard: deafTo(({ type }) => type === 'order') },
  { name: 'lists of products are not read', code: 'ineligible', heard: profile((value) => without(value, 'products')) },
  { name: 'nothing conflicts', code: 'ineligible', catalogue: offers((offer) => without(offer, 'conflicts')) },
  { name: 'nothing is required', code: 'ineligible', catalogue: offers((offer) => without(offer, 'requires')) },
  { name: 'offers hold for ever', code: 'ineligible', catalogue: offers((offer) => without(offer, 'valid')) },
  { name: 'offers are for everybody', code: 'ineligible', catalogue: offers((offer) => without(offer, 'segments')) },
  {
    name: 'contracts bind nobody',
    code: 'ineligible',
    catalogue: offers((offer) => without(offer, 'contractDaysLeftMost')),
  },
  { name: 'sold before it is repaired', code: 'ineligible', catalogue: policy(() => ({ repairFirst: [] })) },
  {
    name: 'nobody is held out',
    code: 'holdout',
    catalogue: (all) => ({ ...all, policy: without(all.policy, 'holdout'), campaigns: [] }),
  },
  { name: 'shadow rules send', code: 'shadow', heard: moment((value) => ({ ...value, mode: 'live' })) },
  {
    name: 'once means nothing',
    code: 'repeated',
    catalogue: ({ ruleset, ...all }) => ({
      ...all,
      ruleset: { ...ruleset, rules: ruleset.rules.map((rule) => ({ ...rule, once: 0 })) },
    }),
  },
]
