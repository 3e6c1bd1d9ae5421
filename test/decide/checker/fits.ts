import { Temporal } from 'temporal-polyfill'
import type { Catalogue, Offer } from '../../../services/rules/catalogue.ts'
import { dateAt, dateOf } from './civil.ts'
import { hadBy } from './had.ts'
import type { History } from './history.ts'
import type { Known } from './known.ts'
import type { About } from './reasons.ts'

/** Whether the offer is for this subscriber now: docs/offers.md. */
export function fits(
  { moment }: About,
  offer: Offer,
  { policy, offers }: Catalogue,
  history: History,
  { zone, endedAt }: Known,
  now: number,
): boolean {
  const { valid, kind, product, repeatable, conflicts = [], requires = [], contractDaysLeftMost } = offer
  const today = dateAt(now, zone)
  const isBefore = (a: Temporal.PlainDate, b: Temporal.PlainDate) => Temporal.PlainDate.compare(a, b) < 0
  if (valid?.from !== undefined && isBefore(today, dateOf(valid.from))) return false
  if (valid?.to !== undefined && isBefore(dateOf(valid.to), today)) return false

  const segments = Object.values(moment.segments)
  const isToRepair = policy.repairFirst?.some(
    ({ segment, kinds }) => segments.includes(segment) && (kind === undefined || kinds.includes(kind)),
  )
  if (isToRepair) return false
  for (const [dimension, allowed] of Object.entries(offer.segments ?? {})) {
    if (!allowed.includes(moment.segments[dimension] ?? '')) return false
  }

  const { has, boundUntil } = hadBy(history, offers, endedAt)
  if (product !== undefined && !repeatable && has(product)) return false
  if (conflicts.some(has)) return false
  if (!requires.every((some) => some.some(has))) return false
  if (contractDaysLeftMost === undefined || boundUntil === undefined) return true
  return today.until(dateOf(boundUntil), { largestUnit: 'days' }).days <= contractDaysLeftMost
}
