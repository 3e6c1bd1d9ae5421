import { type Names, toJavaScript, valueToJavaScript } from '../javascript.ts'
import type { Factor } from '../ruleset.ts'
import { type Column, type RingLayout, type SourceLayout, trackKey } from './layout.ts'
import { maskWords } from './plain-record.ts'

/** Seen ids kept by type; what is pushed out is counted. */
const seenKept = 32
/** Entries of an exact rolling window; beyond it the two oldest become one. */
const listKept = 256

/** Constants that generated source refers to; two to the 32nd. */
const P32 = '4294967296'
const long = (words: string, at: string) => `(${words}[${at} + 1] * ${P32} + (${words}[${at}] >>> 0))`

/** Source of statements that write a whole number as two words of X. */
const storeLong = (at: string, value: string) =>
  `{ const h = Math.floor(${value} / ${P32}); X[${at}] = (${value} - h * ${P32}) | 0; X[${at} + 1] = h }`

/**
 * Source of `update(b, prune)`: puts the event in the registers into its own section. One pass reads the section in order
 * and writes what it becomes to X; then it is copied back. False, with nothing changed, where the event was seen before.
 * `prune`: nothing older can arrive any more. Needs: cursor, host, R, X, ZEROS, D, D32, H,
 * hash64, compareBytes, writeBytes, mergeSums, overflow.
 */
export function updateSource(layout: SourceLayout, bit: number, factors: readonly Factor[], names: Names): string {
  const tracks = trackSources(factors, names)
  const addend = (column: Column) => tracks.addend(column)
  return `
function update(b, prune) {
  const es = R[0] | 0, ee = R[1] | 0, t = R[4]
  hash64(b, R[2] | 0, R[3] | 0, es, ee)
  const h1 = H[0], h2 = H[1]
  const at = cursor.locate(${bit})
  const fresh = at < 0
  const W = fresh ? ZEROS : cursor.words
  let p = fresh ? 0 : cursor.value + at
  const head = fresh ? -1 : ${long('W', 'p')}
  const counts = W[p + 2]
  const idBytes = counts & 255
  p += 3
  let top = head, q = 3, newBytes = ${layout.newestId ? 'idBytes' : '0'}
  const idAt = p
  p += (idBytes + 3) >> 2
  ${
    layout.newestId
      ? `if (t > head || t === head && compareBytes(b, es, ee, W, idAt, idBytes) > 0) {
    top = t
    newBytes = ee - es
    q = writeBytes(X, 3, b, es, ee)
  } else for (let i = idAt; i < p; i++) X[q++] = W[i]`
      : 'if (t > head) top = t'
  }
  ${storeLong('0', 'top')}
  let kept = 0
  {
    const low = X[0], horizon = top - prune, from = q
    for (let end = p + 3 * (counts >>> 8 & 255); p < end; p += 3) {
      if (W[p] === h1 && W[p + 1] === h2) return false
      if (((low - W[p + 2]) >>> 0) > horizon) continue
      X[q] = W[p]; X[q + 1] = W[p + 1]; X[q + 2] = W[p + 2]
      q += 3
      kept++
    }
    if (kept === ${seenKept}) {
      X.copyWithin(from, from + 3, q)
      q -= 3
      kept--
      host.seenOverflow()
    }
    X[q] = h1; X[q + 1] = h2; X[q + 2] = (t - Math.floor(t / ${P32}) * ${P32}) | 0
    q += 3
    kept++
  }
  X[2] = newBytes | kept << 8
  let x = 0
${tracks.source}
${layout.totals.map((column) => totalSource(column, addend(column))).join('\n')}
${layout.lasts.map((key) => lastSource(tracks.last(key))).join('\n')}
${layout.rings.map((ring) => ringSource(ring, addend)).join('\n')}
${layout.lists.map((column) => listSource(column, addend(column), longest(column, factors))).join('\n')}
  cursor.replace(${bit}, X, q)
  host.head = top
  return true
}`
}

/** Longest rolling window over a list, in milliseconds. */
function longest(column: Column, factors: readonly Factor[]): number {
  const lengths = factors
    .filter((factor) => factor.window.kind === 'rolling' && trackKey(factor) === column.key)
    .map((factor) => (factor.window.kind === 'rolling' ? factor.window.length : 0))
  return Math.max(...lengths)
}

/**
 * What the event adds to each track, in locals: `w0` whether it matches, `v0` its value (NaN: nothing to add). A count's
 * value is 1.
 */
function trackSources(factors: readonly Factor[], names: Names) {
  const lines: string[] = []
  const wheres = new Map<string, string>()
  const values = new Map<string, string>()
  for (const factor of factors) {
    const key = trackKey(factor)
    if (values.has(key)) continue
    const where = factor.where ? toJavaScript(factor.where, names).source : 'true'
    let name = wheres.get(where)
    if (!name) {
      name = `w${wheres.size}`
      wheres.set(where, name)
      lines.push(`  const ${name} = ${where}`)
    }
    const value = factor.value ? valueToJavaScript(factor.value, names).source : '1'
    values.set(key, `v${values.size}`)
    lines.push(`  const ${values.get(key)} = ${name} ? ${value} : NaN`)
  }
  const last = (key: string): string => values.get(key) ?? 'NaN'
  return { source: lines.join('\n'), last, addend: (column: Column): string => last(column.key) }
}

function totalSource(column: Column, value: string): string {
  const known = `${value} === ${value}`
  return column.kind === 'count'
    ? `  X[q++] = W[p++] + (${known} ? 1 : 0)`
    : `  ${addSource(column, 'W', 'p', 'X', 'q', value, known)}
  p += 2
  q += 2`
}

/** Adds to a sum of two words, from one place to another. */
function addSource(
  column: Column,
  from: string,
  at: string,
  to: string,
  toAt: string,
  value: string,
  known: string,
): string {
  if (column.kind === 'double') {
    return `D32[0] = ${from}[${at}]; D32[1] = ${from}[${at} + 1]; if (${known}) { D[0] += ${value} } ${to}[${toAt}] = D32[0]; ${to}[${toAt} + 1] = D32[1]`
  }
  return `x = ${long(from, at)}
  if (${known}) { x += ${value}; if (!(x >= -9007199254740991 && x <= 9007199254740991)) overflow() }
  ${storeLong(toAt, 'x')}`
}

function lastSource(value: string): string {
  return `  {
    const idBytes = W[p]
    let take = false
    if (${value} === ${value}) {
      const time = idBytes === 0 ? -1 : ${long('W', 'p + 1')}
      take = t > time || t === time && compareBytes(b, es, ee, W, p + 5, idBytes - 1) > 0
    }
    const end = p + (idBytes === 0 ? 1 : 5 + ((idBytes + 2) >> 2))
    if (take) {
      X[q] = ee - es + 1
      ${storeLong('q + 1', 't')}
      D[0] = ${value}
      X[q + 3] = D32[0]; X[q + 4] = D32[1]
      q = writeBytes(X, q + 5, b, es, ee)
    } else for (let i = p; i < end; i++) X[q++] = W[i]
    p = end
  }`
}

/** Where a ring's pane of the instant `t` is; the zone is that of the record in hand. */
export const paneOf = (ring: RingLayout, t: string): string =>
  ring.unit === 'day' ? `host.zone.civilDay(${t})` : `Math.floor(${t} / ${ring.unit})`

export const rowWords = (ring: RingLayout): number =>
  ring.columns.reduce((sum, column) => sum + (column.kind === 'count' ? 1 : 2), 0)

function ringSource(ring: RingLayout, addend: (column: Column) => string): string {
  const n = ring.panes
  const masks = Array.from({ length: maskWords(n) }, (_, i) => i)
  const row = rowWords(ring)
  const wanted = ring.columns
    .map((column) => (column.kind === 'count' ? known(addend(column)) : nonZero(addend(column))))
    .join(' || ')
  const copyRow = Array.from({ length: row }, (_, i) => `X[q + ${i}] = W[p + ${i}]`).join('; ')
  const zeroRow = Array.from({ length: row }, (_, i) => `X[q + ${i}] = 0`).join('; ')
  let offset = 0
  const adds = ring.columns.map((column) => {
    const at = `rowAt + ${offset}`
    offset += column.kind === 'count' ? 1 : 2
    const value = addend(column)
    return column.kind === 'count'
      ? `      if (${known(value)}) X[${at}]++`
      : `      if (${known(value)}) { ${addSource(column, 'X', at, 'X', at, value, 'true')} }`
  })
  // Bits of panes that fell out are cleared first: one that is filled anew by this very event keeps its bit, not its row.
  return `  {
    const pane = ${paneOf(ring, 't')}
    const top0 = W[p]
    ${masks.map((m) => `const o${m} = W[p + ${1 + m}]; let k${m} = o${m}`).join('; ')}
    let ringTop = top0
    if ((${masks.map((m) => `o${m}`).join(' | ')}) === 0) ringTop = pane
    else if (pane > top0) {
      if (pane - top0 >= ${n}) { ${masks.map((m) => `k${m} = 0`).join('; ')} }
      else {
        let bit = top0 % ${n}
        for (let i = pane - top0; i > 0; i--) {
          if (++bit === ${n}) bit = 0
          ${perMask(masks, 'bit', (m, b) => `k${m} &= ~(1 << ${b})`)}
        }
      }
      ringTop = pane
    }
    const hits = ringTop - pane < ${n} && (${wanted})
    const hit = pane % ${n}
    ${masks.map((m) => `let n${m} = k${m}`).join('; ')}
    if (hits) { ${perMask(masks, 'hit', (m, b) => `n${m} |= 1 << ${b}`)} }
    X[q] = ringTop
    ${masks.map((m) => `X[q + ${1 + m}] = n${m}`).join('; ')}
    p += ${1 + masks.length}
    q += ${1 + masks.length}
    let rowAt = -1
    ${masks
      .map(
        (
          m,
        ) => `for (let bits = o${m} | n${m}, mine = hits && hit >> 5 === ${m} ? 1 << (hit & 31) : 0; bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits
      if ((k${m} & bit) !== 0) { ${copyRow} }
      else if ((n${m} & bit) !== 0) { ${zeroRow} }
      if ((o${m} & bit) !== 0) p += ${row}
      if ((n${m} & bit) !== 0) {
        if (bit === mine) rowAt = q
        q += ${row}
      }
    }`,
      )
      .join('\n    ')}
    if (rowAt >= 0) {
${adds.join('\n')}
    }
  }`
}

const known = (value: string) => `${value} === ${value}`
const nonZero = (value: string) => `${value} < 0 || ${value} > 0`

function perMask(masks: readonly number[], bit: string, act: (mask: number, bit: string) => string): string {
  if (masks.length === 1) return act(0, bit)
  return masks.map((m) => `if (${bit} >> 5 === ${m}) ${act(m, `(${bit} & 31)`)}`).join('; else ')
}

/** Entries: low word, high word | number of events << 12, and the sum for all but counts. Ascending by time. */
function listSource(column: Column, value: string, length: number): string {
  const isCount = column.kind === 'count'
  const size = isCount ? 2 : 4
  const storeValue =
    column.kind === 'int'
      ? `x = ${value}; ${storeLong('q + 2', 'x')}`
      : column.kind === 'double'
        ? `D[0] = ${value}; X[q + 2] = D32[0]; X[q + 3] = D32[1]`
        : ''
  const put = `{
        ${storeLong('q', 't')}
        X[q + 1] |= 1 << 12
        ${storeValue}
        q += ${size}
        placed = true
        count++
      }`
  const merge = isCount ? '' : `mergeSums(X, first + 2, first + 6, ${column.kind === 'double'})`
  return `  {
    const cutoff = top - ${length}, countAt = q++
    let count = 0, placed = !(${known(value)}) || t <= cutoff
    for (let end = p + 1 + W[p++] * ${size}; p < end; p += ${size}) {
      const time = (W[p + 1] & 4095) * ${P32} + (W[p] >>> 0)
      if (time <= cutoff) continue
      if (!placed && time > t) ${put}
      ${Array.from({ length: size }, (_, i) => `X[q + ${i}] = W[p + ${i}]`).join('; ')}
      q += ${size}
      count++
    }
    if (!placed) ${put}
    if (count > ${listKept}) {
      const first = countAt + 1
      ${merge}
      X[first + ${size} + 1] = (X[first + ${size} + 1] & 4095) | Math.min(1048575, (X[first + 1] >>> 12) + (X[first + ${size} + 1] >>> 12)) << 12
      X.copyWithin(first, first + ${size}, q)
      q -= ${size}
      count--
      host.merged = true
    }
    X[countAt] = count
  }`
}

/** Words that a section may take at most, for the scratch array X. */
export function sectionBound(layout: SourceLayout): number {
  let words = 3 + 33 + 3 * (seenKept + 1) + 2 * layout.totals.length + 40 * layout.lasts.length
  for (const ring of layout.rings) words += 4 + ring.panes * rowWords(ring)
  return words + layout.lists.length * (1 + 4 * (listKept + 2))
}
