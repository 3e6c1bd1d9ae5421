import { deterministicId } from '../domain/ids.ts'
import { type EventType, eventTypes } from '../topology.ts'
import type { Expression } from './expression.ts'
import { derived } from './factor-desugar.ts'
import { checkDimension, checkSegment, type KnownSegments } from './known-segments.ts'
import type { RawRule } from './raw.ts'
import { factorsReadBy, factorsReadThrough } from './reads.ts'
import type { EventFactor, Factor, Rule, ScheduleTrigger, Segment, SegmentChange, Trigger } from './ruleset.ts'
import type { CheckedSegment } from './segments.ts'
import type { Subject } from './subject.ts'

/** The segments of a dimension, as a rule watches them change. */
export interface WatchedDimension {
  /** In the order in which they are tried. */
  readonly ids: readonly string[]
  /** Types of the events that its conditions are over. */
  readonly on: readonly EventType[]
  /** Content hash of its conditions and of all that they read: what was noted under another says nothing of this one. */
  readonly version: string
}

export interface WatchedSegments {
  readonly known: KnownSegments
  readonly dimensions: ReadonlyMap<string, WatchedDimension>
}

/** `versions`: content hash of each factor. */
export function watchedSegments(
  segments: readonly Segment[],
  known: KnownSegments,
  factors: readonly Factor[],
  versions: ReadonlyMap<string, string>,
): WatchedSegments {
  const byId = new Map(factors.map((factor) => [factor.id, factor]))
  const dimensions = new Map<string, WatchedDimension>()
  for (const { dimension } of segments) {
    if (dimensions.has(dimension)) continue
    const own = segments.filter((segment) => segment.dimension === dimension)
    const read = new Set(own.flatMap(({ when }) => [...factorsReadBy(when)]))
    const types = new Set([...factorsReadThrough(read, byId)].flatMap((id) => typesOf(byId.get(id))))
    const contents = [...read].sort().map((id) => versions.get(id) ?? '')
    dimensions.set(dimension, {
      ids: own.map(({ id }) => id),
      on: eventTypes.filter((type) => types.has(type)),
      version: deterministicId('dimension', JSON.stringify(own.map(({ id, when }) => [id, when])), ...contents),
    })
  }
  return { known, dimensions }
}

function typesOf(factor: Factor | undefined): readonly EventType[] {
  const definition = factor?.definition
  if (!definition || definition.kind === 'derived') return []
  if (definition.kind !== 'events') return ['profile']
  return [...definition.from, ...(definition.window.kind === 'since' ? definition.window.anchor.on : [])]
}

/**
 * A rule that watches a dimension: judged after the events that its segments are over, or at the times of `schedule`. What the
 * subscriber was in when it was looked at last is noted; the first look notes alone. undefined: with its faults.
 */
export function checkSegmentChange(
  { of: dimension, from, to }: NonNullable<RawRule['segment']>,
  schedule: Pick<ScheduleTrigger, 'every' | 'minuteOfDay'> | undefined,
  subject: Subject,
  watched: WatchedSegments,
): Trigger | undefined {
  if (!checkDimension(dimension, watched.known, subject, ['segment', 'of'])) return undefined
  const dimensionOf = watched.dimensions.get(dimension)
  if (!dimensionOf) return undefined
  const before = sideOf(from, 'from', dimension, watched.known, subject)
  const now = sideOf(to, 'to', dimension, watched.known, subject)
  const [only] = before
  if (only !== undefined && before.length === 1 && now.length === 1 && now[0] === only) {
    const message = `nobody changes from '${only}' to '${only}'; name another segment of ${dimension}`
    subject.fault('KM_RULE_IMPOSSIBLE', message, ['segment', 'to'])
    return undefined
  }
  if (!schedule && dimensionOf.on.length === 0) {
    const message = `the segments of ${dimension} depend on no event; say when they are looked at: every: day, at: "09:00"`
    subject.fault('KM_CATALOGUE_MISSING_KEY', message, ['segment'])
    return undefined
  }
  const change = changeOf(dimension, schedule)
  const when = [
    among(change.now, now.length > 0 ? now : dimensionOf.ids),
    // Known where it has changed at all.
    among(change.before, before.length > 0 ? before : dimensionOf.ids),
    // At this very look.
    atOnce(change.hours),
  ].reduce(both)
  if (schedule) return { kind: 'schedule', ...schedule, when, change }
  return { kind: 'condition', on: dimensionOf.on, when, change }
}

function sideOf(
  said: string | readonly string[] | undefined,
  key: 'from' | 'to',
  dimension: string,
  segments: KnownSegments,
  subject: Subject,
): readonly string[] {
  const ids = said === undefined ? [] : [said].flat()
  ids.forEach((id, i) => {
    const path = typeof said === 'string' ? ['segment', key] : ['segment', key, i]
    checkSegment(id, segments, subject, path, dimension)
  })
  return ids
}

/** Names no catalogue can write; they are shown as written here. Each way of looking has a memory of its own. */
function changeOf(
  dimension: string,
  schedule: Pick<ScheduleTrigger, 'every' | 'minuteOfDay'> | undefined,
): SegmentChange {
  const way = schedule ? `, ${schedule.every} ${schedule.minuteOfDay}` : ''
  const id = (what: string) => `${what}(${dimension}${way})`
  return { dimension, now: id('segment_now'), before: id('segment_before'), hours: id('segment_hours') }
}

/** The factors behind the changes that rules watch: hidden ones, each dimension's and each way's once. */
export function changeFactors(
  segments: readonly CheckedSegment[],
  { dimensions }: WatchedSegments,
  rules: readonly Rule[],
): readonly Factor[] {
  const made = new Map<string, Factor>()
  for (const { trigger } of rules) {
    const change = trigger.kind === 'condition' || trigger.kind === 'schedule' ? trigger.change : undefined
    const own = segments.filter(({ dimension }) => dimension === change?.dimension)
    const dimension = change && dimensions.get(change.dimension)
    const [first] = own
    if (!change || !dimension || !first || made.has(change.now)) continue
    const common = { title: { en: `Segment of ${change.dimension}` }, hidden: true, location: first.location } as const
    const present: Expression = {
      kind: 'factor',
      type: 'string',
      id: `segment_of(${change.dimension}) ${dimension.version}`,
    }
    const on = trigger.kind === 'condition' ? trigger.on : []
    const noted = (aggregate: EventFactor['aggregate']): EventFactor => ({
      kind: 'events',
      from: on,
      // Kept by the name's hash: the texts are in the catalogue.
      value: { ...present, type: 'int' },
      aggregate,
      window: { kind: 'lifetime' },
      noted: change.now,
    })
    const texts = { type: 'string', texts: dimension.ids } as const
    const all: readonly Factor[] = [
      { ...derived(present.id, segmentIn(own)), ...common, ...texts },
      { id: change.now, definition: noted({ kind: 'current' }), ...common, ...texts },
      { id: change.before, definition: noted({ kind: 'before' }), ...common, ...texts },
      { id: change.hours, type: 'double', definition: noted({ kind: 'change-age' }), ...common },
    ]
    for (const factor of all) made.set(factor.id, factor)
  }
  return [...made.values()]
}

/** Content hashes of those factors, by their ids: part of the version of the rules that read them. */
export function changeVersions(
  dimensions: WatchedSegments['dimensions'],
  rule: Pick<Rule, 'trigger'>,
): readonly string[] {
  const { trigger } = rule
  const change = trigger.kind === 'condition' || trigger.kind === 'schedule' ? trigger.change : undefined
  const version = change && dimensions.get(change.dimension)?.version
  return version === undefined ? [] : [version]
}

/** The name of the first segment whose condition is true; unknown in none of them. */
function segmentIn(segments: readonly CheckedSegment[]): Expression {
  return segments.reduceRight<Expression>((otherwise, { id, when }) => {
    if (when.kind === 'literal') return named(id)
    return chosen(both({ kind: 'known', type: 'bool', operand: when }, when), named(id), otherwise)
  }, nobody)
}

function chosen(condition: Expression, then: Expression, otherwise: Expression): Expression {
  return { kind: 'conditional', type: 'string', condition, then, otherwise }
}
function named(value: string): Expression {
  return { kind: 'literal', type: 'string', value }
}
function whole(value: number): Expression {
  return { kind: 'literal', type: 'int', value }
}

/** A text that is unknown: chosen by what a division by zero says. */
const nobody: Expression = chosen(
  {
    kind: 'binary',
    type: 'bool',
    operator: '==',
    left: { kind: 'binary', type: 'int', operator: '/', left: whole(1), right: whole(0) },
    right: whole(1),
  },
  named(''),
  named(''),
)

const text = (id: string): Expression => ({ kind: 'factor', type: 'string', id })
const among = (id: string, values: readonly string[]): Expression => ({
  kind: 'in',
  type: 'bool',
  operand: text(id),
  values,
})
const atOnce = (id: string): Expression => ({
  kind: 'binary',
  type: 'bool',
  operator: '==',
  left: { kind: 'factor', type: 'double', id },
  right: { kind: 'literal', type: 'double', value: 0 },
})
const both = (left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  type: 'bool',
  operator: '&&',
  left,
  right,
})
