import { firstLunarDay, firstLunarYear, lunarYearWords } from './lunar-table.ts'

/**
 * The Chinese lunar calendar from a table of the years 1900 to 2100, as days (numbers from 1970-01-01). JavaScript's own
 * (`Intl`) is wrong for some years: it has Spring Festival of 2027 and 2030 a day off. Outside of the table the answer is
 * 'calendar-ends', never a guess. Months begin with the new moon at 120° E, as in mainland China; some other tables have
 * a month of 1933, 1954, 1978 and 2057 begin a day apart.
 */
export interface LunarDate {
  readonly year: number
  /** 1..12; a leap month has the number of the month that it follows. */
  readonly month: number
  readonly leap: boolean
  /** 1..30. */
  readonly day: number
}

/** How a lunar date of birth is kept in years whose months are others. */
export interface LunarBirthdayRule {
  /** Born in a leap month, a year without that leap month: the plain month of its number, or no birthday. */
  readonly withoutLeapMonth: 'plain' | 'skip'
  /** Born in a leap month, a year that has it again: the first of the two months or the leap month; never both. */
  readonly withLeapMonth: 'first' | 'leap'
  /** Born on day 30, a month of 29 days: its last day, or no birthday. */
  readonly dayThirty: 'last' | 'skip'
}

/** The first day of each year of the table, and the first one behind it. */
const newYears: readonly number[] = [...beginnings()]

function* beginnings(): Generator<number> {
  let day = firstLunarDay
  for (const word of lunarYearWords) {
    yield day
    day += daysIn(word, leapMonthIn(word) > 0 ? 13 : 12)
  }
  yield day
}

/** The days of the table, first and last. */
export const lunarDays = { from: firstLunarDay, to: (newYears.at(-1) ?? 0) - 1 } as const

/** The lunar date of a day, 1900-01-31 to 2101-01-28. */
export function lunarOf(day: number): LunarDate | 'calendar-ends' {
  const index = yearIndexOf(day)
  if (index === undefined) return 'calendar-ends'
  const word = lunarYearWords[index] ?? 0
  let rest = day - (newYears[index] ?? 0)
  let place = 0
  while (rest >= lengthAt(word, place)) rest -= lengthAt(word, place++)
  const leapMonth = leapMonthIn(word)
  const isBehind = leapMonth > 0 && place >= leapMonth
  return {
    year: firstLunarYear + index,
    month: isBehind ? place : place + 1,
    leap: isBehind && place === leapMonth,
    day: rest + 1,
  }
}

/** The day of a lunar date; undefined where its year has no such month, or the month no such day. */
export function dayOfLunar(
  year: number,
  month: number,
  leap: boolean,
  day: number,
): number | 'calendar-ends' | undefined {
  const length = lunarMonthDays(year, month, leap)
  if (length === 'calendar-ends') return length
  if (length === undefined || day < 1 || day > length) return undefined
  const word = wordOf(year) ?? 0
  return (newYears[year - firstLunarYear] ?? 0) + daysIn(word, placeOf(word, month, leap)) + day - 1
}

/** 29 or 30; undefined where the year has no such month. */
export function lunarMonthDays(year: number, month: number, leap: boolean): number | 'calendar-ends' | undefined {
  const word = wordOf(year)
  if (word === undefined) return 'calendar-ends'
  if (month < 1 || month > 12 || (leap && leapMonthIn(word) !== month)) return undefined
  return lengthAt(word, placeOf(word, month, leap))
}

/**
 * The day on which a birthday is kept in a lunar year: one at most, also in a year that has the month twice. Who is born
 * in a plain month keeps it in the plain month. Undefined where the rule skips the year.
 */
export function lunarBirthday(
  birth: LunarDate,
  year: number,
  rule: LunarBirthdayRule,
): number | 'calendar-ends' | undefined {
  const hasLeap = birth.leap && lunarMonthDays(year, birth.month, true) !== undefined
  if (birth.leap && !hasLeap && rule.withoutLeapMonth === 'skip') return undefined
  const leap = hasLeap && rule.withLeapMonth === 'leap'
  const length = lunarMonthDays(year, birth.month, leap)
  if (length === 'calendar-ends' || length === undefined) return length
  if (birth.day > length && rule.dayThirty === 'skip') return undefined
  return dayOfLunar(year, birth.month, leap, Math.min(birth.day, length))
}

const wordOf = (year: number): number | undefined => lunarYearWords[year - firstLunarYear]

function leapMonthIn(word: number): number {
  return word >> 13
}

/** Days of the month at a place of the year; place 0 is the first month. */
const lengthAt = (word: number, place: number): number => 29 + ((word >> place) & 1)

/** Where a month stands in its year, leap month counted. */
function placeOf(word: number, month: number, leap: boolean): number {
  const leapMonth = leapMonthIn(word)
  return leap || (leapMonth > 0 && month > leapMonth) ? month : month - 1
}

/** Days of the first months of a year. */
function daysIn(word: number, months: number): number {
  let days = 29 * months
  for (let place = 0; place < months; place++) days += (word >> place) & 1
  return days
}

function yearIndexOf(day: number): number | undefined {
  const first = newYears[0] ?? 0
  if (day < first || day >= (newYears.at(-1) ?? 0)) return undefined
  // The mean year is off by less than a month, hence by one index at most.
  let index = Math.min(lunarYearWords.length - 1, Math.floor((day - first) / 365.2425))
  while (day < (newYears[index] ?? 0)) index--
  while (day >= (newYears[index + 1] ?? 0)) index++
  return index
}
