import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { Segment } from './ruleset.ts'
import type { Path } from './source.ts'
import type { Subject } from './subject.ts'

/** The segments of a catalogue, as offers and the policy name them. */
export interface KnownSegments {
  /** Dimension by id. */
  readonly dimensions: ReadonlyMap<string, string>
  /** Those that are there and have a fault: of which dimension they are isn't known. */
  readonly faulty: ReadonlySet<string>
}

/** `ids`: also of those with a fault. */
export function knownSegments(segments: readonly Segment[], ids: readonly string[]): KnownSegments {
  const dimensions = new Map(segments.map(({ id, dimension }) => [id, dimension]))
  return { dimensions, faulty: new Set(ids.filter((id) => !dimensions.has(id))) }
}

/** Says so where there is no such segment, or where it isn't one of the dimension. */
export function checkSegment(
  id: string,
  { dimensions, faulty }: KnownSegments,
  subject: Subject,
  path: Path,
  dimension?: string,
): void {
  const own = dimensions.get(id)
  if (faulty.has(id) || (own !== undefined && (dimension === undefined || own === dimension))) return
  const near = [...dimensions].filter(([, of]) => dimension === undefined || of === dimension).map(([known]) => known)
  const message =
    own === undefined
      ? `no segment '${id}'${dimension === undefined ? '' : ` of ${dimension}`}${didYouMeanOneOf(id, near)}`
      : `'${id}' is a segment of ${own}, not of ${dimension}`
  subject.fault('KM_SEGMENT_UNKNOWN', message, path)
}

/** Whether there are segments of this dimension; says so where there are none. */
export function checkDimension(
  dimension: string,
  { dimensions, faulty }: KnownSegments,
  subject: Subject,
  path: Path,
): boolean {
  const known = [...new Set(dimensions.values())]
  if (known.includes(dimension)) return true
  if (faulty.size > 0) return false
  subject.fault(
    'KM_SEGMENT_UNKNOWN',
    `no segments of a dimension '${dimension}'${didYouMeanOneOf(dimension, known)}`,
    path,
  )
  return false
}
