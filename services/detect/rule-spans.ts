import type { Activation } from '../rules/activation.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'

/** Of what instants the rules of a ruleset speak, by their places: [from, until). */
export interface RuleSpans {
  /** Events that complete something, by themselves. */
  readonly events: Span
  /** Deadlines and dates. */
  readonly deadlines: Span
}

interface Span {
  readonly from: Float64Array
  readonly until: Float64Array
}

export const isWithin = ({ from, until }: Span, index: number, at: number): boolean =>
  at >= (from[index] as number) && at < (until[index] as number)

/**
 * Of the ruleset in force: what was due before a rule's present version became active is the version's before it. Rules that
 * judge at once judge an event by what is in force when it comes; one that there wasn't at its time has nothing to say of it.
 */
export function spansInForce(rules: readonly Rule[], activation: Activation | undefined): RuleSpans {
  const from = Float64Array.from(rules, ({ id }) => activation?.changedSince[id] ?? Number.NEGATIVE_INFINITY)
  const eventsFrom = Float64Array.from(rules, ({ id, settle }, index) =>
    settle ? (from[index] as number) : (activation?.rulesSince[id] ?? Number.NEGATIVE_INFINITY),
  )
  const until = new Float64Array(rules.length).fill(Number.POSITIVE_INFINITY)
  return { events: { from: eventsFrom, until }, deadlines: { from, until } }
}

/** A ruleset with its times. */
export interface RulesInTime {
  readonly ruleset: Ruleset
  readonly activation: Activation | undefined
}

/** Places of the rules which the ruleset that follows hasn't got as they are, and of which something may wait still. */
export function retiredRules({ ruleset, activation }: RulesInTime, next: RulesInTime): readonly number[] {
  const versions = new Map(next.ruleset.rules.map(({ id, version }) => [id, version]))
  return ruleset.rules.flatMap((rule, index) => {
    const { id, version } = rule
    // It may have been another one in between, which this shard has not seen.
    const isKept = versions.get(id) === version && activation?.changedSince[id] === next.activation?.changedSince[id]
    return !isKept && decidesLater(rule) ? [index] : []
  })
}

const decidesLater = ({ settle, trigger }: Rule): boolean =>
  settle ||
  trigger.kind === 'schedule' ||
  trigger.kind === 'date' ||
  (trigger.kind === 'interval' && trigger.open.kind === 'date') ||
  lengthOfWait(trigger) !== undefined

/** How long a pattern waits for the absence at its end; undefined: it has none. */
export function lengthOfWait(trigger: Rule['trigger']): number | undefined {
  const last = trigger.kind === 'pattern' ? trigger.steps.at(-1) : undefined
  return last?.kind === 'absence' ? last.length : undefined
}

/** Of a ruleset that `next` took the place of at `until`: only what its retired rules have still to decide. */
export function spansOfRetired(
  { ruleset, activation }: RulesInTime,
  retired: readonly number[],
  until: number,
  next: RulesInTime,
): RuleSpans {
  const { rules } = ruleset
  const spans = spansInForce(rules, activation)
  const ends = new Float64Array(rules.length).fill(Number.NEGATIVE_INFINITY)
  const settledEnds = new Float64Array(ends)
  for (const index of retired) {
    const { id, settle } = rules[index] as Rule
    // Versions in between that this shard hasn't seen may have changed it earlier.
    const isThere = next.ruleset.rules.some((rule) => rule.id === id)
    const end = Math.min(until, (isThere ? next.activation?.changedSince[id] : undefined) ?? until)
    ends[index] = end
    if (settle) settledEnds[index] = end
  }
  return {
    events: { from: spans.events.from, until: settledEnds },
    deadlines: { from: spans.deadlines.from, until: ends },
  }
}
