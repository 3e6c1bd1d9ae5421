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
 * for each, in the same order of additions.
 */
export function sweepRing(track: RingTrack, windows: readonly SweptWindow[]): Sweep {
  const { unit, panes } = track.parameters
  const { short, long, head, isLong } = ringLayout(track.parameters)
  const ordered = [...windows].sort((a, b) => a.column - b.column || a.periods - b.periods)
  const columns = Int32Array.from(ordered, ({ column }) => column)
  const periods = Int32Array.from(ordered, (window) => window.periods)
  const places = Int32Array.from(ordered, ({ place }) => place)
  const clock = paneClock(unit)
  return (block, instant, record, into, first) => {
    if (block.at < 0) {
      for (let i = 0; i < places.length; i++) into[first + (places[i] as number)] = 0
      return
    }
    const { words, at } = block
    const masks = at + 1
    // Panes of the ring that begin after the instant's.
    const ahead = (words[at] as number) - clock.paneOf(instant[1] as number, record)
    const from = Math.min(panes, Math.max(0, ahead))
    const skipped = from === 0 ? 0 : rank(words, masks, from)
    const { words: row, codes, offsets } = isLong(words, at) ? long : short
    let column = -1
    let code = 0
    let rows = 0
    let cell = 0
    let sum = 0
    for (let i = 0; i < places.length; i++) {
      if (columns[i] !== column) {
        column = columns[i] as number
        code = codes[column] as number
        rows = skipped
        cell = at + head + skipped * row + (offsets[column] as number)
        sum = 0
      }
      const to = Math.min(panes, ahead + (periods[i] as number))
      const until = to <= from ? skipped : rank(words, masks, to)
      if (isOneWord(code)) for (; rows < until; rows++, cell += row) sum += words[cell] as number
      else for (; rows < until; rows++, cell += row) sum += readCell(code, words, cell)
      into[first + (places[i] as number)] = knownSum(code, sum)
    }
  }
}
