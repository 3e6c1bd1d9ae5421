import { deterministicId } from '../domain/ids.ts'
import type { Expression } from './expression.ts'
import { derived } from './factor-desugar.ts'
import { segmentFactorId } from './lower-call.ts'
import { expressionsOf, factorsReadBy } from './reads.ts'
import type { Factor, Rule, Segment } from './ruleset.ts'
import type { CheckedSegment } from './segments.ts'

/**
 * The hidden factors behind the segments that rules ask for: true where the segment is the first of its dimension whose
 * condition is true, else false; never unknown, since a condition that is unknown takes nobody.
 */
export function segmentFactors(segments: readonly CheckedSegment[], rules: readonly Rule[]): readonly Factor[] {
  const read = new Set<string>()
  for (const rule of rules) for (const expression of expressionsOf(rule)) factorsReadBy(expression, read)
  return segments.flatMap((segment) => {
    const id = segmentFactorId(segment.id)
    if (!read.has(id)) return []
    const value = dimensionUpTo(segment, segments).reduceRight<Expression | undefined>(
      (rest, { when }, i, { length }) => (i === length - 1 ? holds(when) : rest && both(not(holds(when)), rest)),
      undefined,
    )
    const { title, location } = segment
    return value ? [{ ...derived(id, value), title, hidden: true, location }] : []
  })
}

/** Content hash of each segment's factor: of its condition, of those before it, and of the factors that they read. */
export function segmentVersions(
  segments: readonly Segment[],
  factorVersions: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map(
    segments.map((segment) => {
      const whens = dimensionUpTo(segment, segments).map(({ when }) => when)
      const read = whens.flatMap((when) => [...factorsReadBy(when)])
      const versions = [...new Set(read)].sort().map((id) => factorVersions.get(id) ?? '')
      return [segmentFactorId(segment.id), deterministicId('segment', JSON.stringify(whens), ...versions)]
    }),
  )
}

/** The segments of its dimension in the order in which they are tried, the last being itself. */
const dimensionUpTo = <S extends Segment>({ id, dimension }: Segment, segments: readonly S[]): readonly S[] => {
  const own = segments.filter((other) => other.dimension === dimension)
  return own.slice(0, own.findIndex((other) => other.id === id) + 1)
}

const holds = (when: Expression): Expression =>
  when.kind === 'literal' ? when : both({ kind: 'known', type: 'bool', operand: when }, when)
const not = (operand: Expression): Expression => ({ kind: 'not', type: 'bool', operand })
const both = (left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  type: 'bool',
  operator: '&&',
  left,
  right,
})
