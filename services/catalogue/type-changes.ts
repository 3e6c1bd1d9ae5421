import type { Catalogue } from '../rules/catalogue.ts'
import { type Problem, problem } from '../rules/problem.ts'

interface TypeChange {
  readonly id: string
  readonly problem: Problem
}

/**
 * Factors which are another type of value than under the catalogue that they take the place of. Moments that are on their way,
 * reports and whoever reads evidence know a factor by its name: one that says something else wants another name. A
 * rollback isn't asked.
 */
export function typeChanges(before: Catalogue, after: Catalogue): readonly TypeChange[] {
  const types = new Map(before.ruleset.factors.map(({ id, type }) => [id, type]))
  return after.ruleset.factors.flatMap(({ id, type, hidden, location }) => {
    const known = types.get(id)
    if (hidden || known === undefined || known === type) return []
    const message = `'${id}' is ${known} in the version in force and would be ${type}; give the new one another id`
    return [{ id, problem: problem('KM_FACTOR_TYPE_CHANGED', message, location) }]
  })
}
