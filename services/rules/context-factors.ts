import { didYouMean } from '../domain/nearest-name.ts'
import type { Policy } from './catalogue.ts'
import type { Problem } from './problem.ts'
import type { Rule } from './ruleset.ts'
import type { KnownFactor } from './scope.ts'
import type { Path, SourceNode } from './source.ts'
import { createSubject } from './subject.ts'

/** A factor that the policy reads of a moment, and where it names it. */
interface ContextFactor {
  readonly id: string
  readonly type: KnownFactor['type']
  readonly path: Path
}

/** The factors by which the policy judges: every moment that offers anything tells them. */
function contextFactors({ roaming }: Policy): readonly ContextFactor[] {
  if (!roaming) return []
  return [
    { id: roaming.abroad, type: 'bool', path: ['roaming', 'abroad'] },
    { id: roaming.country, type: 'string', path: ['roaming', 'country'] },
  ]
}

/** Tells of those that there aren't, or that are of another type than the policy reads. */
export function checkContextFactors(
  [node]: readonly SourceNode[],
  policy: Policy,
  factors: ReadonlyMap<string, KnownFactor | undefined>,
  problems: Problem[],
): void {
  if (!node) return
  const subject = createSubject(node, problems)
  for (const { id, type, path } of contextFactors(policy)) {
    const factor = factors.get(id)
    if (!factors.has(id)) {
      subject.fault('KM_RULE_UNKNOWN_FACTOR', `no factor '${id}'${didYouMean(id, [...factors.keys()])}`, path)
    } else if (factor && factor.type !== type) {
      subject.fault('KM_CATALOGUE_VALUE', `'${id}' is ${factor.type}, and ${type} is asked for here`, path)
    }
  }
}

/** The rules with these factors as their context, where they offer anything. */
export function tellingContext(rules: readonly Rule[], policy: Policy): readonly Rule[] {
  const context = contextFactors(policy).map(({ id }) => id)
  if (context.length === 0) return rules
  return rules.map((rule) => (rule.offers.length === 0 ? rule : { ...rule, context }))
}
