import type { Preferences, Profile, RegisterCheck } from '../../../services/records/types.ts'
import type { Policy } from '../../../services/rules/catalogue.ts'
import type { Purpose } from '../../../services/rules/ruleset.ts'
import type { Channel } from '../../../services/topology.ts'
import { type History, toldOf } from './history.ts'
import { saidBy } from './words.ts'

/** What was known of a subscriber once a history had been told: the newest word holds, by when it was said. */
export interface Known {
  /** When the identity ended; nothing from until then is known. */
  readonly endedAt: number
  readonly zone: string
  /** Of where they may be: abroad, all of the country. */
  readonly zones: readonly string[]
  readonly calendar: string | undefined
  readonly born: string | undefined
  readonly billingDay: number
  /** Those of the newest date, if there are several of it. */
  readonly preferences: readonly (Preferences & { readonly said: number })[]
  readonly register: { readonly listed: boolean; readonly at: number } | undefined
  consents(channel: Channel, purpose: Purpose, now: number): boolean
}

export function knownOf(history: History, policy: Policy): Known {
  const all = toldOf(history, 'profile')
  const endedAt = Math.max(
    Number.NEGATIVE_INFINITY,
    ...all.filter(({ status }) => status === 'deactivated').map(({ event_time }) => event_time),
  )
  const profiles = all.filter(({ event_time }) => event_time > endedAt)
  const newest = <Field extends keyof Profile>(field: Field) =>
    newestOf(
      profiles.filter((profile) => profile[field] != null),
      (profile) => profile.event_time,
    ).at(-1)?.[field] ?? undefined

  const preferences = newestOf(
    all.flatMap(({ preferences: said, event_time }) =>
      said ? [{ ...said, said: Math.min(said.since, event_time) }] : [],
    ),
    ({ said }) => said,
  ).filter(({ said }) => said > endedAt)

  const checks = newestOf(
    all.flatMap(({ register, event_time }) => (register ? [checkOf(register, event_time)] : [])),
    ({ at }) => at,
  ).filter(({ at }) => at > endedAt)

  function consents(channel: Channel, purpose: Purpose, now: number): boolean {
    const words = all.flatMap(({ consent, event_time }) => {
      const entry = consent?.[channel]?.[purpose]
      const since = Math.min(entry?.since ?? 0, event_time)
      return entry ? [{ since, from: entry.since, isYes: entry.state === 'granted' }] : []
    })
    for (const reply of toldOf(history, 'reply')) {
      if (purpose !== 'marketing' || reply.channel !== channel || saidBy(reply, policy) !== 'opted-out') continue
      words.push({ since: reply.event_time, from: reply.event_time, isYes: false })
    }
    const last = newestOf(words, ({ since }) => since).filter(({ since }) => since > endedAt)
    return last.length > 0 && last.every(({ isYes, from }) => isYes && from <= now)
  }

  const zone = newest('time_zone') ?? policy.defaultTimeZone
  return {
    endedAt,
    zone,
    zones: abroadIn(history, policy, endedAt) ?? [zone],
    calendar: newest('calendar') ?? policy.defaultCalendar,
    born: newest('birth_date'),
    billingDay: newest('billing_day') ?? 1,
    preferences,
    register: checks.length === 0 ? undefined : { at: checks[0]?.at ?? 0, listed: checks.some(({ listed }) => listed) },
    consents,
  }
}

/** Of the countries in which tests are. */
const zones: Readonly<Record<string, readonly string[]>> = {
  FR: ['Europe/Paris'],
  JP: ['Asia/Tokyo'],
  KR: ['Asia/Seoul'],
  SG: ['Asia/Singapore'],
  TH: ['Asia/Bangkok'],
  PT: ['Europe/Lisbon', 'Atlantic/Madeira', 'Atlantic/Azores'],
  NZ: ['Pacific/Auckland', 'Pacific/Chatham'],
}

/** What the newest moment said that knew where the subscriber was. */
function abroadIn(history: History, { roaming }: Policy, endedAt: number): readonly string[] | undefined {
  if (!roaming) return undefined
  const moments = toldOf(history, 'moment').filter(
    ({ mode, do_not_disturb, evidence, at }) =>
      mode === 'live' && !do_not_disturb && typeof evidence[roaming.abroad] === 'boolean' && at > endedAt,
  )
  const evidence = newestOf(moments, ({ at }) => at).at(-1)?.evidence
  return evidence?.[roaming.abroad] === true ? zonesOf(String(evidence[roaming.country])) : undefined
}

function zonesOf(country: string): readonly string[] | undefined {
  if (/^[A-Z]{2}$/.test(country) && !zones[country]) throw new Error(`the checker knows no zones of ${country}`)
  return zones[country]
}

const checkOf = ({ listed, checked_at }: RegisterCheck, event_time: number) => ({
  listed,
  at: Math.min(checked_at, event_time),
})

/** Those of the greatest time, in the order in which they came. */
function newestOf<T>(some: readonly T[], time: (one: T) => number): readonly T[] {
  const last = Math.max(...some.map(time))
  return some.filter((one) => time(one) === last)
}
