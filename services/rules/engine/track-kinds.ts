import { deterministicId } from '../../domain/ids.ts'
import type { Channel, EventType } from '../../topology.ts'
import { eventTypes } from '../../topology.ts'
import type { ValueType } from '../expression.ts'
import type { EventFactor, Purpose, Window } from '../ruleset.ts'
import type { ChangesParameters } from './tracks/changes.ts'
import type { Column, ColumnKind } from './tracks/columns.ts'
import type { DistinctParameters } from './tracks/distinct.ts'
import type { EntryContent } from './tracks/entries.ts'
import type { FirstParameters } from './tracks/first.ts'
import type { ListParameters } from './tracks/list.ts'
import type { Reach, ReachWindow } from './tracks/reach.ts'
import type { RecentParameters } from './tracks/recent.ts'
import type { RingParameters } from './tracks/ring.ts'
import type { SinceParameters } from './tracks/since.ts'
import type { TallyParameters } from './tracks/tally.ts'
import type { TotalParameters } from './tracks/total.ts'

/** What a track keeps of its events: plain data, from which it is opened, and by which its words are understood later. */
export type TrackSpec =
  | { readonly kind: 'total'; readonly parameters: TotalParameters }
  | { readonly kind: 'ring'; readonly parameters: RingParameters }
  | { readonly kind: 'list'; readonly parameters: ListParameters }
  | { readonly kind: 'recent'; readonly parameters: RecentParameters }
  | { readonly kind: 'first'; readonly parameters: FirstParameters }
  | { readonly kind: 'changes'; readonly parameters: ChangesParameters }
  | { readonly kind: 'distinct'; readonly parameters: DistinctParameters }
  | { readonly kind: 'tally'; readonly parameters: TallyParameters }
  | { readonly kind: 'since'; readonly parameters: SinceParameters }

/** What a profile says beside plain fields; a value is read from its text. */
export type ProfileSource =
  | { readonly kind: 'tag'; readonly tag: string; readonly type: ValueType }
  | { readonly kind: 'product'; readonly products: readonly string[] }
  | { readonly kind: 'consent'; readonly channel: Channel; readonly purpose: Purpose }

const hashOf = (...parts: readonly unknown[]): string =>
  deterministicId(...parts.map((part) => JSON.stringify(part ?? null)))

/** What a factor alone asks of its track. */
export function specOf(factor: EventFactor): TrackSpec {
  const { aggregate, window, value } = factor
  const recent = (events: number): TrackSpec => ({ kind: 'recent', parameters: { content: contentOf(factor), events } })
  switch (aggregate.kind) {
    case 'last':
      if (window.kind === 'since') return sinceOf(factor)
      return recent(1)
    case 'last-time':
      return recent(1)
    case 'previous':
      return recent(2)
    case 'first':
      return { kind: 'first', parameters: { content: textsOrValues(factor) } }
    case 'current':
      return { kind: 'changes', parameters: { content: textsOrValues(factor), runs: 1 } }
    case 'before':
    case 'change-date':
    case 'change-age':
      return { kind: 'changes', parameters: { content: textsOrValues(factor), runs: 2 } }
    case 'became':
      return { kind: 'changes', parameters: { content: textsOrValues(factor), runs: runsCounted } }
  }
  if (window.kind === 'last') return recent(window.events)
  const reach = reachOf(window)
  switch (aggregate.kind) {
    case 'distinct':
      return { kind: 'distinct', parameters: { reach, everyPane: periodsOf(window).ago > 0 } }
    case 'entropy':
    case 'top-share':
    case 'mode': {
      const isText = value?.type === 'string'
      const named = isText && aggregate.kind === 'mode'
      return { kind: 'tally', parameters: { reach, values: isText ? 'text' : 'int', named } }
    }
  }
  const columns = [columnOf(factor)]
  switch (window.kind) {
    case 'lifetime':
      return { kind: 'total', parameters: { columns } }
    case 'rolling':
      return { kind: 'list', parameters: { value: sumKind(factor), length: window.length } }
    case 'since':
      return sinceOf(factor)
    default:
      return { kind: 'ring', parameters: ringOf(window, columns, isOverPeriods(factor)) }
  }
}

/** What is summed up goes by the value alone, so that the key tells it. */
const sinceOf = (factor: EventFactor): TrackSpec => {
  const isLast = factor.aggregate.kind === 'last'
  const last = !isLast ? 'no' : factor.value?.type === 'string' ? 'texts' : 'values'
  return { kind: 'since', parameters: { value: sumKind(factor), last } }
}

/** Asked for its periods one by one, of which one may be an hour that clocks leave out: one more is held in its place. */
const isOverPeriods = ({ aggregate: { kind } }: EventFactor): boolean =>
  kind === 'baseline' || kind === 'trend' || kind === 'streak'

function ringOf(
  window: Extract<Window, { kind: 'panes' | 'civil' }>,
  columns: readonly Column[],
  overPeriods: boolean,
): RingParameters {
  if (window.kind === 'panes') return { unit: window.pane, panes: window.panes, columns }
  const spare = overPeriods && window.unit === 'hour' && window.ago + window.periods < panesMost ? 1 : 0
  return { unit: window.unit, panes: window.ago + window.periods + spare, columns }
}

/** That a ring holds. */
const panesMost = 96

function reachOf(window: Window): Reach {
  switch (window.kind) {
    case 'rolling':
      return window
    case 'panes':
      return { kind: 'panes', unit: window.pane, panes: window.panes }
    case 'civil':
      return { kind: 'panes', unit: window.unit, panes: window.ago + window.periods }
    default:
      return { kind: 'lifetime' }
  }
}

export const reachWindowOf = (window: Window): ReachWindow => {
  if (window.kind === 'rolling') return window
  return window.kind === 'panes' || window.kind === 'civil'
    ? { kind: 'panes', ...periodsOf(window) }
    : { kind: 'lifetime' }
}

/** Texts and bools are no sums. */
const sumKind = ({ value }: EventFactor): 'count' | 'int' | 'double' =>
  value?.type === 'int' || value?.type === 'double' ? value.type : 'count'

const textsOrValues = ({ value }: EventFactor): 'texts' | 'values' => (value?.type === 'string' ? 'texts' : 'values')

const contentOf = (factor: EventFactor): EntryContent => (factor.value === undefined ? 'times' : textsOrValues(factor))

/** Changes that are held to be counted. */
const runsCounted = 32

/** Name of what a column counts or measures. */
export const columnKey = ({ value }: EventFactor): string => (value === undefined ? '' : hashOf(value))

const columnOf = (factor: EventFactor): Column => ({ key: columnKey(factor), kind: columnKind(factor) })

function columnKind({ aggregate, value }: EventFactor): ColumnKind {
  if (aggregate.kind === 'min' || aggregate.kind === 'max') return aggregate.kind
  return aggregate.kind === 'count' || value === undefined ? 'count' : value.type === 'double' ? 'double' : 'int'
}

const hasColumns = (spec: TrackSpec): boolean => 'columns' in spec.parameters

/**
 * Name of the track of an event factor: factors with the same share it. Columns of other values lie in it side by side, where
 * its kind has columns. `lane`: 0 judges at once, 1 when the grace has passed.
 */
export function keyOf(lane: number, factor: EventFactor, spec: TrackSpec): string {
  const from: readonly EventType[] = eventTypes.filter((type) => factor.from.includes(type))
  const anchor = factor.window.kind === 'since' ? factor.window.anchor : undefined
  const value = hasColumns(spec) ? undefined : factor.value
  const noted = factor.noted === undefined ? [] : [factor.noted]
  return `${lane} ${hashOf(spec.kind, unitOf(spec), from, factor.where, value, anchor, ...noted)}`
}

/** What can't be turned into another: the unit of panes, and whether there are panes at all. */
function unitOf(spec: TrackSpec): unknown {
  if (spec.kind === 'ring') return spec.parameters.unit
  if (spec.kind !== 'distinct' && spec.kind !== 'tally') return undefined
  const { reach } = spec.parameters
  return reach.kind === 'panes' ? reach.unit : reach.kind
}

/** Tracks of what a profile says are fed by name. */
export const profileKey = (lane: number, source: ProfileSource): string => `${lane} ${hashOf('profile', source)}`

/**
 * The track from which one begins that isn't kept yet: of a settled rule that of the other lane, which has counted the same.
 * Not the other way round: what is held for settled rules isn't counted yet.
 */
export const beginsFrom = (key: string): string => (key.startsWith('1 ') ? `0${key.slice(1)}` : key)

/** A value that goes away reads unknown: the newest profile that names tags says so. */
export const profileSpec = (source: ProfileSource): TrackSpec => ({
  kind: 'recent',
  parameters: { content: source.kind === 'tag' && source.type === 'string' ? 'texts' : 'values', events: 1 },
})

/** A track that serves both, which have the same key. */
export function joined(a: TrackSpec, b: TrackSpec): TrackSpec {
  if (a.kind === 'ring' && b.kind === 'ring') {
    const panes = Math.max(a.parameters.panes, b.parameters.panes)
    const columns = union(a.parameters.columns, b.parameters.columns)
    return { kind: 'ring', parameters: { unit: a.parameters.unit, panes, columns } }
  }
  if (a.kind === 'total' && b.kind === 'total') {
    return { kind: 'total', parameters: { columns: union(a.parameters.columns, b.parameters.columns) } }
  }
  if (a.kind === 'list' && b.kind === 'list') {
    const length = Math.max(a.parameters.length, b.parameters.length)
    return { kind: 'list', parameters: { ...a.parameters, length } }
  }
  if (a.kind === 'recent' && b.kind === 'recent') {
    const events = Math.max(a.parameters.events, b.parameters.events)
    return { kind: 'recent', parameters: { ...a.parameters, events } }
  }
  if (a.kind === 'changes' && b.kind === 'changes') return a.parameters.runs < b.parameters.runs ? b : a
  if (a.kind === 'distinct' && b.kind === 'distinct') {
    const everyPane = a.parameters.everyPane || b.parameters.everyPane
    return { kind: 'distinct', parameters: { reach: farther(a.parameters.reach, b.parameters.reach), everyPane } }
  }
  if (a.kind === 'tally' && b.kind === 'tally') {
    const { values } = a.parameters
    const named = a.parameters.named === true || b.parameters.named === true
    return { kind: 'tally', parameters: { reach: farther(a.parameters.reach, b.parameters.reach), values, named } }
  }
  if (a.kind === 'since' && b.kind === 'since') {
    return a.parameters.last === 'no' ? b : a
  }
  if (a.kind === b.kind) return a
  throw new RangeError('tracks of two kinds have one key')
}

function farther(a: Reach, b: Reach): Reach {
  if (a.kind === 'panes' && b.kind === 'panes') return { ...a, panes: Math.max(a.panes, b.panes) }
  return a.kind === 'rolling' && b.kind === 'rolling' ? { ...a, length: Math.max(a.length, b.length) } : a
}

const isSame = (a: Column, b: Column): boolean => a.key === b.key && a.kind === b.kind

/** In an order of their own, so that the order of factors makes no other layout. */
const union = (a: readonly Column[], b: readonly Column[]): readonly Column[] =>
  [...a, ...b.filter((column) => !a.some((other) => isSame(other, column)))].sort((x, y) =>
    `${x.key} ${x.kind}` < `${y.key} ${y.kind}` ? -1 : 1,
  )

export const placeOf = (columns: readonly Column[], factor: EventFactor): number =>
  columns.findIndex((column) => isSame(column, columnOf(factor)))

export const periodsOf = (window: Window): { readonly ago: number; readonly periods: number } => {
  if (window.kind === 'civil') return { ago: window.ago, periods: window.periods }
  return { ago: 0, periods: window.kind === 'panes' ? window.panes : 1 }
}
