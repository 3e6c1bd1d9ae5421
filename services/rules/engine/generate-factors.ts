import type { Factor } from '../ruleset.ts'
import { paneOf, rowWords } from './generate-update.ts'
import { type Column, columnKey, numberKind, type RingLayout, type SourceLayout, trackKey } from './layout.ts'
import { maskWords } from './plain-record.ts'

const P32 = '4294967296'
const long = (words: string, at: string) => `(${words}[${at} + 1] * ${P32} + (${words}[${at}] >>> 0))`

/**
 * Source of `name(at)`: sets F for the wanted factors of one source as of the instant `at`, in one pass over its section.
 * Without a section counts and sums are 0, `last` is unknown. Needs: cursor, host, F, D, D32.
 */
export function factorsSource(
  name: string,
  layout: SourceLayout,
  bit: number,
  wanted: readonly Factor[],
  indexOf: (factor: Factor) => number,
): string {
  if (wanted.length === 0) return `function ${name}() {}`
  const cells: string[] = []
  let pending: string[] = []
  // Cells behind the last wanted one are not looked at.
  const cell = (used: boolean, read: string, skip: string) => {
    if (used) {
      cells.push(...pending, read)
      pending = []
    } else pending.push(skip)
  }
  const f = (factor: Factor) => `F[${indexOf(factor)}]`
  const isOf = (factor: Factor, column: Column) =>
    factor.aggregate !== 'last' && columnKey({ key: trackKey(factor), kind: numberKind(factor) }) === columnKey(column)

  for (const column of layout.totals) {
    const readers = wanted.filter((factor) => factor.window.kind === 'lifetime' && isOf(factor, column))
    const width = column.kind === 'count' ? 1 : 2
    cell(
      readers.length > 0,
      `  ${readers.map((factor) => `${f(factor)} = `).join('')}${value(column, 'p')}\n  p += ${width}`,
      `  p += ${width}`,
    )
  }
  for (const key of layout.lasts) {
    const readers = wanted.filter((factor) => factor.aggregate === 'last' && trackKey(factor) === key)
    const skip = '  p += W[p] === 0 ? 1 : 5 + ((W[p] + 2) >> 2)'
    cell(
      readers.length > 0,
      `  if (W[p] !== 0) { D32[0] = W[p + 3]; D32[1] = W[p + 4]; ${readers.map((factor) => `${f(factor)} = `).join('')}D[0] }
${skip}`,
      skip,
    )
  }
  for (const ring of layout.rings) {
    const readers = wanted.filter((factor) => isIn(factor, ring))
    cell(readers.length > 0, readRing(ring, readers, isOf, f), skipRing(ring))
  }
  for (const column of layout.lists) {
    const readers = wanted.filter((factor) => factor.window.kind === 'rolling' && isOf(factor, column))
    const size = column.kind === 'count' ? 2 : 4
    cell(readers.length > 0, readList(column, readers, f), `  p += 1 + W[p] * ${size}`)
  }
  const defaults = wanted.map((factor) => `  ${f(factor)} = ${factor.aggregate === 'last' ? 'NaN' : '0'}`)
  return `function ${name}(at) {
${defaults.join('\n')}
  const start = cursor.locate(${bit})
  if (start < 0) return
  const W = cursor.words
  let p = cursor.value + start
  const counts = W[p + 2]
  p += 3 + (((counts & 255) + 3) >> 2) + 3 * (counts >>> 8 & 255)
${cells.join('\n')}
}`
}

const isIn = (factor: Factor, ring: RingLayout): boolean =>
  factor.window.kind === 'days'
    ? ring.unit === 'day'
    : factor.window.kind === 'panes' && factor.window.pane === ring.unit

const lengthOf = (factor: Factor): number =>
  factor.window.kind === 'days'
    ? factor.window.days
    : factor.window.kind === 'panes'
      ? factor.window.panes
      : factor.window.kind === 'rolling'
        ? factor.window.length
        : 0

function value(column: Column, at: string): string {
  if (column.kind === 'count') return `W[${at}]`
  if (column.kind === 'int') return long('W', at)
  return `(D32[0] = W[${at}], D32[1] = W[${at} + 1], D[0])`
}

function skipRing(ring: RingLayout): string {
  const masks = Array.from({ length: maskWords(ring.panes) }, (_, i) => i)
  return `  p += ${1 + masks.length} + ${rowWords(ring)} * (${masks.map((m) => `bitCount(W[p + ${1 + m}])`).join(' + ')})`
}

function readRing(
  ring: RingLayout,
  readers: readonly Factor[],
  isOf: (factor: Factor, column: Column) => boolean,
  f: (factor: Factor) => string,
): string {
  const masks = Array.from({ length: maskWords(ring.panes) }, (_, i) => i)
  const row = rowWords(ring)
  const sums = readers.map((_, i) => `s${i}`)
  let offset = 0
  const columns = ring.columns.map((column) => {
    const at = offset
    offset += column.kind === 'count' ? 1 : 2
    const own = readers
      .map((factor, i) => ({ factor, sum: sums[i], length: lengthOf(factor) }))
      .filter(({ factor }) => isOf(factor, column))
    if (own.length === 0) return ''
    // The longest window first, the others nested in it.
    own.sort((a, b) => b.length - a.length)
    const nested = own.map(({ sum, length }) => `if (age < ${length}) { ${sum} += x`).join('; ')
    return `      { const x = ${value(column, `p + ${at}`)}; ${nested} ${'}'.repeat(own.length)} }`
  })
  const panes = masks.map(
    (m) => `    for (let bits = W[masks + ${m}]; bits !== 0; bits &= bits - 1) {
      let age = newest - (${32 * m} + 31 - Math.clz32(bits & -bits))
      if (age < 0) age += ${ring.panes}
      age += gap
${columns.filter((column) => column !== '').join('\n')}
      p += ${row}
    }`,
  )
  return `  {
    const top = W[p], pane = ${paneOf(ring, 'at')}, masks = p + 1
    const gap = pane > top ? pane - top : 0, newest = top % ${ring.panes}
    let ${sums.map((sum) => `${sum} = 0`).join(', ')}
    p += ${1 + masks.length}
${panes.join('\n')}
    ${readers.map((factor, i) => `${f(factor)} = ${sums[i]}`).join('; ')}
  }`
}

function readList(column: Column, readers: readonly Factor[], f: (factor: Factor) => string): string {
  const size = column.kind === 'count' ? 2 : 4
  const sums = readers.map((_, i) => `s${i}`)
  const x = column.kind === 'count' ? '(W[p + 1] >>> 12)' : value(column, 'p + 2')
  return `  {
    let ${sums.map((sum) => `${sum} = 0`).join(', ')}
    for (let end = p + 1 + W[p++] * ${size}; p < end; p += ${size}) {
      const age = at - ((W[p + 1] & 4095) * ${P32} + (W[p] >>> 0))
      if (age < 0) continue
      const x = ${x}
      ${readers.map((factor, i) => `if (age < ${lengthOf(factor)}) ${sums[i]} += x`).join('; ')}
    }
    ${readers.map((factor, i) => `${f(factor)} = ${sums[i]}`).join('; ')}
  }`
}
