import { bitCount } from '../words.ts'
import {
  addToRow,
  type Column,
  carryRow,
  clearRow,
  hasRoom,
  isWorthARow,
  type LaidColumns,
  overNothing,
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
 *   1 ..   masks: bit a (word a >> 5) is set where the pane of age a, counted from the newest, has a row. With columns of
 *          whole numbers one bit more: their sums are long (two words each) because one of them didn't fit into one
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
  const { short, long, head, isLong, setLong } = ringLayout(parameters)
  const clock = paneClock(unit)
  const isCount = columns[0]?.kind === 'count'
  const isSingle = short.words === 1
  const addTo = (block: Block, row: number, values: Float64Array): boolean => {
    const { words, at } = block
    if (isLong(words, at)) return addToRow(long, words, row, values)
    const value = values[0] as number
    // Mostly so: one column, and a value that is no trouble.
    if (isSingle && value > 0) {
      const sum = (words[row] as number) + (isCount ? 1 : value)
      if (sum <= 0x7fffffff) {
        words[row] = sum
        return true
      }
    }
    if (hasRoom(short, words, row, values)) return addToRow(short, words, row, values)
    const place = (row - at - head) / short.words
    lengthen(block)
    return addToRow(long, block.words, block.at + head + place * long.words, values)
  }
  const lengthen = (block: Block): void => {
    const rows = block.words.slice(block.at + head, block.at + block.length)
    const count = rows.length / short.words
    block.resize(block.length, count * (long.words - short.words))
    setLong(block.words, block.at)
    for (let i = 0; i < count; i++) {
      const [from, to] = [i * short.words, block.at + head + i * long.words]
      carryRow({ columns, layout: short }, rows, from, { columns, layout: long }, block.words, to)
    }
  }
  return {
    parameters,
    wordsMost: head + panes * long.words,
    add(block: Block, event: EventInHand, values: Float64Array, record: RecordInHand): boolean {
      const pane = clock.paneOf(event.time, record)
      let base = block.at
      if (base < 0) {
        if (!isWorthARow(short, values)) return false
        block.resize(0, head + short.words)
        base = block.at
        block.words[base] = pane
        block.words[base + 1] = 1
        clearRow(short, block.words, base + head)
        return addTo(block, base + head, values)
      }
      const age = (block.words[base] as number) - pane
      if (age >= panes) return false
      const layout = isLong(block.words, base) ? long : short
      if (age >= 0) {
        const mask = block.words[base + 1 + (age >> 5)] as number
        const row = base + head + rank(block.words, base + 1, age) * layout.words
        if ((mask & (1 << (age & 31))) !== 0) return addTo(block, row, values)
      }
      if (!isWorthARow(layout, values)) return false
      const row = age < 0 ? advance(block, -age, panes, head, layout.words) : insert(block, age, head, layout.words)
      clearRow(layout, block.words, row)
      return addTo(block, row, values)
    },
    carry: (from, words, at) => carryRing(from, words, at, parameters),
  }
}

/** How the rows of a ring lie: with short sums as long as all fit, else with long ones. */
export function ringLayout({ panes, columns }: Pick<RingParameters, 'panes' | 'columns'>) {
  const short = rowLayout(columns, 'short')
  const long = rowLayout(columns, 'long')
  const hasSums = short.words !== long.words
  const word = 1 + (panes >> 5)
  const bit = 1 << (panes & 31)
  return {
    short,
    long,
    head: 1 + ((panes + (hasSums ? 1 : 0) + 31) >> 5),
    /** Where it stands that sums are long; undefined: there are none. */
    longAt: hasSums ? { word, bit } : undefined,
    isLong: (words: Int32Array, at: number): boolean => hasSums && ((words[at + word] as number) & bit) !== 0,
    setLong(words: Int32Array, at: number): void {
      if (hasSums) words[at + word] = (words[at + word] as number) | bit
    },
  }
}

/** How many panes younger than `age` have a row. */
export function rank(words: Int32Array, masks: number, age: number): number {
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
    // Some words: the way into native code costs more.
    for (let i = from + kept * row - 1; i >= from; i--) block.words[i + row] = block.words[i] as number
  }
  const { words, at } = block
  words[at] = (words[at] as number) + by
  shiftMasks(words, at + 1, by, panes)
  words[at + 1] = (words[at + 1] as number) | 1
  return at + head
}

/** Every row grows older by `by` panes; bits of panes that fell out are cleared; the one behind them stays. */
function shiftMasks(words: Int32Array, at: number, by: number, panes: number): void {
  const count = (panes + 31) >> 5
  const last = at + count - 1
  const kept = (panes & 31) === 0 ? 0 : (words[last] as number) & (1 << (panes & 31))
  const whole = by >> 5
  const part = by & 31
  for (let i = count - 1; i >= 0; i--) {
    const high = i >= whole ? (words[at + i - whole] as number) << part : 0
    const low = part > 0 && i > whole ? (words[at + i - whole - 1] as number) >>> (32 - part) : 0
    words[at + i] = high | low
  }
  if ((panes & 31) !== 0) words[last] = ((words[last] as number) & ((1 << (panes & 31)) - 1)) | kept
}

/**
 * A column (by its place) over the periods of age `ago` .. `ago + periods - 1`, where 0 is that of the instant. With `ago`
 * > 0: unknown unless all of them began after the period of first sight. Counts and sums over nothing are 0.
 */
export function readRing(track: RingTrack, column: number, ago: number, periods: number): Read {
  const { unit, panes } = track.parameters
  if (ago + periods > panes) throw new RangeError(`${ago + periods} periods of a ring that holds ${panes}`)
  const { short, long, head, isLong } = ringLayout(track.parameters)
  const nothing = overNothing(long.codes[column] as number)
  const settled = surelyPassed(unit, ago + periods)
  const clock = paneClock(unit)
  return (block, at, record) => {
    if (ago === 0 && block.at < 0) return nothing
    const newest = clock.paneOf(at, record) - ago
    const isYoung = ago > 0 && at - record.since < settled
    if (isYoung && newest - periods < paneOf(unit, record.since, record)) return Number.NaN
    if (block.at < 0) return nothing
    const { words } = block
    const masks = block.at + 1
    const top = words[block.at] as number
    // Ages from the newest row's pane, which may lie before the instant's or after it.
    const from = Math.max(0, top - newest)
    const to = Math.min(panes, top - newest + periods)
    if (from >= to) return nothing
    const first = rank(words, masks, from)
    const count = rank(words, masks, to) - first
    const { words: row, codes, offsets } = isLong(words, block.at) ? long : short
    const cell = block.at + head + first * row + (offsets[column] as number)
    return readRows(codes[column] as number, words, cell, row, count)
  }
}

/**
 * Values of a column by period, newest first, from age `ago` on: those of `periods` that began after the period of first sight.
 * A period without events is 0 (least and greatest: unknown); an hour that clocks leave out is none, and the one before it
 * stands in its place. Returns how many are known; `into` holds them.
 */
export function readPeriods(
  track: RingTrack,
  column: number,
  ago: number,
  periods: number,
): (block: Block, at: number, record: RecordInHand, into: Float64Array) => number {
  const { unit, panes } = track.parameters
  if (ago + periods > panes) throw new RangeError(`${ago + periods} periods of a ring that holds ${panes}`)
  const { short, long, head, isLong } = ringLayout(track.parameters)
  const nothing = overNothing(long.codes[column] as number)
  // Clocks leave out one hour at a time.
  const spare = unit === 'hour' && panes > ago + periods ? 1 : 0
  const settled = surelyPassed(unit, ago + periods + spare)
  return (block, at, record, into) => {
    const newest = paneOf(unit, at, record) - ago
    const isYoung = at - record.since < settled
    const most = periods + spare
    const begun = isYoung ? Math.max(0, Math.min(most, newest - paneOf(unit, record.since, record))) : most
    const leftOut = unit === 'hour' ? leftOutAmong(newest, begun, record) : -1
    const known = Math.min(periods, leftOut < 0 ? begun : begun - 1)
    const { words } = block
    const top = block.at < 0 ? 0 : (words[block.at] as number)
    const { words: row, codes, offsets } = block.at >= 0 && isLong(words, block.at) ? long : short
    const first = block.at + head + (offsets[column] as number)
    for (let i = 0; i < known; i++) {
      const age = top - newest + (leftOut >= 0 && i >= leftOut ? i + 1 : i)
      const has =
        block.at >= 0 && age >= 0 && age < panes && ((words[block.at + 1 + (age >> 5)] as number) >>> (age & 31)) & 1
      into[i] = has ? readCell(codes[column] as number, words, first + rank(words, block.at + 1, age) * row) : nothing
    }
    return known
  }
}

const hourMs = 3_600_000

/** Which of some hours, the newest being 0, the subscriber's clocks leave out; -1: none. */
function leftOutAmong(newest: number, hours: number, record: RecordInHand): number {
  const end = paneStart('hour', newest + 1, record)
  if (end - paneStart('hour', newest + 1 - hours, record) === hours * hourMs) return -1
  let next = end
  for (let i = 0; i < hours; i++) {
    const start = paneStart('hour', newest - i, record)
    if (start >= next) return i
    next = start
  }
  return -1
}

/** The panes that have a row, newest first, with a column's value. */
export function ringRows(track: RingTrack, column: number): (block: Block, record: RecordInHand) => WindowRow[] {
  const { unit, panes, columns } = track.parameters
  const { short, long, head, isLong } = ringLayout(track.parameters)
  return (block, record) => {
    const rows: WindowRow[] = []
    if (block.at < 0) return rows
    const { words, at: base } = block
    const layout = isLong(words, base) ? long : short
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

function carryRing(from: RingParameters, words: Int32Array, at: number, to: RingParameters): Int32Array {
  const [old, now] = [ringLayout(from), ringLayout(to)]
  const isLong = old.isLong(words, at)
  const kept: LaidColumns = { columns: from.columns, layout: isLong ? old.long : old.short }
  const next: LaidColumns = { columns: to.columns, layout: isLong ? now.long : now.short }
  const target = new Int32Array(now.head + to.panes * next.layout.words)
  let p = at + old.head
  let q = now.head
  let holds = false
  target[0] = words[at] as number
  if (isLong) now.setLong(target, 0)
  for (let age = 0; age < Math.min(from.panes, to.panes); age++) {
    if ((((words[at + 1 + (age >> 5)] as number) >>> (age & 31)) & 1) === 0) continue
    if (carryRow(kept, words, p, next, target, q)) {
      target[1 + (age >> 5)] = (target[1 + (age >> 5)] as number) | (1 << (age & 31))
      q += next.layout.words
      holds = true
    }
    p += kept.layout.words
  }
  return target.subarray(0, holds ? q : 0)
}
