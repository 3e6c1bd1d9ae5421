import type { Policy } from '../../../services/rules/catalogue.ts'
import { periodOf } from './civil.ts'
import type { History } from './history.ts'
import type { Known } from './known.ts'
import type { About } from './reasons.ts'
import { refusalsIn, type Sent } from './sent.ts'

/** How often, how soon, and how long after a no: docs/caps-and-refusals.md. */

export function isCapped(
  about: About,
  policy: Policy,
  sent: readonly Sent[],
  { zone, billingDay }: Known,
  now: number,
) {
  return policy.caps.some(({ purposes, channels, categories, window, most }) => {
    const covers = (purpose: string, channel: string, category: string | null) =>
      purposes.some((one) => one === purpose) &&
      (!channels || channels.some((one) => one === channel)) &&
      (!categories || category === null || categories.includes(category))
    if (!covers(about.moment.purpose, about.channel, about.category)) return false
    const counted = sent.filter(({ purpose, channel, category }) => covers(purpose, channel, category ?? null))
    // What was said of one moment through several channels is one touch, when the last of it was.
    const last = new Map(
      counted.toSorted((a, b) => a.leftBy - b.leftBy).map(({ moment_id, leftBy }) => [moment_id, leftBy]),
    )
    // What is under way may leave now.
    const inside = [...last.values()]
      .map((at) => Math.min(at, now))
      .filter((at) =>
        window.kind === 'rolling'
          ? now - at < window.length
          : periodOf(at, window.unit, zone, billingDay) === periodOf(now, window.unit, zone, billingDay),
      )
    return inside.length + 1 > most
  })
}

export function isTooSoon({ moment }: About, { gaps }: Policy, sent: readonly Sent[], now: number): boolean {
  const gap = gaps[moment.purpose]
  return gap !== undefined && sent.some(({ leftBy }) => now - Math.min(leftBy, now) < gap)
}

export function isCooling(about: About, policy: Policy, history: History, endedAt: number, now: number): boolean {
  const refusals = refusalsIn(history, policy, endedAt)
  return policy.cooling.some(({ of, after, within, length }) => {
    const own = refusals.filter(({ sent }) => {
      if (of === 'all' || !sent) return true
      if (of === 'rule') return sent.rule === about.moment.rule
      if (of === 'offer') return sent.offer === about.offer?.id
      return sent.category == null || about.category === null || sent.category === about.category
    })
    return own.some(({ at }) => {
      const together = own.filter((other) => other.at <= at && at - other.at < (after === 1 ? Infinity : within))
      return together.length >= after && now - at < length
    })
  })
}
