import { deterministicId } from '../domain/ids.ts'
import { contentOf } from './content.ts'
import { factorsReadThrough } from './reads.ts'
import type { Ruleset } from './ruleset.ts'

/** By factor: a hash of what it is, and of all factors that it is computed from; the same for the same whatever the titles. */
export type FactorContents = ReadonlyMap<string, string>

const known = new WeakMap<Ruleset['factors'], FactorContents>()

export function factorContents({ factors }: Pick<Ruleset, 'factors'>): FactorContents {
  const found = known.get(factors)
  if (found) return found
  const byId = new Map(factors.map((factor) => [factor.id, factor]))
  const own = new Map(factors.map(({ id, type, definition }) => [id, contentOf([type, definition])]))
  const contents = new Map(
    factors.map(({ id }) => {
      const read = [...factorsReadThrough([id], byId)].sort()
      return [id, deterministicId('factor', id, ...read.map((other) => own.get(other) ?? ''))]
    }),
  )
  known.set(factors, contents)
  return contents
}
