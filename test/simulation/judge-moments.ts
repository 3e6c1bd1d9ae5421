import { topics } from '../../services/topology.ts'
import type { Run } from './run.ts'

/** What of moments is wrong: lost, made up, or fired again within the rule's `once` (milliseconds; undefined: it has none). */
export function momentsJudged(
  run: Run,
  undisturbed: Run | undefined,
  onceOf: (rule: string) => number | undefined,
): string[] {
  const found: string[] = []
  const moments = momentsOf(run)
  if (undisturbed) {
    const expected = momentsOf(undisturbed)
    for (const [id, { rule, at }] of expected) {
      if (!moments.has(id)) found.push(`moment lost: ${rule} at ${iso(at)} ${id}`)
    }
    for (const [id, { rule, at }] of moments) {
      if (!expected.has(id)) found.push(`moment that nobody expects: ${rule} at ${iso(at)} ${id}`)
    }
  }
  const fired = new Map<string, number>()
  for (const { rule, subscriber_id, at } of [...moments.values()].sort((a, b) => a.at - b.at)) {
    const once = onceOf(rule)
    const last = fired.get(`${rule} ${subscriber_id}`)
    if (once !== undefined && last !== undefined && at - last < once) {
      found.push(`fired again within its once: ${rule} of ${subscriber_id} at ${iso(last)} and ${iso(at)}`)
    }
    fired.set(`${rule} ${subscriber_id}`, at)
  }
  return found
}

export const momentsOf = (run: Run) => firstOf(run.read(topics.moments).map(({ value }) => [value.moment_id, value]))

export const iso = (time: number): string => new Date(time).toISOString()

/** By id, what came first of it. */
export function firstOf<T>(entries: readonly (readonly [string, T])[]): Map<string, T> {
  const first = new Map<string, T>()
  for (const [id, value] of entries) if (!first.has(id)) first.set(id, value)
  return first
}
