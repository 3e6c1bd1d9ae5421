import { type Band, type DayType, parseBand } from '../domain/blocked-times.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { Channel } from '../topology.ts'
import { blockThatClosesAll } from './always-blocked.ts'
import type { BlockedContact, Policy, RegisterPolicy } from './catalogue.ts'
import type { Text } from './ruleset.ts'
import type { Path } from './source.ts'
import { day, hour, type Subject } from './subject.ts'

type ProtectedPurpose = BlockedContact['purposes'][number]

/** The shape of schemas/policy.schema.json, as far as it concerns who and what is left alone. */
export interface RawContactTimes {
  categories?: { id: string; title: Text }[]
  default_category?: string
  do_not_disturb?: {
    id: string
    purposes?: ProtectedPurpose[]
    categories?: string[]
    channels?: Channel[]
    days?: DayType[]
    bands?: string[]
  }[]
  register?: {
    required_for: { purposes?: ProtectedPurpose[]; categories?: string[]; channels?: Channel[] }
    max_age: string
  }
  default_calendar?: string
}

type ContactTimes = Pick<Policy, 'categories' | 'defaultCategory' | 'doNotDisturb' | 'register'>

const allPurposes: readonly ProtectedPurpose[] = ['marketing', 'care']

/** That part of a policy from its raw form; what is wrong with it is told to the subject. */
export function checkContactTimes(raw: RawContactTimes, subject: Subject): ContactTimes {
  const known = (raw.categories ?? []).map(({ id }) => id)
  const isKnown = (category: string, path: Path) => {
    if (!known.includes(category)) subject.fault('KM_CATALOGUE_CATEGORY', unknownCategory(category, known), path)
  }
  if (raw.default_category !== undefined) isKnown(raw.default_category, ['default_category'])
  const blocks = raw.do_not_disturb?.map((_, index) => blockOf(raw, index, subject, isKnown))
  checkThatSomeTimeIsOpen(blocks ?? [], subject)
  const register = raw.register && registerOf(raw.register, subject, isKnown)
  return {
    ...(raw.categories && { categories: raw.categories }),
    ...(raw.default_category !== undefined && { defaultCategory: raw.default_category }),
    ...(blocks && { doNotDisturb: blocks }),
    ...(register && { register }),
  }
}

/** What to say of an offer, a block or a cap that names a category which the policy doesn't list. */
export const unknownCategory = (category: string, known: readonly string[]): string =>
  known.length === 0
    ? `no category '${category}': policy.yaml lists none; add it under 'categories'`
    : `no category '${category}' in policy.yaml${didYouMeanOneOf(category, known)}`

/** One block may leave nothing open, or several that do so together: it is told of the one that closes the last minute. */
function checkThatSomeTimeIsOpen(blocks: readonly BlockedContact[], subject: Subject): void {
  const closing = allPurposes.map((purpose) => blockThatClosesAll(blocks, purpose))
  blocks.forEach((block, index) => {
    const closed = allPurposes.filter((_, place) => closing[place] === index)
    // Of a block that names nothing it is told already.
    if (closed.length === 0 || namesNothing(block)) return
    const message = `with '${block.id}' nothing is open for ${closed.join(' and ')}, at any time and through any channel: nothing would ever be sent; leave something open`
    subject.fault('KM_CATALOGUE_VALUE', message, ['do_not_disturb', index])
  })
}

const namesNothing = ({ categories, channels, days, bands }: BlockedContact): boolean =>
  [categories, channels, days, bands].every((named) => named.length === 0)

type IsKnown = (category: string, path: Path) => void

function blockOf(raw: RawContactTimes, index: number, subject: Subject, isKnown: IsKnown): BlockedContact {
  const { id, purposes, categories, channels, days, bands } = raw.do_not_disturb?.[index] ?? { id: '' }
  const path: Path = ['do_not_disturb', index]
  if (!categories && !channels && !days && !bands) {
    const message = 'nothing would ever be sent: give at least one of categories, channels, days, bands'
    subject.fault('KM_CATALOGUE_VALUE', message, path)
  }
  categories?.forEach((category, item) => void isKnown(category, [...path, 'categories', item]))
  if (days?.includes('holiday') && raw.default_calendar === undefined) {
    const message = `'holiday' needs a default_calendar: a day of somebody without calendar may always be one`
    subject.fault('KM_CATALOGUE_CALENDAR', message, [...path, 'days', days.indexOf('holiday')])
  }
  return {
    id,
    purposes: purposes ?? allPurposes,
    categories: categories ?? [],
    channels: channels ?? [],
    days: days ?? [],
    bands: bands?.map((text, item) => bandOf(text, [...path, 'bands', item], subject)) ?? [],
  }
}

function bandOf(text: string, path: Path, subject: Subject): Band {
  const band = parseBand(text)
  if (!band) {
    const message = `'${text}' is no part of a day; write it like "09:00-12:00" or "21:00-24:00", with quotes`
    subject.fault('KM_CATALOGUE_WALL_TIME', message, path)
  } else if (band.start === band.end) {
    subject.fault('KM_CATALOGUE_VALUE', 'start and end are the same: leave bands out for the whole day', path)
  } else return band
  return { start: 0, end: 1 }
}

function registerOf(
  { required_for: { purposes, categories, channels }, max_age }: NonNullable<RawContactTimes['register']>,
  subject: Subject,
  isKnown: IsKnown,
): RegisterPolicy {
  categories?.forEach((category, item) => void isKnown(category, ['register', 'required_for', 'categories', item]))
  return {
    requiredFor: { purposes: purposes ?? allPurposes, categories: categories ?? [], channels: channels ?? [] },
    maxAge: subject.duration(max_age, ['register', 'max_age'], { least: hour, most: 366 * day }),
  }
}
