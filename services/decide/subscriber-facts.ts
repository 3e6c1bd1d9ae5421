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
  /** Id of the calendar whose holidays are the subscriber's. */
  readonly calendar: Known | null
  readonly preferences: Preferences | null
  readonly register: RegisterCheck | null
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
export function applyProfile(facts: SubscriberFacts, profile: Profile): SubscriberFacts {
  if (!relevant(profile)) return facts
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
    calendar: newer(facts.calendar, profile.calendar),
    preferences: newerPreferences(facts.preferences, profile),
    register: newerCheck(facts.register, profile),
  })
}

/** Many profile events are about other things; these change nothing here. */
const relevant = (profile: Profile) =>
  readFields.some((field) => profile[field] != null) || profile.status === 'deactivated'

const readFields = ['consent', 'time_zone', 'language', 'birth_date', 'calendar', 'preferences', 'register'] as const

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
    calendar: since(facts.calendar),
    preferences: preferences && preferences.since > ended_at ? preferences : null,
    register: register && register.at > ended_at ? register : null,
  }
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
