import { isTimeZone } from '../domain/civil-time.ts'
import { purposesHeldBack } from '../domain/reason-codes.ts'
import type { Consent, Profile } from '../records/types.ts'
import { type Channel, channels } from '../topology.ts'
import { newerCheck, newerPreferences, type Preferences, type RegisterCheck } from './preferences.ts'
import type { Purpose } from './state.ts'

/** What profiles have said about the subscriber, as far as the contact policy reads it. */
export interface SubscriberFacts {
  /** When the identity last ended (`status: deactivated`); nothing from before it holds for who has the number now. */
  readonly ended_at: number | null
  /** By `channel/purpose`. */
  readonly consent: Readonly<Record<string, ConsentEntry>>
  readonly time_zone: Known | null
  readonly language: Known | null
  readonly birth_date: Known | null
  /** 1..31 */
  readonly billing_day: Known | null
  /** Id of the calendar whose holidays are the subscriber's. */
  readonly calendar: Known | null
  /** Where the newest moment that knew saw the subscriber: an ISO 3166 code abroad, empty at home. */
  readonly country: Known | null
  readonly preferences: Preferences | null
  readonly register: RegisterCheck | null
  /** What models say, by tag, as the newest profile that named tags had it: 0..1. Of those tags that offers are weighed by. */
  readonly scores: Scores | null
}

export interface Scores {
  readonly at: number
  readonly values: Readonly<Record<string, number>>
}

/** A profile field and the time of the event that said so. */
export interface Known {
  readonly value: string
  readonly at: number
}

export interface ConsentEntry {
  readonly granted: boolean
  /** Orders entries: `from`, but not later than the event that reported it. */
  readonly since: number
  /** A grant is in force from then on. */
  readonly from: number
  /** What decisions cite. */
  readonly ref: string
}

/** The others need none and keep none. */
const consentPurposes = purposesHeldBack('consent')

/**
 * Takes a profile event into the facts. Each field goes by the time of the event that set it, and each consent by its
 * own `since`: the result doesn't depend on the order of arrival. Lateness, which elsewhere makes an event change
 * nothing, has no say here: an opt-out that a slow system reports days later must still count, and a grant as late as
 * that loses to every refusal after it anyway.
 */
export function applyProfile(
  facts: SubscriberFacts,
  profile: Profile,
  scoreTags: ReadonlySet<string>,
): SubscriberFacts {
  if (!relevant(profile, scoreTags)) return facts
  const at = profile.event_time
  const ended_at = profile.status === 'deactivated' ? Math.max(facts.ended_at ?? at, at) : facts.ended_at
  const newer = (known: Known | null, value: string | null | undefined) =>
    value != null && (known === null || at >= known.at) ? { value, at } : known
  // The codec refuses zones that it doesn't know. Should one come through, the rest of the profile (an opt-out, say)
  // is worth more than a dead letter.
  const zone = profile.time_zone != null && isTimeZone(profile.time_zone) ? profile.time_zone : null
  return withoutPast({
    ended_at,
    consent: applyConsent(facts.consent, profile),
    time_zone: newer(facts.time_zone, zone),
    language: newer(facts.language, profile.language),
    birth_date: newer(facts.birth_date, profile.birth_date),
    billing_day: newer(facts.billing_day, profile.billing_day?.toString()),
    calendar: newer(facts.calendar, profile.calendar),
    country: facts.country,
    preferences: newerPreferences(facts.preferences, profile),
    register: newerCheck(facts.register, profile),
    scores: applyScores(facts.scores, profile, scoreTags),
  })
}

/** Many profile events are about other things; these change nothing here. */
const relevant = (profile: Profile, scoreTags: ReadonlySet<string>) =>
  readFields.some((field) => profile[field] != null) ||
  profile.status === 'deactivated' ||
  (profile.tags != null && scoreTags.size > 0)

const readFields = [
  'consent',
  'time_zone',
  'language',
  'birth_date',
  'billing_day',
  'calendar',
  'preferences',
  'register',
] as const

/** What isn't a number from 0 to 1 is no score: it is as if there were none. */
function applyScores(known: Scores | null, { tags, event_time: at }: Profile, scoreTags: ReadonlySet<string>) {
  if (tags == null || scoreTags.size === 0 || (known && at < known.at)) return known
  const values: Record<string, number> = {}
  for (const tag of scoreTags) {
    const text = Object.hasOwn(tags, tag) ? tags[tag] : undefined
    const score = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
    if (score >= 0 && score <= 1) values[tag] = score
  }
  return { at, values }
}

function applyConsent(entries: SubscriberFacts['consent'], profile: Profile): SubscriberFacts['consent'] {
  if (!profile.consent) return entries
  const changed: Record<string, ConsentEntry> = { ...entries }
  for (const channel of channels) {
    for (const purpose of consentPurposes) {
      const consent = profile.consent[channel]?.[purpose]
      if (!consent) continue
      const name = entryName(channel, purpose)
      changed[name] = stronger(changed[name], entryOf(consent, profile.event_time))
    }
  }
  return changed
}

const entryName = (channel: Channel, purpose: Purpose) => `${channel}/${purpose}`

const entryOf = (consent: Consent, reportedAt: number): ConsentEntry => ({
  granted: consent.state === 'granted',
  // A grant dated into the future must not outrank the refusals that are given until then.
  since: Math.min(consent.since, reportedAt),
  from: consent.since,
  ref: consent.evidence_ref ?? `${consent.source}@${consent.since}`,
})

/** The newer of two entries; a tie goes to the refusal, and among equals to a fixed one of them. */
function stronger(known: ConsentEntry | undefined, given: ConsentEntry): ConsentEntry {
  if (!known) return given
  if (given.since !== known.since) return given.since > known.since ? given : known
  if (given.granted !== known.granted) return given.granted ? known : given
  if (given.from !== known.from) return given.from > known.from ? given : known
  return given.ref > known.ref ? given : known
}

/** Drops what was said up to the end of the identity. */
function withoutPast(facts: SubscriberFacts): SubscriberFacts {
  const { ended_at, preferences, register } = facts
  if (ended_at === null) return facts
  const since = (known: Known | null) => (known && known.at > ended_at ? known : null)
  return {
    ended_at,
    consent: Object.fromEntries(Object.entries(facts.consent).filter(([, entry]) => entry.since > ended_at)),
    time_zone: since(facts.time_zone),
    language: since(facts.language),
    birth_date: since(facts.birth_date),
    billing_day: since(facts.billing_day),
    calendar: since(facts.calendar),
    country: since(facts.country),
    preferences: preferences && preferences.since > ended_at ? preferences : null,
    register: register && register.at > ended_at ? register : null,
    scores: facts.scores && facts.scores.at > ended_at ? facts.scores : null,
  }
}

/**
 * Takes an opt-out into the facts: marketing through the channel is refused from `at` on, by the same rules as a profile's
 * consent, until a grant that is newer comes. `ref` is what says so.
 */
export function withOptOut(facts: SubscriberFacts, channel: Channel, at: number, ref: string): SubscriberFacts {
  const name = entryName(channel, 'marketing')
  const known = facts.consent[name]
  const held = stronger(known, { granted: false, since: at, from: at, ref })
  return held === known ? facts : withoutPast({ ...facts, consent: { ...facts.consent, [name]: held } })
}

/** The consent that a message through the channel rests on at `now`; undefined: there is none, which is a refusal. */
export function consentInForce(
  facts: SubscriberFacts,
  channel: Channel,
  purpose: Purpose,
  now: number,
): ConsentEntry | undefined {
  const entry = facts.consent[entryName(channel, purpose)]
  return entry?.granted && entry.from <= now ? entry : undefined
}
