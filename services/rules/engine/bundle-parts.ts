import type { Expression } from '../expression.ts'
import type { Rule, Ruleset } from '../ruleset.ts'
import { conjuncts, joined, wordsAsked } from './generate-dispatch.ts'
import { edgeLimits, type Limits, limitsIn, openCondition, type Subject, subjectKey } from './limits.ts'

/** Rules of a bundle that need the same of the event in hand, or the same number beyond a line of their own. */
export interface BundlePart {
  /** Places in the ruleset, ascending. */
  readonly rules: readonly number[]
  /** What the event in hand must meet for any of them to be true; undefined: nothing. */
  readonly where: Expression | undefined
  /** The number that each compares with a line of its own; undefined: they are looked at one by one. */
  readonly subject: Subject | undefined
  /** The lines are edges: see `edgeLimits`. */
  readonly areEdges: boolean
}

/** Engines don't optimize a function without end. */
const rulesMost = 40
/** Fewer rules than this are looked at faster than they are told apart. */
const partedLeast = 12

/**
 * Parts rules that the same changes wake, so that an event costs what those cost that may be true: by a word of the event
 * (`event.app == "x"`), then by the lines that they draw for one number (`mb_7d >= 500`). An edge goes on when its condition
 * is false, too, so that of those only such are told apart that are nothing but lines.
 */
export function partsOfBundle(ruleset: Ruleset, rules: readonly number[], readsEvent: boolean): readonly BundlePart[] {
  const asking = readsEvent ? rules.filter((index) => asksOf(ruleset.rules[index]) !== undefined) : []
  const byWords =
    asking.length < partedLeast
      ? new Map<string, number[]>()
      : grouped(asking, (index) => JSON.stringify(asksOf(ruleset.rules[index])))
  const parts: BundlePart[] = []
  const left = new Set(rules)
  for (const own of byWords.values()) {
    for (const index of own) left.delete(index)
    parts.push(
      ...partsByLines(ruleset, own).map((part) => ({ ...part, where: asksOf(ruleset.rules[own[0] as number]) })),
    )
  }
  for (const own of grouped([...left], (index) => edgeKeyOf(ruleset.rules[index])).values()) {
    const limits = edgeLimits(ruleset.rules[own[0] as number])
    if (!limits || own.length < partedLeast) continue
    for (const index of own) left.delete(index)
    parts.push({ rules: own, where: undefined, subject: limits.subject, areEdges: true })
  }
  return [...partsByLines(ruleset, [...left]), ...parts]
}

/** The same of edges over one number, armed again or not. */
function edgeKeyOf(rule: Rule | undefined): string {
  const limits = edgeLimits(rule)
  return limits ? `${subjectKey(limits.subject)} ${limits.rearm !== undefined}` : ''
}

function partsByLines(ruleset: Ruleset, rules: readonly number[]): readonly BundlePart[] {
  const limits = new Map(rules.map((index) => [index, limitsAll(ruleset.rules[index])] as const))
  const lines = new Map<string, Set<string>>()
  for (const { subject, low, high } of [...limits.values()].flat()) {
    const key = subjectKey(subject)
    lines.set(key, (lines.get(key) ?? new Set()).add(`${low} ${high}`))
  }
  // Each goes where most lines are: one line that all draw parts nothing.
  const countOf = ({ subject }: Limits) => lines.get(subjectKey(subject))?.size ?? 0
  const chosen = new Map(
    rules.map((index) => {
      const [best] = [...(limits.get(index) ?? [])].sort((a, b) => countOf(b) - countOf(a))
      return [index, best && countOf(best) >= partedLeast ? best.subject : undefined] as const
    }),
  )
  const bySubject = grouped(rules, (index) => {
    const subject = chosen.get(index)
    return subject ? subjectKey(subject) : ''
  })
  return [...bySubject.values()].flatMap((own) => {
    const subject = chosen.get(own[0] as number)
    return subject ? [{ rules: own, where: undefined, subject, areEdges: false }] : inChunks(own)
  })
}

const inChunks = (rules: readonly number[]): BundlePart[] =>
  Array.from({ length: Math.ceil(rules.length / rulesMost) }, (_, i) => ({
    rules: rules.slice(i * rulesMost, (i + 1) * rulesMost),
    where: undefined,
    subject: undefined,
    areEdges: false,
  }))

function grouped(rules: readonly number[], keyOf: (index: number) => string): ReadonlyMap<string, number[]> {
  const groups = new Map<string, number[]>()
  for (const index of rules) {
    const key = keyOf(index)
    const group = groups.get(key) ?? []
    groups.set(key, group)
    group.push(index)
  }
  return groups
}

function asksOf(rule: Rule | undefined): Expression | undefined {
  const when = rule && openCondition(rule)
  return when && joined(conjuncts(when).filter((part) => wordsAsked(part) !== undefined))
}

function limitsAll(rule: Rule | undefined): readonly Limits[] {
  const when = rule && openCondition(rule)
  return when ? limitsIn(when) : []
}
