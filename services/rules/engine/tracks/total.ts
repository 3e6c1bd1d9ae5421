import { addToRow, type Column, carryRow, clearRow, isWorthARow, overNothing, readRows, rowLayout } from './columns.ts'
import type { ColumnsTrack, Kept, Read, WindowRow } from './track.ts'

export interface TotalParameters {
  readonly columns: readonly Column[]
}

/**
 * Over a subscriber's whole life. The block is one row of columns. The same events in any order read the same, but for
 * the rounding of double sums.
 */
export interface TotalTrack extends ColumnsTrack, Kept<TotalParameters> {}

export function createTotalTrack(parameters: TotalParameters): TotalTrack {
  const layout = rowLayout(parameters.columns)
  return {
    parameters,
    wordsMost: layout.words,
    add(block, _event, values) {
      if (block.at < 0) {
        if (!isWorthARow(layout, values)) return false
        block.resize(0, layout.words)
        clearRow(layout, block.words, block.at)
      }
      return addToRow(layout, block.words, block.at, values)
    },
    carry(from, words, at) {
      const target = new Int32Array(layout.words)
      const kept = { columns: from.columns, layout: rowLayout(from.columns) }
      const holds = carryRow(kept, words, at, { columns: parameters.columns, layout }, target, 0)
      return holds ? target : target.subarray(0, 0)
    },
  }
}

/** Count, sum, least or greatest: what the column (by its place) keeps. Sums and counts over nothing are 0. */
export function readTotal(track: TotalTrack, column: number): Read {
  const layout = rowLayout(track.parameters.columns)
  const code = layout.codes[column] as number
  const offset = layout.offsets[column] as number
  return (block) => (block.at < 0 ? overNothing(code) : readRows(code, block.words, block.at + offset, 0, 1))
}

/** One row: since first sight. */
export function totalRows(track: TotalTrack, column: number): (...of: Parameters<Read>) => WindowRow[] {
  const read = readTotal(track, column)
  const isCount = track.parameters.columns[column]?.kind === 'count'
  return (block, at, record) => {
    const value = read(block, at, record)
    if (block.at < 0 || Number.isNaN(value)) return []
    return [{ from: record.since, to: at, ...(isCount ? { events: value } : { value }) }]
  }
}
