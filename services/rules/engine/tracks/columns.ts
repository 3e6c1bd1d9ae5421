import { CodedError } from '../../../domain/errors.ts'
import { readDouble, readLong, writeDouble, writeLong } from '../words.ts'

/** A count in one word; a sum of whole numbers in one or two; a sum of doubles, the least and the greatest value in two each. */
export type ColumnKind = 'count' | 'int' | 'double' | 'min' | 'max'

export interface Column {
  /** Names what is counted or measured; a column is carried over to one of the same key and kind. */
  readonly key: string
  readonly kind: ColumnKind
  /** When it was added to a track that was there before; of another time it is another column. */
  readonly since?: number
}

/** Kinds as small numbers, for the hot path. */
const countCode = 0
const intCode = 1
const doubleCode = 2
const minCode = 3
const maxCode = 4
/** A sum of whole numbers in one word. */
const shortCode = 5
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

/** `ints`: whether sums of whole numbers have one word or two. */
export function rowLayout(columns: readonly Column[], ints: 'short' | 'long' = 'long'): RowLayout {
  const offsets = new Int32Array(columns.length)
  const own = Uint8Array.from(columns, ({ kind }) => (kind === 'int' && ints === 'short' ? shortCode : codes[kind]))
  let words = 0
  own.forEach((code, i) => {
    offsets[i] = words
    words += wordsOf(code)
  })
  return { codes: own, offsets, words }
}

const wordsOf = (code: number): number => (isOneWord(code) ? 1 : 2)

/** Whether a row is needed for these values: a sum of nothing but zeros needs none. */
export function isWorthARow(layout: RowLayout, values: Float64Array): boolean {
  const { codes } = layout
  for (let i = 0; i < codes.length; i++) {
    const value = values[i] as number
    const code = codes[i] as number
    if (value < 0 || value > 0) return true
    if (value === 0 && code !== intCode && code !== doubleCode && code !== shortCode) return true
  }
  return false
}

/** Whether sums in one word stay below 2^31 in size when an event's values are put into a row. */
export function hasRoom(layout: RowLayout, words: Int32Array, at: number, values: Float64Array): boolean {
  const { codes, offsets } = layout
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] !== shortCode) continue
    const sum = (words[at + (offsets[i] as number)] as number) + (values[i] as number)
    // Not 'beyond': what has no value is NaN.
    if (sum > 0x7fffffff || sum < -0x80000000) return false
  }
  return true
}

/** Makes the row one that holds nothing. */
export function clearRow(layout: RowLayout, words: Int32Array, at: number): void {
  const { codes, offsets } = layout
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number
    const p = at + (offsets[i] as number)
    words[p] = 0
    if (code === minCode || code === maxCode) writeDouble(words, p, Number.NaN)
    else if (code !== countCode && code !== shortCode) words[p + 1] = 0
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
      case shortCode:
        if (value === 0) break
        words[p] = (words[p] as number) + value
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
  if (isOneWord(code)) return words[at] as number
  return code === intCode ? readLong(words, at) : readDouble(words, at)
}

/** Cells of the column are one word, which is its value. */
export const isOneWord = (code: number): boolean => code === countCode || code === shortCode

/** A sum of whole numbers beyond ±(2^53 - 1) is unknown. */
export const knownSum = (code: number, sum: number): number =>
  code === intCode && !Number.isSafeInteger(sum) ? Number.NaN : sum

/** What a column reads over nothing: counts and sums 0, least and greatest unknown. */
export const overNothing = (code: number): number => (code === minCode || code === maxCode ? Number.NaN : 0)

/** A column over `count` rows which lie `stride` words apart; a sum of whole numbers beyond ±(2^53 - 1) is unknown. */
export function readRows(code: number, words: Int32Array, at: number, stride: number, count: number): number {
  let result = overNothing(code)
  let p = at
  switch (code) {
    case countCode:
    case shortCode:
      for (let i = 0; i < count; i++, p += stride) result += words[p] as number
      return result
    case intCode:
      for (let i = 0; i < count; i++, p += stride) result += readLong(words, p)
      return knownSum(code, result)
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

/** Columns as they lie in some row. */
export interface LaidColumns {
  readonly columns: readonly Column[]
  readonly layout: RowLayout
}

/**
 * Copies the cells that both rows have (same key, kind and time); the others hold nothing. Sums may grow longer, not shorter.
 * Whether anything is in the row.
 */
export function carryRow(
  from: LaidColumns,
  words: Int32Array,
  at: number,
  to: LaidColumns,
  target: Int32Array,
  targetAt: number,
): boolean {
  clearRow(to.layout, target, targetAt)
  let holds = false
  to.columns.forEach(({ key, kind, since }, i) => {
    const j = from.columns.findIndex((column) => column.key === key && column.kind === kind && column.since === since)
    if (j < 0) return
    const old = from.layout.codes[j] as number
    const code = to.layout.codes[i] as number
    const p = at + (from.layout.offsets[j] as number)
    const q = targetAt + (to.layout.offsets[i] as number)
    if (old === code) for (let k = 0; k < wordsOf(code); k++) target[q + k] = words[p + k] as number
    else writeLong(target, q, readCell(old, words, p))
    const value = readCell(code, target, q)
    holds ||= code === minCode || code === maxCode ? !Number.isNaN(value) : value !== 0
  })
  return holds
}
