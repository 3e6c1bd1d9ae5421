import type { EventFactor, Factor } from '../ruleset.ts'
import type { OpenTrack } from './open-tracks.ts'
import { periodsOf, placeOf, reachWindowOf } from './track-kinds.ts'
import { changesRows } from './tracks/changes.ts'
import { distinctRows } from './tracks/distinct.ts'
import { firstRows } from './tracks/first.ts'
import { listRows } from './tracks/list.ts'
import { paneOf, paneStart } from './tracks/panes.ts'
import { recentRows } from './tracks/recent.ts'
import { type RingTrack, ringRows } from './tracks/ring.ts'
import { sinceLastRows, sinceRows } from './tracks/since.ts'
import { tallyRows } from './tracks/tally.ts'
import { totalRows } from './tracks/total.ts'
import type { Block, RecordInHand, WindowRow } from './tracks/track.ts'

export type Rows = (block: Block, at: number, record: RecordInHand) => readonly WindowRow[]

/** What a factor's window holds, for people: newest first. */
export function rowsOf(open: OpenTrack, { definition }: Factor): Rows {
  if (definition.kind !== 'events') return open.kind === 'recent' ? recentRows(open.track, 1) : () => []
  const { window } = definition
  switch (open.kind) {
    case 'total':
      return totalRows(open.track, placeOf(open.track.parameters.columns, definition))
    case 'ring':
      return periodRows(open.track, definition)
    case 'list':
      return listRows(open.track, window.kind === 'rolling' ? window.length : 0)
    case 'recent':
      return recentRows(open.track, eventsOf(definition))
    case 'first':
      return firstRows(open.track)
    case 'changes':
      return changesRows(open.track, runsOf(definition))
    case 'distinct':
      return within(definition, distinctRows(open.track))
    case 'tally':
      return tallyRows(open.track, reachWindowOf(window))
    case 'since':
      return definition.aggregate.kind === 'last' ? sinceLastRows(open.track) : sinceRows(open.track)
  }
}

function eventsOf({ aggregate, window }: EventFactor): number {
  if (aggregate.kind === 'previous') return 2
  return window.kind === 'last' ? window.events : 1
}

/** Of what is counted all, else what is read. */
const runsOf = ({ aggregate }: EventFactor): number =>
  aggregate.kind === 'became' ? 32 : aggregate.kind === 'before' ? 2 : 1

/** Every pane of the window, also those in which nothing was, but for those before first sight. */
function periodRows(track: RingTrack, factor: EventFactor): Rows {
  const column = placeOf(track.parameters.columns, factor)
  const { unit, columns } = track.parameters
  const { ago, periods } = periodsOf(factor.window)
  const held = ringRows(track, column)
  const kind = columns[column]?.kind
  const nothing = kind === 'count' ? { events: 0 } : kind === 'int' || kind === 'double' ? { value: 0 } : undefined
  return (block, at, record) => {
    const byStart = new Map(held(block, record).map((row) => [row.from, row]))
    const newest = paneOf(unit, at, record) - ago
    const first = paneOf(unit, record.since, record)
    const rows: WindowRow[] = []
    for (let pane = newest; pane > newest - periods && pane >= first; pane--) {
      const from = paneStart(unit, pane, record)
      const row = byStart.get(from)
      if (row) rows.push(row)
      else if (nothing) rows.push({ from, to: paneStart(unit, pane + 1, record), ...nothing })
    }
    return rows
  }
}

/** Only what lies in the factor's window. */
function within({ window }: EventFactor, rows: (block: Block, record: RecordInHand) => WindowRow[]): Rows {
  return (block, at, record) => {
    const all = rows(block, record)
    if (window.kind === 'rolling') return all.filter(({ from }) => from <= at && from > at - window.length)
    if (window.kind !== 'panes' && window.kind !== 'civil') return all
    const { ago, periods } = periodsOf(window)
    const unit = window.kind === 'panes' ? window.pane : window.unit
    const newest = paneOf(unit, at, record) - ago
    return all.filter(({ from }) => {
      const pane = paneOf(unit, from, record)
      return pane <= newest && pane > newest - periods
    })
  }
}
