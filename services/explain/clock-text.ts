import type { TimeZone } from '../domain/time-zones.ts'
import type { Sentences } from './sentences.ts'

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** A length as rules write it: 7d, 36h, 90s; 1500 ms as 1500ms. */
export function lengthText(ms: number): string {
  // As people say it: two days and less in hours.
  const unit = units.find(([name, length]) => ms % length === 0 && (name !== 'd' || ms > 2 * length)) ?? units.at(-1)
  return ms > 0 && unit && ms % unit[1] === 0 ? `${ms / unit[1]}${unit[0]}` : `${ms}ms`
}

/** How long something is off, roughly: 3 d 4 h, 12 min, 5 s. */
export function roughly(ms: number, say: Sentences): string {
  const seconds = Math.round(Math.abs(ms) / 1_000)
  return say.length(
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  )
}

/** An instant on the subscriber's wall clock: 2026-03-02 10:00:05, with milliseconds where there are some. */
export function localText(at: number, zone: TimeZone, say: Sentences): string {
  if (!Number.isFinite(at)) return say.never
  const local = new Date(at + zone.offsetAt(at)).toISOString()
  return `${local.slice(0, 10)} ${local.slice(11, -1).replace(/\.000$/, '')}`
}
