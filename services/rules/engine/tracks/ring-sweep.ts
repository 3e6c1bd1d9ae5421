import { readDouble } from '../words.ts'
import { isOneWord, knownSum, readCell } from './columns.ts'
import { paneClock } from './panes.ts'
import { type RingTrack, rank, ringLayout } from './ring.ts'
import type { Block, RecordInHand } from './track.ts'

/** A window that ends with the period of the instant. */
export interface SweptWindow {
  /** Place of a column that is a count or a sum. */
  readonly column: number
  readonly periods: number
  /** Where its value goes, from the place on that is given. */
  readonly place: number
}

/** As of `instant[1]`: the values of all windows go `into` their places, from `first` on. */
export type Sweep = (
  block: Block,
  instant: Float64Array,
  record: RecordInHand,
  into: Float64Array,
  first: number,
) => void

/**
 * Reads several windows of a ring in one pass: a longer one goes on where a shorter one ended. Gives what `readRing` gives
 * for each, in the same order of additions. Generated, as a ring mostly has a row or two: what doesn't depend on them would
 * cost more than they do.
 */
export function sweepRing(track: RingTrack, windows: readonly SweptWindow[]): Sweep {
  const key = JSON.stringify([track.parameters, windows])
  let sweep = made.get(key)
  if (!sweep) {
    const clock = paneClock(track.parameters.unit)
    const constants = { clock, readDouble, sweepLong: sweepLongRing(track, windows) }
    // The source holds numbers only.
    sweep = new Function(...Object.keys(constants), sourceOf(track, windows))(...Object.values(constants)) as Sweep
    if (made.size >= madeMost) made.clear()
    made.set(key, sweep)
  }
  return sweep
}

/** The same for all shards, so that an engine makes fast code of it once. */
const made = new Map<string, Sweep>()
const madeMost = 1_000

/**
 * `left`: rows not looked at yet, by the bits of the mask in hand; `before`: how many periods before the instant's that of
 * its lowest bit lies.
 */
function sourceOf({ parameters }: RingTrack, windows: readonly SweptWindow[]): string {
  const { unit, panes } = parameters
  const { short, head, longAt } = ringLayout(parameters)
  const masks = (panes + 31) >> 5
  const columns = [...new Set(windows.map(({ column }) => column))]
  const lengths = [...new Set(windows.map(({ periods }) => periods))].sort((a, b) => a - b)
  const adds = columns.map((column) => {
    const cell = `cell + ${short.offsets[column]}`
    return `sum_${column} += ${isOneWord(short.codes[column] as number) ? `words[${cell}]` : `readDouble(words, ${cell})`}`
  })
  const nextMask = `while (left === 0 && mask < at + ${masks}) { left = words[++mask]; before += 32 }`
  const next = `left &= left - 1; cell += ${short.words}${masks > 1 ? `; ${nextMask}` : ''}`
  const age = 'before + 31 - Math.clz32(left & -left)'
  const passes = lengths.map((periods) => {
    const ended = windows.filter((window) => window.periods === periods)
    return `while (left !== 0 && ${age} < ${periods}) { ${adds.join('; ')}; ${next} }
${ended.map(({ column, place }) => `into[first + ${place}] = sum_${column}`).join('\n')}`
  })
  return `'use strict'
return function sweep(block, instant, record, into, first) {
const words = block.words, at = block.at
if (at < 0) {
${windows.map(({ place }) => `into[first + ${place}] = 0`).join('\n')}
return
}
${longAt ? `if ((words[at + ${longAt.word}] & ${longAt.bit}) !== 0) { sweepLong(block, instant, record, into, first); return }` : ''}
const pane = ${typeof unit === 'number' ? `Math.floor(instant[1] / ${unit})` : 'clock.paneOf(instant[1], record)'}
let before = (pane - words[at]) | 0, left = words[at + 1], mask = at + 1, cell = at + ${head}
let ${columns.map((column) => `sum_${column} = 0`).join(', ')}
${masks > 1 ? nextMask : ''}
while (left !== 0 && ${age} < 0) { ${next} }
${passes.join('\n')}
}`
}

/** The same of a ring whose sums of whole numbers have two words each. */
function sweepLongRing(track: RingTrack, windows: readonly SweptWindow[]): Sweep {
  const { unit, panes } = track.parameters
  const { long, head } = ringLayout(track.parameters)
  const ordered = [...windows].sort((a, b) => a.column - b.column || a.periods - b.periods)
  const clock = paneClock(unit)
  return (block, instant, record, into, first) => {
    const { words, at } = block
    const masks = at + 1
    // Panes of the ring that begin after the instant's.
    const ahead = (words[at] as number) - clock.paneOf(instant[1] as number, record)
    const from = Math.min(panes, Math.max(0, ahead))
    const skipped = rank(words, masks, from)
    let column = -1
    let code = 0
    let rows = 0
    let cell = 0
    let sum = 0
    for (const window of ordered) {
      if (window.column !== column) {
        column = window.column
        code = long.codes[column] as number
        rows = skipped
        cell = at + head + skipped * long.words + (long.offsets[column] as number)
        sum = 0
      }
      const to = Math.min(panes, ahead + window.periods)
      const until = to <= from ? skipped : rank(words, masks, to)
      for (; rows < until; rows++, cell += long.words) sum += readCell(code, words, cell)
      into[first + window.place] = knownSum(code, sum)
    }
  }
}
