import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type BlockedTimes, blockedUntil, dayTypes, nextBlockedStart } from '../../services/domain/blocked-times.ts'
import { calendarOf } from './days-off.ts'

const minuteMs = 60_000
const dayMs = 1440 * minuteMs

/** Zones with a change at night, by half an hour, over midnight, at midnight itself, and without any. */
const years = [
  ['Asia/Shanghai', 2026],
  ['Europe/Berlin', 2026],
  ['America/New_York', 2026],
  ['America/Havana', 2026],
  ['Africa/Cairo', 2026],
  ['Australia/Lord_Howe', 2026],
  ['America/St_Johns', 2010],
] as const

/** A year minute by minute, as Intl shows it on the wall clock. */
interface Year {
  readonly zone: string
  readonly from: number
  /** For each minute, what the wall clock shows: minutes since 1970 local. */
  readonly walls: Int32Array
  /** The minutes at which it shows that first and last; of a time that it skips, of the next that it shows. */
  readonly shown: (wall: number) => { readonly first: number; readonly last: number }
}

function minuteByMinute(zone: string, year: number): Year {
  const from = Date.UTC(year, 0, 1)
  const count = (Date.UTC(year + 1, 0, 1) - from) / minuteMs
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
  const wallAt = (minute: number) => {
    return Date.parse(`${clock.format(from + minute * minuteMs).replace(' ', 'T')}Z`) / minuteMs
  }
  const walls = new Int32Array(count)
  for (let day = 0; day < count; day += 1440) {
    const begin = wallAt(day)
    // Only on days of a change is the clock asked for each minute: it is slow.
    const isPlain = wallAt(day + 1440) - begin === 1440
    for (let i = 0; i < 1440; i++) walls[day + i] = isPlain ? begin + i : wallAt(day + i)
  }
  const first = new Map<number, number>()
  const last = new Map<number, number>()
  walls.forEach((wall, minute) => {
    if (!first.has(wall)) first.set(wall, minute)
    last.set(wall, minute)
  })
  const ends = walls.reduce((most, wall) => Math.max(most, wall))
  const shown = (wall: number) => {
    if (wall < (walls[0] ?? 0)) return { first: 0, last: 0 }
    for (let next = wall; next <= ends; next++) {
      const [one, other] = [first.get(next), last.get(next)]
      if (one === undefined || other === undefined) continue
      return next === wall ? { first: one, last: other } : { first: one, last: one }
    }
    return { first: count, last: count }
  }
  return { zone, from, walls, shown }
}

/** What is blocked, painted block by block onto the minutes of the year. */
function painted(year: Year, blocks: readonly BlockedTimes[], isHoliday: (day: number) => boolean): Uint8Array {
  const paint = new Uint8Array(year.walls.length)
  const lastDay = Math.floor((year.walls.at(-1) ?? 0) / 1440)
  for (let day = Math.floor((year.walls[0] ?? 0) / 1440) - 1; day <= lastDay + 1; day++) {
    const weekday = dayTypes[(new Date(day * dayMs).getUTCDay() + 6) % 7]
    for (const { days, bands } of blocks) {
      const isOn = days.length === 0 || days.some((type) => type === weekday || (type === 'holiday' && isHoliday(day)))
      if (!isOn) continue
      for (const { start, end } of bands.length === 0 ? [{ start: 0, end: 1440 }] : bands) {
        const from = day * 1440 + start
        const to = day * 1440 + end + (start < end ? 0 : 1440)
        paint.fill(1, year.shown(from).first, Math.max(year.shown(from).first, year.shown(to).last))
      }
    }
  }
  return paint
}

/** Of the painted minutes: [from, to) of one colour, without the two at the edges of the year. */
function spansOf(paint: Uint8Array) {
  const spans: { from: number; to: number; blocked: boolean }[] = []
  for (let from = 0, to = 1; to <= paint.length; to++) {
    if (to < paint.length && paint[to] === paint[from]) continue
    spans.push({ from, to, blocked: paint[from] === 1 })
    from = to
  }
  return spans.slice(1, -1)
}

const minute = fc.oneof(
  fc.integer({ min: 0, max: 1439 }),
  fc.integer({ min: 0, max: 23 }).map((hour) => hour * 60),
)
const band = fc.tuple(minute, minute).map(([start, end]) => ({ start, end: end === 0 ? 1440 : end }))
const blocks = fc.array(
  fc.record({ days: fc.subarray([...dayTypes]), bands: fc.uniqueArray(band, { maxLength: 2, selector: String }) }),
  { minLength: 1, maxLength: 3 },
)
const dayOfYear = fc.integer({ min: 0, max: 364 })

it.each(years)(
  'in %s every minute of %d is blocked when a painter of minutes says so, and until then',
  (zone, number) => {
    const year = minuteByMinute(zone, number)
    const date = (day: number) => new Date(year.from + day * dayMs).toISOString().slice(0, 10)
    const instant = (index: number) => year.from + index * minuteMs
    const seen = { blocked: 0, free: 0 }
    fc.assert(
      fc.property(
        blocks,
        fc.array(dayOfYear, { maxLength: 12 }),
        dayOfYear,
        fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
        (times, off, ends, samples) => {
          const daysOff = off.filter((day) => day <= ends).map(date)
          const calendar = calendarOf(date(0), date(ends), daysOff)
          const known = [date(0), date(ends)] as const
          const isHoliday = (day: number) => {
            const text = new Date(day * dayMs).toISOString().slice(0, 10)
            return text < known[0] || text > known[1] || daysOff.includes(text)
          }
          const spans = spansOf(painted(year, times, isHoliday))
          const place = { zones: [zone], calendar }
          const changes = spans.filter(({ from, to }) => {
            const [begin, end] = [year.walls[from] ?? 0, year.walls[to] ?? 0]
            return end - begin !== to - from
          })
          for (const span of [...changes, ...samples.flatMap((n) => spans[n % Math.max(1, spans.length)] ?? [])]) {
            const [from, to] = [instant(span.from), instant(span.to)]
            const inside = from + Math.floor(((to - from) * (samples[0] ?? 0)) / 2 ** 31)
            for (const at of [from, inside, to - 1]) {
              const end = to - at > 15 * dayMs ? null : to
              expect(blockedUntil(times, place, at), new Date(at).toISOString()).toBe(span.blocked ? end : undefined)
              if (!span.blocked && to - at < 8 * dayMs) expect(nextBlockedStart(times, place, at)).toBe(to)
            }
            seen[span.blocked ? 'blocked' : 'free']++
          }
        },
      ),
      { numRuns: 40 },
    )
    expect(seen.blocked).toBeGreaterThan(50)
    expect(seen.free).toBeGreaterThan(50)
  },
)
