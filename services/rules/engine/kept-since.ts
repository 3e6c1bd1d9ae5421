import type { Layout, TrackLayout } from './layout.ts'
import { beginsFrom } from './track-kinds.ts'
import type { Column } from './tracks/columns.ts'
import { surelyHeld } from './tracks/panes.ts'
import type { Block, RecordInHand } from './tracks/track.ts'

/** A ruleset takes the place of another one. */
export interface Succession {
  /** What records held until then, with the times since when. */
  readonly before: Layout
  /** When the new ruleset became active; -Infinity: that isn't known. */
  readonly at: number
}

/**
 * The track with the times since when it is kept: what the version before kept goes on, what is new, or was away, begins with
 * the new version. Times are part of the layout, so that what a record still holds of a track that was away isn't taken up
 * again. What has no time is kept from the beginning.
 */
export function keptSince(tracks: readonly TrackLayout[], succession: Succession | undefined): readonly TrackLayout[] {
  if (!succession) return tracks
  const { before, at } = succession
  const own = Number.isFinite(at) ? { since: at } : {}
  const earlier = new Map(before.tracks.map((track) => [track.key, track]))
  return tracks.map((track) => {
    const same = earlier.get(track.key)
    if (same) return { ...continued(same, track, own), ...(same.from !== undefined && { from: same.from }) }
    const known = earlier.get(beginsFrom(track.key))
    const from = isSettled(track.key) && Number.isFinite(at) ? { from: at } : {}
    return { ...(known ? continued(known, track, own) : { ...track, ...own }), ...from }
  })
}

/** Whether the track is one of settled rules. */
const isSettled = (key: string): boolean => key.startsWith('1 ')

interface Own {
  readonly since?: number
}

function continued(known: TrackLayout, track: TrackLayout, own: Own): TrackLayout {
  const reach = latest(known.reach, own.since === undefined ? undefined : reachSince(known, track, own.since))
  return {
    ...withColumns(known, track, own),
    ...(known.since !== undefined && { since: known.since }),
    ...(reach !== undefined && { reach }),
  }
}

function withColumns(known: TrackLayout, track: TrackLayout, own: Own): TrackLayout {
  if (track.kind === 'ring' && known.kind === 'ring') {
    const columns = columnsSince(known.parameters.columns, track.parameters.columns, own)
    return { ...track, parameters: { ...track.parameters, columns } }
  }
  if (track.kind === 'total' && known.kind === 'total') {
    const columns = columnsSince(known.parameters.columns, track.parameters.columns, own)
    return { ...track, parameters: { ...track.parameters, columns } }
  }
  return track
}

const columnsSince = (known: readonly Column[], columns: readonly Column[], own: Own): readonly Column[] =>
  columns.map((column) => {
    const before = known.find(({ key, kind }) => key === column.key && kind === column.kind)
    if (!before) return { ...column, ...own }
    return before.since === undefined ? column : { ...column, since: before.since }
  })

/** Since when everything is held that a track which holds more than before reaches back to. */
function reachSince(known: TrackLayout, track: TrackLayout, at: number): number | undefined {
  if (track.kind === 'distinct' && known.kind === 'distinct') {
    const { reach, everyPane } = known.parameters
    if (track.parameters.everyPane && !everyPane) return at
    return panesSince(reach, track.parameters.reach, at)
  }
  if (track.kind === 'tally' && known.kind === 'tally') {
    return panesSince(known.parameters.reach, track.parameters.reach, at)
  }
  if (track.kind !== 'ring' || known.kind !== 'ring') return undefined
  const { unit, panes } = known.parameters
  return track.parameters.panes > panes ? at - surelyHeld(unit, panes) : undefined
}

type Reach = Extract<TrackLayout, { readonly kind: 'tally' }>['parameters']['reach']

const panesSince = (known: Reach, reach: Reach, at: number): number | undefined =>
  known.kind === 'panes' && reach.kind === 'panes' && reach.panes > known.panes
    ? at - surelyHeld(known.unit, known.panes)
    : undefined

function latest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

/** Since when a track, and if it has columns one of them by its place, is kept without a gap. undefined: from the beginning. */
export function sinceOf(track: TrackLayout, column: number): number | undefined {
  const columns = 'columns' in track.parameters ? track.parameters.columns : []
  return latest(track.since, track.reach, columns[column]?.since)
}

/** The record in hand as a track knows it: what was before the track is as unknown as what was before first sight. */
class KeptRecord implements RecordInHand {
  readonly since: number
  private record: RecordInHand

  constructor(since: number, record: RecordInHand) {
    this.since = since
    this.record = record
  }

  get zone() {
    return this.record.zone
  }
  get billingDay(): number {
    return this.record.billingDay
  }
  inexact(): void {
    this.record.inexact()
  }
  of(record: RecordInHand): this {
    this.record = record
    return this
  }
}

type ReadOf<T> = (block: Block, at: number, record: RecordInHand) => T

/** Reads as if nobody had been seen before the track was kept; what is kept from the beginning is read as it is. */
export function readSinceKept<T>(read: ReadOf<T>, since: number | undefined): ReadOf<T> {
  if (since === undefined) return read
  let own: KeptRecord | undefined
  return (block, at, record) => {
    if (record.since >= since) return read(block, at, record)
    own ??= new KeptRecord(since, record)
    return read(block, at, own.of(record))
  }
}
