import { bitCount } from '../words.ts'
import {
  addToRow,
  type Column,
  carryRow,
  clearRow,
  isWorthARow,
  overNothing,
  type RowLayout,
  readCell,
  readRows,
  rowLayout,
} from './columns.ts'
import { checkPaneUnit, type PaneUnit, paneClock, paneOf, paneStart, surelyPassed } from './panes.ts'
import type { Block, ColumnsTrack, EventInHand, Kept, Read, RecordInHand, WindowRow } from './track.ts'

/** Panes that a ring may hold. */
const panesMost = 96

export interface RingParameters {
  readonly unit: PaneUnit
  /**
   * Panes held, 1..96: the newest that has an event and those before it. One more than is read keeps reads exact as of an
   * instant in the pane before.
   */
  readonly panes: number
  readonly columns: readonly Column[]
}

/*
 * Panes of one length, a row of columns each. The block:
 *   0      newest pane (index of `panes.ts`)
 *   1 ..   masks: bit a (word a >> 5) is set where the pane of age a, counted from the newest, has a row
 *   then   the rows, newest first
 * So the rows of a window lie side by side, and a read is a loop over them.
 */

/**
 * Fixed or civil panes. The same events in any order of arrival read the same as of any instant in the newest pane that
 * has an event or later; as of one that lies k panes before it, what reaches beyond the panes held is missing.
 * Double sums may differ in rounding.
 */
export interface RingTrack extends ColumnsTrack, Kept<RingParameters> {}

export function createRingTrack(parameters: RingParameters): RingTrack {
  const { unit, panes, columns } = parameters
  checkPaneUnit(unit)
  if (!(panes >= 1 && panes <= panesMost)) throw new RangeError(`a ring of ${panes} panes: 1 to ${panesMost}`)
  const layout = rowLayout(columns)
  const head = headWords(panes)
  return {
    parameters,
    wordsMost: head + panes * layout.words,
    add(block: Block, event: EventInHand, values: Float64Array, record: RecordInHand): boolean {
      const pane = paneOf(unit, event.time, record)
      let base = block.at
      if (base < 0) {
        if (!isWorthARow(layout, values)) return false
        block.resize(0, head + layout.words)
        base = block.at
        block.words[base] = pane
        block.words[base + 1] = 1
        clearRow(layout, block.words, base + head)
        return addToRow(layout, block.words, base + head, values)
      }
      const age = (block.words[base] as number) - pane
      if (age >= panes) return false
      if (age >= 0) {
        const mask = block.words[base + 1 + (age >> 5)] as number
        const row = base + head + rank(block.words, base + 1, age) * layout.words
        if ((mask & (1 << (age & 31))) !== 0) return addToRow(layout, block.words, row, values)
      }
      if (!isWorthARow(layout, values)) return false
      const row = age < 0 ? advance(block, -age, panes, head, layout.words) : insert(block, age, head, layout.words)
      clearRow(layout, block.words, row)
      return addToRow(layout, block.words, row, values)
    },
    carry: (from, words, at) => carryRing(from, words, at, parameters, layout),
  }
}

const headWords = (panes: number): number => 1 + ((panes + 31) >> 5)

/** How many panes younger than `age` have a row. */
function rank(words: Int32Array, masks: number, age: number): number {
  if (age < 32) return bitCount((words[masks] as number) & ((1 << age) - 1))
  let rows = bitCount(words[masks] as number)
  let at = masks + 1
  let left = age - 32
  for (; left >= 32; left -= 32) rows += bitCount(words[at++] as number)
  return left === 0 ? rows : rows + bitCount((words[at] as number) & ((1 << left) - 1))
}

/** Room for a row in the midst; returns where it is. */
function insert(block: Block, age: number, head: number, row: number): number {
  const offset = head + rank(block.words, block.at + 1, age) * row
  block.resize(offset, row)
  const mask = block.at + 1 + (age >> 5)
  block.words[mask] = (block.words[mask] as number) | (1 << (age & 31))
  return block.at + offset
}

/** The ring moves on by `by` panes; room for the row of the newest. */
function advance(block: Block, by: number, panes: number, head: number, row: number): number {
  const rows = (block.length - head) / row
  const kept = by >= panes ? 0 : rank(block.words, block.at + 1, panes - by)
  // One move of the record at most: a row comes, those that fell out go.
  if (kept === rows) block.resize(head, row)
  else {
    if (kept + 1 < rows) block.resize(head + (kept + 1) * row, (kept + 1 - rows) * row)
    const from = block.at + head
    block.words.copyWithin(from + row, from, from + kept * row)
  }
  const { words, at } = block
  words[at] = (words[at] as number) + by
  shiftMasks(words, at + 1, by, panes)
  words[at + 1] = (words[at + 1] as number) | 1
  return at + head
}

/** Every row grows older by `by` panes; bits of panes that fell out are cleared. */
function shiftMasks(words: Int32Array, at: number, by: number, panes: number): void {
  const count = (panes + 31) >> 5
  const whole = by >> 5
  const part = by & 31
  for (let i = count - 1; i >= 0; i--) {
    const high = i >= whole ? (words[at + i - whole] as number) << part : 0
    const low = part > 0 && i > whole ? (words[at + i - whole - 1] as number) >>> (32 - part) : 0
    words[at + i] = high | low
  }
  if ((panes & 31) !== 0) words[at + count - 1] = (words[at + count - 1] as number) & ((1 << (panes & 31)) - 1)
}

/**
 * A column (by its place) over the periods of age `ago` .. `ago + periods - 1`, where 0 is that of the instant. With `ago`
 * > 0: unknown unless all of them began after the period of first sight. Counts and sums over nothing are 0.
 */
export function readRing(track: RingTrack, column: number, ago: number, periods: number): Read {
  const { unit, panes, columns } = track.parameters
  if (ago + periods > panes) throw new RangeError(`${ago + periods} periods of a ring that holds ${panes}`)
  const layout = rowLayout(columns)
  const code = layout.codes[column] as number
  const offset = layout.offsets[column] as number
  const row = layout.words
  const head = headWords(panes)
  const settled = surelyPassed(unit, ago + periods)
  const clock = paneClock(unit)
  return (block, at, record) => {
    if (ago === 0 && block.at < 0) return overNothing(code)
    const newest = clock.paneOf(at, record) - ago
    const isYoung = ago > 0 && at - record.since < settled
    if (isYoung && newest - periods < paneOf(unit, record.since, record)) return Number.NaN
    if (block.at < 0) return overNothing(code)
    const { words } = block
    const masks = block.at + 1
    const top = words[block.at] as number
    // Ages from the newest row's pane, which may lie before the instant's or after it.
    const from = Math.max(0, top - newest)
    const to = Math.min(panes, top - newest + periods)
    if (from >= to) return overNothing(code)
    const first = rank(words, masks, from)
    return readRows(code, words, masks + head - 1 + first * row + offset, row, rank(words, masks, to) - first)
  }
}

/**
 * Values of a column by period, newest first, from age `ago` on: those of `periods` that began after the period of first sight.
 * A period without events is 0 (least and greatest: unknown). Returns how many are known; `into` holds them.
 */
export function readPeriods(
  track: RingTrack,
  column: number,
  ago: number,
  periods: number,
): (block: Block, at: number, record: RecordInHand, into: Float64Array) => number {
  const { unit, panes, columns } = track.parameters
  if (ago + periods > panes) throw new RangeError(`${ago + periods} periods of a ring that holds ${panes}`)
  const layout = rowLayout(columns)
  const code = layout.codes[column] as number
  const offset = layout.offsets[column] as number
  const head = headWords(panes)
  const settled = surelyPassed(unit, ago + periods)
  return (block, at, record, into) => {
    const newest = paneOf(unit, at, record) - ago
    const isYoung = at - record.since < settled
    const known = isYoung ? Math.max(0, Math.min(periods, newest - paneOf(unit, record.since, record))) : periods
    const { words } = block
    const top = block.at < 0 ? 0 : (words[block.at] as number)
    for (let i = 0; i < known; i++) {
      const age = top - newest + i
      const has =
        block.at >= 0 && age >= 0 && age < panes && ((words[block.at + 1 + (age >> 5)] as number) >>> (age & 31)) & 1
      into[i] = has
        ? readCell(code, words, block.at + head + rank(words, block.at + 1, age) * layout.words + offset)
        : overNothing(code)
    }
    return known
  }
}

/** The panes that have a row, newest first, with a column's value. */
export function ringRows(track: RingTrack, column: number): (block: Block, record: RecordInHand) => WindowRow[] {
  const { unit, panes, columns } = track.parameters
  const layout = rowLayout(columns)
  const head = headWords(panes)
  return (block, record) => {
    const rows: WindowRow[] = []
    if (block.at < 0) return rows
    const { words, at: base } = block
    for (let age = 0; age < panes; age++) {
      if ((((words[base + 1 + (age >> 5)] as number) >>> (age & 31)) & 1) === 0) continue
      const cell = base + head + rank(words, base + 1, age) * layout.words + (layout.offsets[column] as number)
      const value = readCell(layout.codes[column] as number, words, cell)
      if (Number.isNaN(value)) continue
      const pane = (words[base] as number) - age
      const times = { from: paneStart(unit, pane, record), to: paneStart(unit, pane + 1, record) }
      rows.push({ ...times, ...(columns[column]?.kind === 'count' ? { events: value } : { value }) })
    }
    return rows
  }
}

function carryRing(
  from: RingParameters,
  words: Int32Array,
  at: number,
  to: RingParameters,
  layout: RowLayout,
): Int32Array {
  const target = new Int32Array(headWords(to.panes) + to.panes * layout.words)
  const oldRow = rowLayout(from.columns).words
  let p = at + headWords(from.panes)
  let q = headWords(to.panes)
  let holds = false
  target[0] = words[at] as number
  for (let age = 0; age < Math.min(from.panes, to.panes); age++) {
    if ((((words[at + 1 + (age >> 5)] as number) >>> (age & 31)) & 1) === 0) continue
    if (carryRow(from.columns, words, p, to.columns, target, q)) {
      target[1 + (age >> 5)] = (target[1 + (age >> 5)] as number) | (1 << (age & 31))
      q += layout.words
      holds = true
    }
    p += oldRow
  }
  return target.subarray(0, holds ? q : 0)
}
