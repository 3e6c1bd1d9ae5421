import type { ReadEvent } from '../records/jsonl.ts'
import { createRandom, type Random } from './random.ts'

/** A subscriber of the sample stream; all follows from the seed and the number. */
export interface SampleSubscriber {
  readonly id: string
  /** Share of the events, relative to others; few call much, many little. */
  readonly weight: number
  readonly prepaid: boolean
  readonly usesApp: boolean
  readonly timeZone: string
  readonly language: 'zh' | 'en'
  readonly birthDate: string
  readonly consents: boolean
  /** Has looked into the app this morning, so that push reaches them. */
  readonly isInApp: boolean
  /** As the profile says it; null: nobody has asked. */
  readonly prefers: 'sms' | 'push' | 'ivr' | null
}

type Preference = SampleSubscriber['prefers']

const day = 86_400_000

export function createPopulation(size: number, seed: number): readonly SampleSubscriber[] {
  return Array.from({ length: size }, (_, number) => {
    const random = createRandom(seed, 1, number)
    const subscriber = {
      id: `46000${String(1_000_000_000 + number)}`,
      weight: 1 / (1 + 9 * random.next()) ** 2,
      prepaid: random.chance(0.7),
      usesApp: random.chance(0.85),
      timeZone: random.chance(0.04) ? 'Asia/Urumqi' : 'Asia/Shanghai',
      language: random.chance(0.9) ? 'zh' : 'en',
      birthDate: birthDate(random),
      consents: random.chance(0.8),
    } as const
    // Who has no app would rather be called than read small letters, every other one of them.
    const asked = subscriber.usesApp ? ([null, null, null, 'sms', 'push'] as const) : ([null, 'ivr'] as const)
    return { ...subscriber, isInApp: subscriber.usesApp && random.chance(0.4), prefers: random.pick<Preference>(asked) }
  })
}

function birthDate(random: Random): string {
  const from = Date.UTC(1946, 0, 1)
  const to = Date.UTC(2012, 0, 1)
  return new Date(from + random.whole((to - from) / day) * day).toISOString().slice(0, 10)
}

/** The subscriber's profile, with consent and addresses that nobody has (country code 999 is not assigned). */
export function profileOf(subscriber: SampleSubscriber, number: number, at: number, tenure: number): ReadEvent {
  const { id, timeZone, language, birthDate, prepaid, usesApp, consents, prefers } = subscriber
  const since = at - 200 * day
  const granted = { state: 'granted', since, source: 'crm', evidence_ref: `form-${number}` } as const
  const refused = { state: 'refused', since, source: 'crm', evidence_ref: null } as const
  const consent = { marketing: consents ? granted : refused, care: granted, service: granted }
  const push = usesApp ? [{ provider: 'fcm', token: `sample-${number}` } as const] : null
  const phone = `+999${String(10_000_000 + number)}`
  const head = { event_id: `profile-${number}`, subscriber_id: id, event_time: at, source: 'sample-crm' }
  const nothing = {
    plan_voice_min: null,
    plan_data_mb: null,
    contract_end: null,
    products: null,
    device: null,
    network: null,
    billing_day: null,
    account_id: null,
    calendar: null,
  }
  return {
    type: 'profile',
    record: {
      ...head,
      ...nothing,
      plan: prepaid ? 'prepaid-basic' : 'postpaid-59',
      tenure_start: new Date(tenure).toISOString().slice(0, 10),
      birth_date: birthDate,
      time_zone: timeZone,
      language,
      consent: { sms: consent, push: consent, ivr: consent },
      preferred_channel: prefers,
      payment: prepaid ? 'prepaid' : 'postpaid',
      tags: usesApp ? { app_user: 'yes' } : {},
      status: 'active',
      addressed: push ? ['sms', 'ivr', 'push'] : ['sms', 'ivr'],
    },
    address: { ...head, sms: phone, ivr: phone, push },
  }
}
