import { dayMs, isoDate, type TimeZone } from '../domain/time-zones.ts'
import type { Profile } from '../records/types.ts'
import { type Anniversary, instantOn, nextAnniversary } from '../rules/engine/anniversaries.ts'
import { dateFields, type PlainProfile, type PlainRecord } from '../rules/engine/plain-record.ts'
import type { ZoneTable } from './zone-table.ts'

/** A rule with a calendar timer. */
export interface AnniversaryRule {
  readonly id: string
  readonly trigger: Anniversary
}

const emptyProfile = (): PlainProfile => ({
  zoneSince: undefined,
  dates: new Map(),
  tags: undefined,
  pending: new Map(),
})

/**
 * Puts the fields that a profile event names into the record: each field is as the newest event says that names it,
 * whatever the order of arrival. Tags are replaced as a whole. Calendar rules whose date changed wait for its next local
 * date; a change of zone moves the instant, not the date.
 */
export function applyProfile(
  record: PlainRecord,
  event: Profile,
  usedTags: readonly string[],
  rules: readonly AnniversaryRule[],
  zones: ZoneTable,
): void {
  record.profile ??= emptyProfile()
  const { profile } = record
  const time = event.event_time
  if (event.time_zone && time >= (profile.zoneSince ?? 0)) {
    record.zone = zones.numberOf(event.time_zone)
    profile.zoneSince = time
  }
  if (event.tags && time >= (profile.tags?.since ?? 0)) {
    const { tags } = event
    profile.tags = { names: usedTags.filter((tag) => Object.hasOwn(tags, tag)), since: time }
  }
  for (const field of dateFields) {
    const date = event[field]
    const known = profile.dates.get(field)
    if (!date || time < (known?.since ?? 0)) continue
    const day = Math.floor(Date.parse(`${date}T00:00:00Z`) / dayMs)
    profile.dates.set(field, { day, since: time })
    if (known?.day === day) continue
    for (const rule of rules) if (rule.trigger.field === field) profile.pending.delete(rule.id)
  }
  awaitAnniversaries(record, rules, zones, time)
}

/** Calendar rules that wait for no date, though theirs is known, wait for the first one after an instant. */
export function awaitAnniversaries(
  record: PlainRecord,
  rules: readonly AnniversaryRule[],
  zones: ZoneTable,
  after: number,
): void {
  const { profile } = record
  if (!profile) return
  for (const { id, trigger } of rules) {
    const date = profile.dates.get(trigger.field)
    if (!date || profile.pending.has(id)) continue
    const since = Math.max(after, record.fired.get(id) ?? 0)
    profile.pending.set(id, nextAnniversary(trigger, date.day, zones.zone(record.zone ?? -1), since))
  }
}

/** The earliest instant that a calendar rule of the record waits for; Infinity if there is none. */
export function nextAnniversaryDue(record: PlainRecord, rules: readonly AnniversaryRule[], zones: ZoneTable): number {
  let due = Number.POSITIVE_INFINITY
  for (const { id, trigger } of rules) {
    const day = record.profile?.pending.get(id)
    if (day !== undefined) due = Math.min(due, instantOn(trigger, day, zones.zone(record.zone ?? -1)))
  }
  return due
}

/** Takes what the calendar rules of the record wait for up to an instant; they wait for the next year then. */
export function takeDueAnniversaries(
  { profile }: PlainRecord,
  rules: readonly AnniversaryRule[],
  zone: TimeZone,
  until: number,
): readonly { readonly id: string; readonly at: number; readonly date: string }[] {
  const due: { readonly id: string; readonly at: number; readonly date: string }[] = []
  if (!profile) return due
  for (const { id, trigger } of rules) {
    const date = profile.dates.get(trigger.field)
    let day = profile.pending.get(id)
    if (!date || day === undefined) continue
    for (let at = instantOn(trigger, day, zone); at <= until; at = instantOn(trigger, day, zone)) {
      due.push({ id, at, date: isoDate(day) })
      // From the day after: a zone further west must not find the same date again.
      day = nextAnniversary(trigger, date.day, zone, at + dayMs)
      profile.pending.set(id, day)
    }
  }
  return due
}
