import { dayMs, type TimeZone } from '../domain/time-zones.ts'

/** A time as a line writes it. Offsets in milliseconds. */
export interface TimeText {
  readonly base: ClockText | undefined
  /** Added to the base; without one, to the last event whose line names a time of its own. */
  readonly offset: number
}

type ClockText =
  /** A time of day: of the day of the line above, of the n-th day, or of a date (days from 1970-01-01). */
  | { readonly kind: 'local'; readonly day: number | undefined; readonly date: number | undefined; readonly ms: number }
  | { readonly kind: 'utc'; readonly at: number }

const clock = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?`
const length = String.raw`(?:\d+(?:ms|[smhd]))+`
const pattern = new RegExp(
  String.raw`(?:(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)|(?:day (\d{1,4}) +|(\d{4}-\d\d-\d\d) +)?${clock})?((?: *[+-]${length})*)(?=[\s,]|$)`,
  'y',
)

/** How times are written, for messages. */
export const timeForms = "09:00, 'day 2 09:00:30', 2026-03-31 09:00, +48h, 09:00-1ms or 2026-03-02T01:00:00Z"

/** The time that stands at `from` and where it ends; undefined: there is none. */
export function readTime(text: string, from: number): { readonly time: TimeText; readonly end: number } | undefined {
  pattern.lastIndex = from
  const found = pattern.exec(text)
  if (!found || found[0] === '') return undefined
  const [whole, utc, day, date, hours, minutes, seconds, millis, offsets = ''] = found
  const time = { base: undefined, offset: sumOf(offsets) }
  const end = from + whole.length
  if (utc !== undefined) {
    const at = Date.parse(utc)
    return Number.isNaN(at) ? undefined : { time: { ...time, base: { kind: 'utc', at } }, end }
  }
  if (hours === undefined) return { time, end }
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds ?? 0)]
  const civil = date === undefined ? undefined : Date.parse(date) / dayMs
  const isDate =
    civil === undefined || (Number.isInteger(civil) && new Date(civil * dayMs).toISOString().startsWith(date ?? ''))
  if (h > 23 || m > 59 || s > 59 || day === '0' || !isDate) return undefined
  const ms = ((h * 60 + m) * 60 + s) * 1000 + Number((millis ?? '').padEnd(3, '0'))
  const base = { kind: 'local', day: day === undefined ? undefined : Number(day), date: civil, ms } as const
  return { time: { ...time, base }, end }
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: dayMs }

/** ` +1d2h -1ms` in milliseconds. */
function sumOf(offsets: string): number {
  let sum = 0
  for (const [, sign, parts = ''] of offsets.matchAll(/([+-])([0-9a-z]+)/g)) {
    for (const [, count, unit = ''] of parts.matchAll(/(\d+)(ms|[smhd])/g)) {
      sum += (sign === '-' ? -1 : 1) * Number(count) * (units[unit] ?? 0)
    }
  }
  return sum
}

/** What times of a line are relative to. */
export interface TimeFrame {
  readonly zone: TimeZone
  readonly firstDay: number
  /** The day of a bare time of day. */
  readonly day: number
  /** What a bare `+48h` is added to. */
  readonly anchor: number
}

/** The instant; a wall time which doesn't exist means the first instant after the gap, of one that exists twice the earlier. */
export function instantOf({ base, offset }: TimeText, { zone, firstDay, day, anchor }: TimeFrame): number {
  if (!base) return anchor + offset
  if (base.kind === 'utc') return base.at + offset
  const civil = base.date ?? (base.day === undefined ? day : firstDay + base.day - 1)
  return zone.instantOf(civil * dayMs + base.ms) + offset
}

/** An instant as a person reads it: the local date and time of day, and which day of the timeline it is. */
export function wallClock(at: number, zone: TimeZone, firstDay: number): string {
  if (!Number.isFinite(at)) return 'never'
  const local = new Date(at + zone.offsetAt(at)).toISOString()
  const time = local.slice(11, -1).replace(/\.000$/, '')
  return `day ${zone.civilDay(at) - firstDay + 1} ${time.replace(/^(..:..):00$/, '$1')} (${local.slice(0, 10)})`
}
