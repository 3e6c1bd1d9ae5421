import type { Temporal } from 'temporal-polyfill'
import type { BlockedContact, Catalogue, ContactKinds } from '../../../services/rules/catalogue.ts'
import { type Band, birthday, dayNumberOf, isOn, startOf, weekdayOf } from './civil.ts'
import type { Known } from './known.ts'
import type { About } from './reasons.ts'

/** What the wall clock has against a message: quiet hours, blocked times, a minor's age and the age of a check. */

/** SEMANTICS, time 4. A window whose ends are the same is quiet never. */
export function isQuiet({ channel }: About, { policy }: Catalogue, { zones }: Known, now: number): boolean {
  const windows = policy.quietHours.filter(({ channels, start, end }) => channels.includes(channel) && start !== end)
  return windows.some((window) => zones.some((zone) => isOn(window, now, zone)))
}

/** The subscriber's preferences, or the policy, block what the message is about at this time of this day. */
export function isBlocked(about: About, catalogue: Catalogue, known: Known, now: number): boolean {
  const { preferences, zones } = known
  if (preferences.some(({ since }) => now < since)) return true
  const own = preferences.flatMap(({ blocks }) => blocks.map((block) => ({ ...block, bands: block.bands.map(bandOf) })))
  const blocks: readonly (Partial<ContactKinds> & Pick<BlockedContact, 'days' | 'bands'>)[] = [
    ...own,
    ...(catalogue.policy.doNotDisturb ?? []),
  ]
  const calendar = catalogue.calendars.find(({ id }) => id === known.calendar)
  const isHoliday = (day: number): boolean => {
    const { covers, daysOff } = calendar?.announced ?? { covers: { from: 0, to: -1 }, daysOff: [] }
    const isKnown = covers.from <= day && day <= covers.to
    return !isKnown || daysOff.some(({ from, to }) => from <= day && day <= to)
  }
  return blocks.some(({ days, bands, ...kinds }) => {
    if (!isAbout(kinds, about)) return false
    const parts: readonly Band[] = bands.length === 0 ? [{ start: 0, end: 1440 }] : bands
    const isItsDay = (date: Temporal.PlainDate) => {
      if (days.length === 0 || days.some((type) => type === weekdayOf(date))) return true
      return days.includes('holiday') && isHoliday(dayNumberOf(date))
    }
    return parts.some((band) => zones.some((zone) => isOn(band, now, zone, isItsDay)))
  })
}

function bandOf(text: string): Band {
  const [from = 0, fromMinute = 0, to = 0, toMinute = 0] = text.split(/[-:]/).map(Number)
  return { start: from * 60 + fromMinute, end: to * 60 + toMinute }
}

/** Listed, not asked lately enough, or under 18 where they are. */
export function isProtected(
  about: About,
  { policy }: Catalogue,
  { register, born, zone }: Known,
  now: number,
): boolean {
  if (register?.listed) return true
  if (policy.register && isAbout(policy.register.requiredFor, about)) {
    if (!register || now >= register.at + policy.register.maxAge) return true
  }
  return born !== undefined && now < startOf(birthday(born, 18), zone)
}

/** What is left out names all; a message of which nobody says what it is about may be about anything. */
function isAbout({ purposes, categories, channels }: Partial<ContactKinds>, about: About): boolean {
  const names = (list: readonly string[] | undefined, word: string | null) =>
    !list || list.length === 0 || word === null || list.includes(word)
  return names(purposes, about.moment.purpose) && names(channels, about.channel) && names(categories, about.category)
}
