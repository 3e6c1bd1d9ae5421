import { CodedError } from '../../../domain/errors.ts'
import { readDouble, readLong, writeDouble, writeLong } from '../words.ts'

/** A count in one word; a sum of whole numbers, a sum of doubles, the least and the greatest value in two words each. */
export type ColumnKind = 'count' | 'int' | 'double' | 'min' | 'max'

export interface Column {
  /** Names what is counted or measured; a column is carried over to one of the same key and kind. */
  readonly key: string
  readonly kind: ColumnKind
}

/** Kinds as small numbers, for the hot path. */
const countCode = 0
const intCode = 1
const doubleCode = 2
const minCode = 3
const maxCode = 4
const codes: Record<ColumnKind, number> = {
  count: countCode,
  int: intCode,
  double: doubleCode,
  min: minCode,
  max: maxCode,
}

/** A row of columns in words. */
export interface RowLayout {
  readonly codes: Uint8Array
  /** Where each column's cell begins in the row. */
  readonly offsets: Int32Array
  readonly words: number
}

export function rowLayout(columns: readonly Column[]): RowLayout {
  const offsets = new Int32Array(columns.length)
  let words = 0
  columns.forEach(({ kind }, i) => {
    offsets[i] = words
    words += kind === 'count' ? 1 : 2
  })
  return { codes: Uint8Array.from(columns, ({ kind }) => codes[kind]), offsets, words }
}

/** Whether a row is needed for these values: a sum of nothing but zeros needs none. */
export function isWorthARow(layout: RowLayout, values: Float64Array): boolean {
  const { codes } = layout
  for (let i = 0; i < codes.length; i++) {
    const value = values[i] as number
    const code = codes[i] as number
    if (value < 0 || value > 0 || (value === 0 && code !== intCode && code !== doubleCode)) return true
  }
  return false
}

/** Makes the row one that holds nothing. */
export function clearRow(layout: RowLayout, words: Int32Array, at: number): void {
  const { codes, offsets } = layout
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number
    const p = at + (offsets[i] as number)
    words[p] = 0
    if (code === minCode || code === maxCode) writeDouble(words, p, Number.NaN)
    else if (code !== countCode) words[p + 1] = 0
  }
}

/**
 * Puts an event's values into a row; whether anything changed.
 * @throws CodedError KM_FACTOR_OVERFLOW where a sum of whole numbers would leave ±(2^53 - 1)
 */
export function addToRow(layout: RowLayout, words: Int32Array, at: number, values: Float64Array): boolean {
  const { codes, offsets } = layout
  let changed = false
  for (let i = 0; i < codes.length; i++) {
    const value = values[i] as number
    if (Number.isNaN(value)) continue
    const p = at + (offsets[i] as number)
    switch (codes[i]) {
      case countCode:
        words[p] = (words[p] as number) + 1
        changed = true
        break
      case intCode:
        if (value === 0) break
        addLong(words, p, value)
        changed = true
        break
      case doubleCode:
        if (value === 0) break
        writeDouble(words, p, readDouble(words, p) + value)
        changed = true
        break
      case minCode:
        // Not 'value < kept': what holds nothing is NaN.
        if (readDouble(words, p) <= value) break
        writeDouble(words, p, value)
        changed = true
        break
      default:
        if (readDouble(words, p) >= value) break
        writeDouble(words, p, value)
        changed = true
    }
  }
  return changed
}

/** @throws CodedError KM_FACTOR_OVERFLOW */
export function addLong(words: Int32Array, at: number, value: number): void {
  const sum = readLong(words, at) + value
  if (!(sum >= Number.MIN_SAFE_INTEGER && sum <= Number.MAX_SAFE_INTEGER)) {
    throw new CodedError('KM_FACTOR_OVERFLOW', 'a sum would leave ±(2^53 - 1); measure in a larger unit, or as double')
  }
  writeLong(words, at, sum)
}

export function readCell(code: number, words: Int32Array, at: number): number {
  if (code === countCode) return words[at] as number
  return code === intCode ? readLong(words, at) : readDouble(words, at)
}

/** What a column reads over nothing: counts and sums 0, least and greatest unknown. */
export const overNothing = (code: number): number => (code === minCode || code === maxCode ? Number.NaN : 0)

/** A column over `count` rows which lie `stride` words apart; a sum of whole numbers beyond ±(2^53 - 1) is unknown. */
export function readRows(code: number, words: Int32Array, at: number, stride: number, count: number): number {
  let result = overNothing(code)
  let p = at
  switch (code) {
    case countCode:
      for (let i = 0; i < count; i++, p += stride) result += words[p] as number
      return result
    case intCode:
      for (let i = 0; i < count; i++, p += stride) result += readLong(words, p)
      return Number.isSafeInteger(result) ? result : Number.NaN
    case doubleCode:
      for (let i = 0; i < count; i++, p += stride) result += readDouble(words, p)
      return result
    case minCode:
      for (let i = 0; i < count; i++, p += stride) {
        const value = readDouble(words, p)
        if (!(result <= value) && !Number.isNaN(value)) result = value
      }
      return result
    default:
      for (let i = 0; i < count; i++, p += stride) {
        const value = readDouble(words, p)
        if (!(result >= value) && !Number.isNaN(value)) result = value
      }
      return result
  }
}

/** Copies the cells that both rows have (same key and kind); the others hold nothing. Whether anything is in the row. */
export function carryRow(
  from: readonly Column[],
  words: Int32Array,
  at: number,
  to: readonly Column[],
  target: Int32Array,
  targetAt: number,
): boolean {
  const old = rowLayout(from)
  const now = rowLayout(to)
  clearRow(now, target, targetAt)
  let holds = false
  to.forEach(({ key, kind }, i) => {
    const j = from.findIndex((column) => column.key === key && column.kind === kind)
    if (j < 0) return
    const code = now.codes[i] as number
    const p = at + (old.offsets[j] as number)
    const q = targetAt + (now.offsets[i] as number)
    for (let k = 0; k < (kind === 'count' ? 1 : 2); k++) target[q + k] = words[p + k] as number
    const value = readCell(code, target, q)
    holds ||= code === minCode || code === maxCode ? !Number.isNaN(value) : value !== 0
  })
  return holds
}
