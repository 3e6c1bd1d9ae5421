import type { Location } from '../domain/errors.ts'
import { isNew } from './once-only.ts'
import { type Problem, problem } from './problem.ts'
import { factorsReadBy } from './reads.ts'
import type { Segment } from './ruleset.ts'
import type { FactorScopes } from './scope.ts'
import { dimensionOrder } from './segment-factors.ts'
import { checkShape } from './shape.ts'
import type { SourceNode } from './source.ts'

export interface CheckedSegment extends Segment {
  readonly location: Location
}

/** The segments of a catalogue, in the order in which their conditions are tried; `ids`: also of those with a fault. */
export function checkSegments(
  nodes: readonly SourceNode[],
  scopes: FactorScopes,
  problems: Problem[],
): { readonly segments: readonly CheckedSegment[]; readonly ids: ReadonlySet<string> } {
  const segments: CheckedSegment[] = []
  const seen = new Map<string, undefined>()
  /** By dimension: the segment that takes all who are left. */
  const last = new Map<string, string>()
  for (const node of nodes) {
    const shaped = checkShape('segment', node, problems)
    const isFirst = node.id === undefined || isNew('segment', node.id, seen, node, problems)
    if (node.id !== undefined) seen.set(node.id, undefined)
    if (!shaped) continue
    const { raw, subject, isWhole } = shaped
    if (!isWhole || !isFirst) {
      if (raw.when.trim() !== 'true') subject.condition(raw.when, ['when'], scopes.scope())
      continue
    }
    const before = last.get(raw.dimension)
    if (before !== undefined) {
      const message = `'${before}' before it takes everybody of ${raw.dimension} who is left; move it behind this one`
      subject.fault('KM_SEGMENT_UNREACHABLE', message, ['when'])
    }
    const isRest = raw.when.trim() === 'true'
    if (isRest) last.set(raw.dimension, raw.id)
    const when = isRest
      ? ({ kind: 'literal', type: 'bool', value: true } as const)
      : subject.condition(raw.when, ['when'], scopes.scope())
    if (when) {
      segments.push({ id: raw.id, dimension: raw.dimension, title: raw.title, when, location: node.at([]) })
    }
  }
  for (const circle of dimensionOrder(segments).circles) tellCircle(circle, segments, problems)
  return { segments, ids: new Set(seen.keys()) }
}

/** At the first segment that asks for what it is part of. */
function tellCircle(
  circle: readonly { readonly id: string }[],
  segments: readonly CheckedSegment[],
  problems: Problem[],
): void {
  const names = circle.map(({ id }) => id)
  const first = segments.find(({ dimension, when }) => dimension === names[0] && factorsReadBy(when).size > 0)
  const way = [...names, names[0]].join(' → ')
  const message = `the segments of ${names[0]} ask for themselves: ${way}; break the circle`
  problems.push(problem('KM_SEGMENT_CYCLE', message, first?.location ?? {}))
}
