import { entryOffsets, entryText, entryWords } from './tracks/entries.ts'
import type { RecentTrack } from './tracks/recent.ts'
import type { Read } from './tracks/track.ts'
import { readDouble, readLong } from './words.ts'

/** Values of the newest events in hand, ascending. */
const values = new Float64Array(64)

/**
 * Over the values of the newest `events` events: how many different ones, entropy in bits, the share of the most frequent,
 * or the most frequent (ties: the least). All but the first are unknown over nothing.
 */
export function readLastValues(
  track: RecentTrack,
  aggregate: 'distinct' | 'entropy' | 'top-share' | 'mode',
  events: number,
): Read {
  const { content } = track.parameters
  return (block, at) => {
    let count = 0
    let seen = 0
    for (let p = block.at, end = p + block.length; block.at >= 0 && p < end && seen < events; ) {
      const value = readDouble(block.words, p + 2)
      if (readLong(block.words, p) <= at) {
        seen++
        if (!Number.isNaN(value)) insert(value, count++)
      }
      p += entryWords(content, block.words, p)
    }
    return aggregateOf(aggregate, count)
  }
}

/** The most frequent text of the newest `events` events, at most 64 bytes of it; undefined over nothing. */
export function lastValuesText(track: RecentTrack, events: number): (...of: Parameters<Read>) => string | undefined {
  const mode = readLastValues(track, 'mode', events)
  return (block, at, record) => {
    const value = mode(block, at, record)
    const { words } = block
    const held = entryOffsets(track.parameters.content, block).find(
      (p) => readDouble(words, block.at + p + 2) === value,
    )
    return held === undefined ? undefined : entryText(words, block.at + held)
  }
}

function insert(value: number, count: number): void {
  let i = count
  for (; i > 0 && (values[i - 1] as number) > value; i--) values[i] = values[i - 1] as number
  values[i] = value
}

function aggregateOf(aggregate: 'distinct' | 'entropy' | 'top-share' | 'mode', count: number): number {
  let distinct = 0
  let entropy = 0
  let top = 0
  let mode = Number.NaN
  for (let i = 0; i < count; ) {
    const value = values[i] as number
    const from = i
    while (i < count && values[i] === value) i++
    const share = (i - from) / count
    distinct++
    entropy -= share * Math.log2(share)
    if (share > top) {
      top = share
      mode = value
    }
  }
  if (aggregate === 'distinct') return distinct
  if (count === 0) return Number.NaN
  return aggregate === 'entropy' ? entropy : aggregate === 'top-share' ? top : mode
}
