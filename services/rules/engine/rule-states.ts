import type { Block } from './tracks/track.ts'

/**
 * What a record remembers of rules and calendar timers beside tracks and patterns. Words of the block:
 *   latches: two bits for each rule with an edge of its own, sixteen a word, always all of them;
 *   ladders: a word for each (see `Ladder`), always all of them: 0 until a value is known, then 1 | how many of its edges are true << 1;
 *   entries of two words: low word of a time; high 12 bits of it | kind (lower 2 bits) << 12 | number << 14 | kind (bit 2) << 31.
 * A block with no latch set and no entry doesn't exist.
 */
export type StateKind = keyof typeof kinds

const kinds = {
  /** Last firing, by rule. */
  fired: 0,
  /** It happened before it could be told (warm-up, known history), by rule. */
  remembered: 1,
  /** Local date (day number) that a calendar timer waits for, by timer. */
  due: 2,
  /** Firings before the last, several a rule: late events may come near them, or they are on the log and may come again. */
  earlier: 3,
  /** The newest moment that was told of a rule with `until`, and whose reason has not ended since. */
  told: 4,
  /** The newest event that ends what a rule tells. */
  ended: 5,
  /** No moment that was told, and stands, is of before this; kept where there may be another beside the newest. */
  toldSince: 6,
} as const
const kindNames = [
  'fired',
  'remembered',
  'due',
  'earlier',
  'told',
  'ended',
  'toldSince',
] as const satisfies readonly StateKind[]

/** Where an edge stands: its condition was never known, was false, was true, or fired and waits for `rearm`. */
export const latches = { unknown: 0, below: 1, above: 2, spent: 3 } as const

const two32 = 4_294_967_296
const numberMask = 0x1ffff
/** Kind and number without the time, in 20 bits. `number`: 0 .. 2^17 - 1. */
const placeOf = (kind: StateKind, number: number): number =>
  (kinds[kind] & 3) | (number << 2) | ((kinds[kind] >> 2) << 19)
const kindOf = (high: number): number => ((high >>> 12) & 3) | ((high >>> 31) << 2)
const numberOf = (high: number): number => (high >>> 14) & numberMask

/** How a block says where edges stand, which are numbered: first those with a latch, then those of each ladder. */
export interface EdgeNumbers {
  readonly latches: number
  /** How many edges each has. */
  readonly ladders: readonly number[]
}

const latchWords = ({ latches }: EdgeNumbers): number => (latches + 15) >> 4
/** Words of latches and ladders, before the entries. */
export const edgeWords = (edges: EdgeNumbers): number => latchWords(edges) + edges.ladders.length

/** The word that says where an edge stands; of one with a latch the latch's first bit. */
export interface EdgePlace {
  readonly word: number
  readonly shift: number
  readonly isInLadder: boolean
}

/** Where edges stand, by their numbers. */
export function placesOf(edges: EdgeNumbers): readonly EdgePlace[] {
  const own = Array.from({ length: edges.latches }, (_, edge) => ({
    word: edge >> 4,
    shift: (edge & 15) << 1,
    isInLadder: false,
  }))
  const shared = edges.ladders.flatMap((length, ladder) =>
    Array.from({ length }, () => ({ word: latchWords(edges) + ladder, shift: 0, isInLadder: true })),
  )
  return [...own, ...shared]
}

/** What is set in an edge's word while its condition is true; in a ladder while any is. */
export const standingMask = ({ shift, isInLadder }: EdgePlace): number => (isInLadder ? ~1 : latches.above << shift)

/** A ladder's word; `count` of its edges are true. */
export const ladderWord = (count: number): number => 1 | (count << 1)
/** How many are true by a ladder's word, which is not 0. */
export const trueInLadder = (word: number): number => word >>> 1

export function latchOf(block: Block, edge: number): number {
  if (block.at < 0) return latches.unknown
  return ((block.words[block.at + (edge >> 4)] as number) >>> ((edge & 15) << 1)) & 3
}

/** `front`: words before the entries, see `edgeWords`. */
export function setLatch(block: Block, front: number, edge: number, latch: number): void {
  if (block.at < 0) block.resize(0, front)
  const at = block.at + (edge >> 4)
  const shift = (edge & 15) << 1
  block.words[at] = ((block.words[at] as number) & ~(3 << shift)) | (latch << shift)
}

/** Those in `mask` of the sixteen latches of a word become as in `latches`. */
export function setLatches(block: Block, front: number, word: number, mask: number, latches: number): void {
  if (block.at < 0) block.resize(0, front)
  const at = block.at + word
  block.words[at] = ((block.words[at] as number) & ~mask) | latches
}

/** The time (or day number) that is kept; -1: none. */
export function stateOf(block: Block, front: number, kind: StateKind, number: number): number {
  const offset = find(block, front, kind, number)
  return offset < 0 ? -1 : timeAt(block.words, block.at + offset)
}

/** The times of a kind by their numbers, all at once; -1: none. `into`: longer than the greatest number. */
export function statesOf(block: Block, front: number, kind: StateKind, into: Float64Array): Float64Array {
  into.fill(-1)
  const { words, at, length } = block
  if (at < 0) return into
  for (let offset = front; offset < length; offset += 2) {
    const high = words[at + offset + 1] as number
    if (kindOf(high) === kinds[kind]) into[numberOf(high)] = timeAt(words, at + offset)
  }
  return into
}

/** `time`: 0 .. 2^44 - 1. */
export function setState(block: Block, front: number, kind: StateKind, number: number, time: number): void {
  const offset = find(block, front, kind, number)
  if (offset < 0) addState(block, front, kind, number, time)
  else write(block, offset, kind, number, time)
}

/** One time more of a kind that keeps several. */
export function addState(block: Block, front: number, kind: StateKind, number: number, time: number): void {
  if (block.at < 0) block.resize(0, front)
  const offset = block.length
  block.resize(offset, 2)
  write(block, offset, kind, number, time)
}

function write(block: Block, offset: number, kind: StateKind, number: number, time: number): void {
  const at = block.at + offset
  block.words[at] = (time - Math.floor(time / two32) * two32) | 0
  block.words[at + 1] = Math.floor(time / two32) | (placeOf(kind, number) << 12)
}

/** Forgets what is kept, or one of several times. Returns whether there was any. */
export function clearState(block: Block, front: number, kind: StateKind, number: number, time?: number): boolean {
  let offset = find(block, front, kind, number)
  while (offset >= 0 && time !== undefined && timeAt(block.words, block.at + offset) !== time) {
    offset = find(block, front, kind, number, offset + 2)
  }
  if (offset < 0) return false
  remove(block, front, offset)
  return true
}

/** Whether one of several times lies less than `length` from `time`. */
export function isNear(
  block: Block,
  front: number,
  kind: StateKind,
  number: number,
  time: number,
  length: number,
): boolean {
  let offset = find(block, front, kind, number)
  while (offset >= 0 && Math.abs(timeAt(block.words, block.at + offset) - time) >= length) {
    offset = find(block, front, kind, number, offset + 2)
  }
  return offset >= 0
}

/** Forgets those of several times that are not after `time`. */
export function dropStates(block: Block, front: number, kind: StateKind, number: number, time: number): void {
  let offset = find(block, front, kind, number)
  while (offset >= 0) {
    const isKept = timeAt(block.words, block.at + offset) > time
    if (!isKept) remove(block, front, offset)
    offset = find(block, front, kind, number, isKept ? offset + 2 : offset)
  }
}

function remove(block: Block, front: number, offset: number): void {
  block.resize(offset, -2)
  if (block.length > front) return
  for (let i = 0; i < block.length; i++) if (block.words[block.at + i] !== 0) return
  block.resize(0, -block.length)
}

function find(block: Block, front: number, kind: StateKind, number: number, from = front): number {
  const { words, at, length } = block
  if (at < 0) return -1
  const wanted = placeOf(kind, number)
  for (let offset = from; offset < length; offset += 2) {
    if ((words[at + offset + 1] as number) >>> 12 === wanted) return offset
  }
  return -1
}

/** Puts the time of each rule's last firing into its place in `times`; `undo`: -1 in place of it. */
export function lastFirings(block: Block, front: number, times: Float64Array, undo = false): void {
  const { words, at, length } = block
  if (at < 0) return
  for (let offset = front; offset < length; offset += 2) {
    const high = words[at + offset + 1] as number
    if (kindOf(high) === kinds.fired) times[numberOf(high)] = undo ? -1 : timeAt(words, at + offset)
  }
}

const timeAt = (words: Int32Array, at: number): number =>
  ((words[at + 1] as number) & 0xfff) * two32 + ((words[at] as number) >>> 0)

/** The same as objects, by numbers. */
export interface PlainStates {
  readonly latches: readonly { readonly edge: number; readonly latch: number }[]
  readonly entries: readonly { readonly kind: StateKind; readonly number: number; readonly time: number }[]
}

/** Of `length` words at `at`. */
export function readStates(words: Int32Array, at: number, length: number, edges: EdgeNumbers): PlainStates {
  const held = Array.from({ length: length === 0 ? 0 : edges.latches }, (_, edge) => ({
    edge,
    latch: ((words[at + (edge >> 4)] as number) >>> ((edge & 15) << 1)) & 3,
  }))
  let edge = edges.latches
  for (const [ladder, count] of edges.ladders.entries()) {
    const word = length === 0 ? 0 : (words[at + latchWords(edges) + ladder] as number)
    for (let step = 0; step < count; step++, edge++) {
      if (word !== 0) held.push({ edge, latch: step < trueInLadder(word) ? latches.above : latches.below })
    }
  }
  const entries: { kind: StateKind; number: number; time: number }[] = []
  for (let offset = edgeWords(edges); offset < length; offset += 2) {
    const high = words[at + offset + 1] as number
    const kind = kindNames[kindOf(high)]
    if (kind) entries.push({ kind, number: numberOf(high), time: timeAt(words, at + offset) })
  }
  return { latches: held.filter(({ latch }) => latch !== latches.unknown), entries }
}

/** Writes them for a ruleset with such edges; nothing where there is nothing. Returns the words written. */
export function writeStates(states: PlainStates, edges: EdgeNumbers, words: Int32Array, at: number): number {
  if (states.latches.length === 0 && states.entries.length === 0) return 0
  const front = edgeWords(edges)
  words.fill(0, at, at + front)
  const byEdge = new Map(states.latches.map(({ edge, latch }) => [edge, latch]))
  for (const [edge, latch] of byEdge) {
    if (edge >= edges.latches) continue
    const word = at + (edge >> 4)
    words[word] = (words[word] as number) | (latch << ((edge & 15) << 1))
  }
  let edge = edges.latches
  for (const [ladder, count] of edges.ladders.entries()) {
    const own = Array.from({ length: count }, (_, step) => byEdge.get(edge + step) ?? latches.unknown)
    words[at + latchWords(edges) + ladder] = wordOfLadder(own)
    edge += count
  }
  let p = at + front
  for (const { kind, number, time } of states.entries) {
    words[p] = (time - Math.floor(time / two32) * two32) | 0
    words[p + 1] = Math.floor(time / two32) | (placeOf(kind, number) << 12)
    p += 2
  }
  return p - at
}

/** 0 also for what no ladder can be, of which some latches are unknown or a lower step is false and a higher one true. */
function wordOfLadder(own: readonly number[]): number {
  const count = own.filter((latch) => latch === latches.above).length
  const isWhole = own.every((latch, step) => latch === (step < count ? latches.above : latches.below))
  return isWhole ? ladderWord(count) : 0
}
