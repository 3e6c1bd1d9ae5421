import type { Location } from '../domain/errors.ts'
import { isNew } from './once-only.ts'
import type { Problem } from './problem.ts'
import type { RawSegment } from './raw.ts'
import type { Segment } from './ruleset.ts'
import type { FactorScopes } from './scope.ts'
import { checkShape } from './shape.ts'
import type { SourceNode } from './source.ts'
import { createSubject } from './subject.ts'

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
    const raw: RawSegment | undefined = checkShape('segment', node, problems)
    if (!raw && node.id !== undefined) seen.set(node.id, undefined)
    if (!raw || !isNew('segment', raw.id, seen, node, problems)) continue
    seen.set(raw.id, undefined)
    const subject = createSubject(node, problems)
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
  return { segments, ids: new Set(seen.keys()) }
}
