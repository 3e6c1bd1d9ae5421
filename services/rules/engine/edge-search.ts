import { searchLadder } from './ladder-search.ts'
import type { Ladder } from './ladders.ts'
import type { LineSearch } from './line-search.ts'
import type { RuleHost } from './rule-host.ts'
import { latches } from './rule-states.ts'

/** An edge whose condition is that a number is from `low` to `high`. */
export interface EdgeLine {
  readonly rule: number
  readonly low: number
  readonly high: number
  /** From where to where it is armed again, apart from where it is true; undefined: it needn't be. */
  readonly rearm: { readonly low: number; readonly high: number } | undefined
  /** A first value that is true is a crossing, too. */
  readonly initial: boolean
}

/**
 * Moves the edges that a value (NaN: unknown) moves, and tells the host of those that may cross. A ladder costs a search for
 * the value; latches lie side by side: sixteen of them that stand where they would stand after the look cost a comparison.
 */
export function searchEdges(lines: readonly EdgeLine[], ladders: readonly Ladder[], host: RuleHost): LineSearch {
  // Where edges stand is known when the first value comes.
  let searches: readonly LineSearch[] | undefined
  return (value, at) => {
    if (Number.isNaN(value)) return
    searches ??= searchesOf(lines, ladders, host)
    for (let i = 0; i < searches.length; i++) (searches[i] as LineSearch)(value, at)
  }
}

function searchesOf(lines: readonly EdgeLine[], ladders: readonly Ladder[], host: RuleHost): readonly LineSearch[] {
  const wordOf = ({ rule }: EdgeLine) => host.edgePlaceOf(rule).word
  const own = lines.filter(({ rule }) => !host.edgePlaceOf(rule).isInLadder)
  const latched = [...Map.groupBy(own, wordOf)].sort(([a], [b]) => a - b)
  const climbed = ladders.filter(([lowest]) => lowest !== undefined && lines.includes(lowest))
  return [
    ...latched.map(([word, edges]) => {
      const latchWord = new LatchWord(word, edges, host)
      return (value: number, at: number) => latchWord.look(value, at)
    }),
    ...climbed.map((ladder) => searchLadder(ladder, wordOf(ladder[0] as EdgeLine), host)),
  ]
}

/** The edges among some whose latches are in one word. */
class LatchWord {
  private readonly word: number
  private readonly host: RuleHost
  private readonly lines: readonly OwnLine[]
  /** Bits of the latches; those of `below`, and those where each stands once it was true. */
  private readonly mask: number
  private readonly below: number
  private readonly above: number
  /** Of some the first value may cross. */
  private readonly isInitial: boolean
  /** From where to where all are true. */
  private readonly allFrom: number
  private readonly allTo: number
  /** Below and above which none is. */
  private readonly noneBelow: number
  private readonly noneAbove: number

  constructor(word: number, lines: readonly EdgeLine[], host: RuleHost) {
    this.word = word
    this.host = host
    this.lines = lines.map((line) => ({ ...line, shift: host.edgePlaceOf(line.rule).shift }))
    const bits = (latchOf: (line: EdgeLine) => number): number =>
      this.lines.reduce((sum, line) => sum | (latchOf(line) << line.shift), 0)
    this.mask = bits(() => 3)
    this.below = bits(() => latches.below)
    this.above = bits(trueLatch)
    this.isInitial = lines.some(({ initial }) => initial)
    this.allFrom = lines.reduce((most, { low }) => Math.max(most, low), Number.NEGATIVE_INFINITY)
    this.allTo = lines.reduce((least, { high }) => Math.min(least, high), Number.POSITIVE_INFINITY)
    this.noneBelow = lines.reduce((least, { low }) => Math.min(least, low), Number.POSITIVE_INFINITY)
    this.noneAbove = lines.reduce((most, { high }) => Math.max(most, high), Number.NEGATIVE_INFINITY)
  }

  look(value: number, at: number): void {
    const { host, mask } = this
    const { states } = host
    const now = states.at < 0 ? 0 : (states.words[states.at + this.word] as number) & mask
    const areAllTrue = value >= this.allFrom && value <= this.allTo
    if (host.isBefore) {
      if (!areAllTrue && (now & highBits) !== 0) this.each(now, value, at)
      return
    }
    if (areAllTrue) {
      if (now === this.above) return
      if (now === 0 && !this.isInitial) {
        host.setLatches(this.word, mask, this.above)
        return
      }
    } else if (value < this.noneBelow || value > this.noneAbove) {
      if (now === this.below) return
      const someSpent = (now & (now >>> 1) & lowBits) !== 0
      if (!someSpent) {
        host.setLatches(this.word, mask, this.below)
        return
      }
    }
    this.each(now, value, at)
  }

  /** Latches are set in one go; of those that cross to true the host decides. */
  private each(now: number, value: number, at: number): void {
    const { host, lines } = this
    let next = now
    let crossing = false
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as OwnLine
      const { low, high, rearm, shift } = line
      const latch = (now >>> shift) & 3
      const isTrue = value >= low && value <= high
      if (host.isBefore && latch < latches.above) continue
      // What fired waits until it is armed.
      if (latch === latches.spent && !(rearm !== undefined && value >= rearm.low && value <= rearm.high)) continue
      if (isTrue && mayCross(line, latch)) crossing = true
      else next = (next & ~(3 << shift)) | ((isTrue ? trueLatch(line) : latches.below) << shift)
    }
    if (next !== now) host.setLatches(this.word, this.mask, next)
    if (crossing) this.cross(now, value, at)
  }

  private cross(before: number, value: number, at: number): void {
    const { host, lines } = this
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as OwnLine
      if (!(value >= line.low && value <= line.high) || !mayCross(line, (before >>> line.shift) & 3)) continue
      host.evaluations++
      host.edge(line.rule, at, 1, line.rearm === undefined ? Number.NaN : 0)
    }
  }
}

/** The lower bit of each latch; the upper one, which says that the condition was true. */
const lowBits = 0x55555555
const highBits = 0xaaaaaaaa

type OwnLine = EdgeLine & { readonly shift: number }

/** Whether a condition that becomes true may be a crossing. */
const mayCross = ({ initial }: EdgeLine, latch: number): boolean =>
  latch === latches.below || (latch === latches.unknown && initial)

const trueLatch = ({ rearm }: EdgeLine): number => (rearm ? latches.spent : latches.above)
