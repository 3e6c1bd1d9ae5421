import { type Carry, carryOfRule } from '../rules/carry.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { contentOf } from '../rules/content.ts'
import { factorContents } from '../rules/factor-contents.ts'
import { expressionsOf, factorsReadBy, factorsReadThrough } from '../rules/reads.ts'
import type { Factor, Rule } from '../rules/ruleset.ts'
import type { Change } from './impact.ts'

/**
 * Rules that say what they said and mean something else, since what they read does; and factors whose type of value goes with
 * another's. Derived factors and segments are followed down to what was changed.
 */
export function changedThrough(changes: readonly Change[], before: Catalogue, after: Catalogue): Change[] {
  const own = new Set(changes.map(({ kind, id }) => `${kind} ${id}`))
  const old = knownIn(before)
  const present = knownIn(after)
  const factors = new Set(changes.flatMap(({ kind, id }) => (kind === 'factors' ? [id] : [])))
  const causes = (ids: Iterable<string>): readonly string[] => {
    const start = [...ids]
    const read = new Set([...factorsReadThrough(start, old.factors), ...factorsReadThrough(start, present.factors)])
    return [...read].filter((id) => factors.has(id) || isSegmentChanged(old.factors.get(id), present.factors.get(id)))
  }
  const change = (kind: string, id: string, through: readonly string[], carry: Carry): Change => ({
    kind,
    id,
    change: 'changed',
    fields: [],
    through,
    carry,
  })
  const contents = { before: factorContents(before.ruleset), after: factorContents(after.ruleset) }
  return [
    ...after.ruleset.factors.flatMap(({ id, type, hidden }) => {
      const known = old.factors.get(id)
      if (hidden || !known || known.type === type || own.has(`factors ${id}`)) return []
      return [change('factors', id, causes([id]), 'keep')]
    }),
    ...after.ruleset.rules.flatMap((rule) => {
      const known = old.rules.get(rule.id)
      if (!known || known.version === rule.version || own.has(`rules ${rule.id}`)) return []
      return [change('rules', rule.id, causes([...readBy(known), ...readBy(rule)]), carryOfRule(known, rule, contents))]
    }),
  ]
}

const knownIn = ({ ruleset }: Catalogue) => ({
  factors: new Map(ruleset.factors.map((factor) => [factor.id, factor])),
  rules: new Map(ruleset.rules.map((rule) => [rule.id, rule])),
})

const readBy = (rule: Rule): readonly string[] => [
  ...expressionsOf(rule).flatMap((expression) => [...factorsReadBy(expression)]),
  ...rule.evidence,
  ...(rule.context ?? []),
]

/** The hidden factor behind a segment that rules ask for: of this one, and of those that are tried before it. */
const isSegmentChanged = (before: Factor | undefined, after: Factor | undefined): boolean =>
  before !== undefined &&
  after !== undefined &&
  [before, after].every(({ id }) => id.startsWith('segment(')) &&
  contentOf(before.definition) !== contentOf(after.definition)
