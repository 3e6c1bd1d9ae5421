import { deterministicId } from '../domain/ids.ts'
import type { Expression } from './expression.ts'
import { derived } from './factor-desugar.ts'
import { orderByReads } from './factor-order.ts'
import { segmentFactorId } from './lower-call.ts'
import { expressionsOf, factorsReadBy, factorsReadThrough } from './reads.ts'
import type { Factor, Rule, Segment } from './ruleset.ts'
import type { CheckedSegment } from './segments.ts'

/**
 * The hidden factors behind the segments that rules, and other segments, ask for: true where the segment is the first of its
 * dimension whose condition is true, else false; never unknown, since a condition that is unknown takes nobody. Each behind
 * those that it asks for.
 */
export function segmentFactors(segments: readonly CheckedSegment[], rules: readonly Rule[]): readonly Factor[] {
  const all = allSegmentFactors(segments)
  const read = new Set<string>()
  for (const rule of rules) for (const expression of expressionsOf(rule)) factorsReadBy(expression, read)
  for (const { when } of segments) factorsReadBy(when, read)
  const needed = factorsReadThrough(read, new Map(all.map((factor) => [factor.id, factor])))
  return all.filter(({ id }) => needed.has(id))
}

/** Those of all segments. */
export function allSegmentFactors(segments: readonly CheckedSegment[]): readonly Factor[] {
  return inOrderOfReads(segments).flatMap((segment) => {
    const id = segmentFactorId(segment.id)
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
  const found = new Map<string, string>()
  for (const segment of inOrderOfReads(segments)) {
    const whens = dimensionUpTo(segment, segments).map(({ when }) => when)
    const read = whens.flatMap((when) => [...factorsReadBy(when)])
    const versions = [...new Set(read)].sort().map((id) => factorVersions.get(id) ?? found.get(id) ?? '')
    found.set(segmentFactorId(segment.id), deterministicId('segment', JSON.stringify(whens), ...versions))
  }
  return found
}

/** A dimension and the others that its conditions ask for. */
interface DimensionReads {
  readonly id: string
  readonly reads: ReadonlySet<string>
}

/** Dimensions behind those that they ask for; `circles`: which ask for themselves, directly or through others. */
export function dimensionOrder(segments: readonly Segment[]): {
  readonly order: readonly DimensionReads[]
  readonly circles: readonly (readonly DimensionReads[])[]
} {
  const dimensionOf = new Map(segments.map(({ id, dimension }) => [segmentFactorId(id), dimension]))
  const reads = new Map<string, Set<string>>()
  for (const { dimension, when } of segments) {
    const own = reads.get(dimension) ?? new Set<string>()
    reads.set(dimension, own)
    for (const id of factorsReadBy(when)) {
      const read = dimensionOf.get(id)
      if (read !== undefined) own.add(read)
    }
  }
  return orderByReads([...reads].map(([id, read]) => ({ id, reads: read })))
}

function inOrderOfReads<S extends Segment>(segments: readonly S[]): readonly S[] {
  const places = new Map(dimensionOrder(segments).order.map(({ id }, place) => [id, place]))
  const placeOf = ({ dimension }: S): number => places.get(dimension) ?? places.size
  return segments.toSorted((a, b) => placeOf(a) - placeOf(b))
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
