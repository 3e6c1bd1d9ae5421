import { deterministicId } from '../../domain/ids.ts'
import type { Channel, EventType } from '../../topology.ts'
import { eventTypes } from '../../topology.ts'
import type { ValueType } from '../expression.ts'
import type { EventFactor, Purpose, Window } from '../ruleset.ts'
import type { Column, ColumnKind } from './tracks/columns.ts'
import type { EntryContent } from './tracks/entries.ts'
import type { ListParameters } from './tracks/list.ts'
import type { RecentParameters } from './tracks/recent.ts'
import type { RingParameters } from './tracks/ring.ts'
import type { TotalParameters } from './tracks/total.ts'

/** What a track keeps of its events: plain data, from which it is opened, and by which its words are understood later. */
export type TrackSpec =
  | { readonly kind: 'total'; readonly parameters: TotalParameters }
  | { readonly kind: 'ring'; readonly parameters: RingParameters }
  | { readonly kind: 'list'; readonly parameters: ListParameters }
  | { readonly kind: 'recent'; readonly parameters: RecentParameters }

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
  const columns = [columnOf(factor)]
  const recent = (events: number): TrackSpec => ({ kind: 'recent', parameters: { content: contentOf(factor), events } })
  switch (aggregate.kind) {
    case 'previous':
      return recent(2)
    case 'last':
    case 'last-time':
      if (window.kind !== 'last') return recent(1)
  }
  switch (window.kind) {
    case 'panes':
      return { kind: 'ring', parameters: { unit: window.pane, panes: window.panes, columns } }
    case 'civil':
      return { kind: 'ring', parameters: { unit: window.unit, panes: window.ago + window.periods, columns } }
    case 'rolling': {
      const kind = value === undefined ? 'count' : value.type === 'double' ? 'double' : 'int'
      return { kind: 'list', parameters: { value: kind, length: window.length } }
    }
    case 'last':
      return recent(window.events)
    default:
      return { kind: 'total', parameters: { columns } }
  }
}

const contentOf = ({ value }: EventFactor): EntryContent =>
  value === undefined ? 'times' : value.type === 'string' ? 'texts' : 'values'

/** Name of what a column counts or measures. */
export const columnKey = ({ value }: EventFactor): string => (value === undefined ? '' : hashOf(value))

const columnOf = (factor: EventFactor): Column => ({ key: columnKey(factor), kind: columnKind(factor) })

function columnKind({ aggregate, value }: EventFactor): ColumnKind {
  if (aggregate.kind === 'min' || aggregate.kind === 'max') return aggregate.kind
  if (aggregate.kind === 'count' || value === undefined) return 'count'
  return value.type === 'double' ? 'double' : 'int'
}

const hasColumns = (spec: TrackSpec): boolean => 'columns' in spec.parameters

/**
 * Name of the track of an event factor: factors with the same share it. Columns of other values lie in it side by side, where
 * its kind has columns. `lane`: 0 judges at once, 1 when the grace has passed.
 */
export function keyOf(lane: number, factor: EventFactor, spec: TrackSpec): string {
  const from: readonly EventType[] = eventTypes.filter((type) => factor.from.includes(type))
  const anchor = factor.window.kind === 'since' ? factor.window.anchor : undefined
  const unit = spec.kind === 'ring' ? spec.parameters.unit : undefined
  return hashOf(lane, spec.kind, unit, from, factor.where, hasColumns(spec) ? undefined : factor.value, anchor)
}

/** Tracks of what a profile says are fed by name. */
export const profileKey = (lane: number, source: ProfileSource): string => hashOf(lane, 'profile', source)

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
  throw new RangeError('tracks of two kinds have one key')
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
  if (window.kind === 'civil') return window
  return { ago: 0, periods: window.kind === 'panes' ? window.panes : 1 }
}
