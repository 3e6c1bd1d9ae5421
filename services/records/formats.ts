import { isTimeZone } from '../domain/civil-time.ts'

/** Formats that a schema's `format` may name. */
export const formats = {
  date: { name: 'a date YYYY-MM-DD that exists', test: isCivilDate },
  'time-zone': { name: 'an IANA time zone', test: isTimeZone },
} as const satisfies Record<string, { name: string; test(text: string): boolean }>

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** YYYY-MM-DD (years 0001..9999) of the proleptic Gregorian calendar. */
export function isCivilDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false
  const year = Number(text.slice(0, 4))
  const month = Number(text.slice(5, 7))
  const day = Number(text.slice(8, 10))
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return year >= 1 && day >= 1 && day <= (monthLengths[month - 1] ?? 0) + (leap ? 1 : 0)
}
