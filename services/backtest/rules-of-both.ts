import type { Catalogue } from '../rules/catalogue.ts'
import type { Rule } from '../rules/ruleset.ts'
import type { Mode } from './moment-figures.ts'
import type { RuleRow } from './report.ts'
import type { Side } from './sides.ts'

/** Rules that one of the catalogues has in this mode, by id; of one that has gone over to the other, too, where it fired. */
export function rulesOfBoth(
  catalogues: Readonly<Record<Side, Catalogue>>,
  mode: Mode,
  fired: readonly string[],
): readonly Pick<RuleRow, 'rule' | 'kind' | 'change'>[] {
  const present = byId(catalogues.present)
  const candidate = byId(catalogues.candidate)
  return [...new Set([...present.keys(), ...candidate.keys()])].toSorted().flatMap((id) => {
    const before = present.get(id)
    const after = candidate.get(id)
    const rule = after ?? before
    const isOf = [before, after].some((one) => one?.mode === mode) || fired.includes(id)
    return rule && isOf ? [{ rule: id, kind: rule.moment, change: changeOf(before, after) }] : []
  })
}

const byId = ({ ruleset }: Catalogue): ReadonlyMap<string, Rule> =>
  new Map(ruleset.rules.map((rule) => [rule.id, rule]))

function changeOf(before: Rule | undefined, after: Rule | undefined): RuleRow['change'] {
  if (!before) return 'added'
  if (!after) return 'removed'
  return before.version === after.version ? 'unchanged' : 'changed'
}
