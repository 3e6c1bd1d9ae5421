import { readLong, wordsFor, writeLong } from '../words.ts'
import { type IdPool, idBytes, type MarkList } from './mark-list.ts'
import type { NumbersInUse } from './numbers-in-use.ts'
import type { PatternLayout } from './pattern-layout.ts'
import type { PatternState } from './pattern-state.ts'

/*
 * The section of a record: blocks one after the other, each with a word at its front. What is empty has no block.
 *
 *   marks of a role        role | marks << 16
 *     each mark            time, with its tag in the upper 20 bits: type | bytes of the id << 4;
 *                          2 words of key if the role is keyed; the id's bytes
 *   state of a pattern     pattern | 1 << 31, then fired | waiting << 10 | decided << 20
 *     each instant fired   time, with its tag (1: refused, 2: found on the log) | has a key << 15; 2 words of it
 *     each that waits      time, with its tag: type | bytes of the id << 4 | has a deadline of its own << 14;
 *                          2 words of key if the pattern is keyed; 2 of the chain's begin if several events make it;
 *                          2 of the deadline of its own; the id's bytes
 *     each decided         deadline; 2 words of key if the pattern is keyed
 */
const patternBlock = 1 << 31
const numberMask = 0xffff
const deadlineFlag = 1 << 14
const keyFlag = 1 << 15
const tagShift = 12

/** Where what is read goes; undefined: it is passed over. */
interface BookContent {
  useRole(role: number): MarkList | undefined
  usePattern(pattern: number): Partial<Pick<PatternState, 'fired' | 'waiting' | 'decided'>> | undefined
}

export function readBook(
  layout: PatternLayout,
  words: Int32Array,
  start: number,
  length: number,
  pool: IdPool,
  content: BookContent,
): void {
  const end = start + length
  let p = start
  while (p < end) {
    const front = words[p++] as number
    const number = front & numberMask
    if (front >= 0) {
      const keyed = layout.roles[number]?.keyed ?? false
      p = readMarks(words, p, front >>> 16, keyed, false, content.useRole(number), pool)
    } else {
      const counts = words[p++] as number
      const keyed = layout.patterns[number]?.keyed ?? false
      const several = layout.patterns[number]?.several ?? false
      const state = content.usePattern(number)
      p = readMarks(words, p, counts & 1023, false, false, state?.fired, pool)
      p = readMarks(words, p, (counts >>> 10) & 1023, keyed, several, state?.waiting, pool)
      p = readMarks(words, p, counts >>> 20, keyed, false, state?.decided, pool)
    }
  }
}

function readMarks(
  words: Int32Array,
  start: number,
  count: number,
  keyed: boolean,
  several: boolean,
  list: MarkList | undefined,
  pool: IdPool,
): number {
  let p = start
  for (let i = 0; i < count; i++) {
    const high = words[p + 1] as number
    const packed = high >>> tagShift
    const tag = packed & ~(deadlineFlag | keyFlag)
    const isKeyed = keyed || (packed & keyFlag) !== 0
    const bytes = wordsFor(idBytes(tag))
    const at = p
    p += 2 + (isKeyed ? 2 : 0) + (several ? 2 : 0) + ((packed & deadlineFlag) !== 0 ? 2 : 0) + bytes
    if (list === undefined) continue
    const time = (high & ((1 << tagShift) - 1)) * 4_294_967_296 + ((words[at] as number) >>> 0)
    let q = at + 2
    let keyLow = 0
    let keyHigh = 0
    if (isKeyed) {
      keyLow = words[q] as number
      keyHigh = words[q + 1] as number
      q += 2
    }
    const id = pool.reserve(idBytes(tag))
    list.insert(i, time, keyLow, keyHigh, tag, id)
    if (several) {
      list.firsts[i] = readLong(words, q)
      q += 2
    }
    if ((packed & deadlineFlag) !== 0) {
      list.deadlines[i] = readLong(words, q)
      q += 2
    }
    for (let k = 0; k < bytes; k++) pool.words[id + k] = words[q + k] as number
  }
  return p
}

export function sizeOf(
  layout: PatternLayout,
  roles: NumbersInUse,
  patterns: NumbersInUse,
  lists: readonly (MarkList | undefined)[],
  states: readonly (PatternState | undefined)[],
): number {
  let size = 0
  for (let i = 0; i < roles.count; i++) {
    const role = roles.at(i)
    const list = lists[role]
    if (list === undefined || list.count === 0) continue
    size += 1 + wordsOf(list, layout.roles[role]?.keyed ?? false, false)
  }
  for (let i = 0; i < patterns.count; i++) {
    const pattern = patterns.at(i)
    const state = states[pattern]
    if (state === undefined || state.isEmpty) continue
    const { keyed = false, several = false } = layout.patterns[pattern] ?? {}
    size += 2 + wordsOf(state.fired, false, false) + wordsOf(state.waiting, keyed, several)
    size += wordsOf(state.decided, keyed, false)
  }
  return size
}

function wordsOf(list: MarkList, keyed: boolean, several: boolean): number {
  let size = list.count * (2 + (keyed ? 2 : 0) + (several ? 2 : 0))
  for (let i = 0; i < list.count; i++) {
    size += wordsFor(idBytes(list.tags[i] as number)) + (hasDeadline(list, i) ? 2 : 0)
    if (!keyed && hasKey(list, i)) size += 2
  }
  return size
}

const hasKey = (list: MarkList, i: number): boolean => !list.isOf(i, 0, 0)
const hasDeadline = (list: MarkList, i: number): boolean => !Number.isNaN(list.deadlines[i] as number)

export function writeBook(
  layout: PatternLayout,
  roles: NumbersInUse,
  patterns: NumbersInUse,
  lists: readonly (MarkList | undefined)[],
  states: readonly (PatternState | undefined)[],
  pool: IdPool,
  words: Int32Array,
  start: number,
): void {
  let p = start
  for (let i = 0; i < roles.count; i++) {
    const role = roles.at(i)
    const list = lists[role]
    if (list === undefined || list.count === 0) continue
    words[p++] = role | (list.count << 16)
    p = writeMarks(words, p, layout.roles[role]?.keyed ?? false, false, list, pool)
  }
  for (let i = 0; i < patterns.count; i++) {
    const pattern = patterns.at(i)
    const state = states[pattern]
    if (state === undefined || state.isEmpty) continue
    const { keyed = false, several = false } = layout.patterns[pattern] ?? {}
    words[p++] = pattern | patternBlock
    words[p++] = state.fired.count | (state.waiting.count << 10) | (state.decided.count << 20)
    p = writeMarks(words, p, false, false, state.fired, pool)
    p = writeMarks(words, p, keyed, several, state.waiting, pool)
    p = writeMarks(words, p, keyed, false, state.decided, pool)
  }
}

function writeMarks(
  words: Int32Array,
  start: number,
  keyed: boolean,
  several: boolean,
  list: MarkList,
  pool: IdPool,
): number {
  let p = start
  for (let i = 0; i < list.count; i++) {
    const tag = list.tags[i] as number
    const own = hasDeadline(list, i)
    const ownKey = !keyed && hasKey(list, i)
    writeLong(words, p, list.times[i] as number)
    const flags = (own ? deadlineFlag : 0) | (ownKey ? keyFlag : 0)
    words[p + 1] = (words[p + 1] as number) | ((tag | flags) << tagShift)
    p += 2
    if (keyed || ownKey) {
      words[p] = list.lows[i] as number
      words[p + 1] = list.highs[i] as number
      p += 2
    }
    if (several) {
      writeLong(words, p, list.firsts[i] as number)
      p += 2
    }
    if (own) {
      writeLong(words, p, list.deadlines[i] as number)
      p += 2
    }
    const id = list.ids[i] as number
    for (let k = wordsFor(idBytes(tag)), from = id; k > 0; k--) words[p++] = pool.words[from++] as number
  }
  return p
}
