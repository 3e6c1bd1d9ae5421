import type { RuleHost } from './rule-host.ts'
import { lastFirings } from './rule-states.ts'

/** A rule that may be true while a number is from `low` to `high`. */
export interface Line {
  readonly rule: number
  readonly low: number
  readonly high: number
  /** What else must hold; undefined: nothing, it is true. */
  readonly rest: (() => boolean) | undefined
}

/** Looks at the rules that may be true of a value (NaN: unknown), and tells the host of those that are and may fire, as of `at`. */
export type LineSearch = (value: number, at: number) => void

/** Keeps rules by their lines, so that a value costs what the rules cost within whose limits it is. */
export function searchLines(lines: readonly Line[], host: RuleHost): LineSearch {
  const isBelow = ({ low }: Line) => low === Number.NEGATIVE_INFINITY
  const isAbove = ({ high }: Line) => high === Number.POSITIVE_INFINITY
  const from = new Stairs(lines.filter((line) => isAbove(line) && !isBelow(line)))
  const between = new Stairs(lines.filter((line) => !isAbove(line) && !isBelow(line)))
  // Of limits from above, the whole turned round: so that each has a first step.
  const to = new Stairs(lines.filter(isBelow).map((line) => ({ ...line, low: -line.high, high: -line.low })))
  const found = new Int32Array(lines.length)
  const times = new Float64Array(1 + lines.reduce((most, { rule }) => Math.max(most, rule), 0)).fill(-1)
  return (value, at) => {
    let count = from.collect(value, host, found, 0)
    count = between.collect(value, host, found, count)
    count = to.collect(-value, host, found, count)
    count = openAmong(found, count, at, host, times)
    inOrder(found, count)
    for (let i = 0; i < count; i++) host.fire(found[i] as number, at)
  }
}

/**
 * Leaves those that may fire; returns how many. A condition stays true for long, and so most are shut by their last firing:
 * of many of them the times are read in one go.
 */
function openAmong(rules: Int32Array, count: number, at: number, host: RuleHost, times: Float64Array): number {
  let n = 0
  if (count <= fewMost) {
    for (let i = 0; i < count; i++) if (host.mayFire(rules[i] as number, at)) rules[n++] = rules[i] as number
    return n
  }
  lastFirings(host.states, host.edgeWords, times)
  for (let i = 0; i < count; i++) {
    const rule = rules[i] as number
    const last = times[rule] as number
    if (last < 0 || host.isOpenAgain(rule, last, at)) rules[n++] = rule
  }
  lastFirings(host.states, host.edgeWords, times, true)
  return n
}

/** Mostly few, and nearly in order. */
function inOrder(rules: Int32Array, count: number): void {
  if (count > sortedMost) {
    rules.subarray(0, count).sort()
    return
  }
  for (let i = 1; i < count; i++) {
    const rule = rules[i] as number
    let j = i
    for (; j > 0 && (rules[j - 1] as number) > rule; j--) rules[j] = rules[j - 1] as number
    rules[j] = rule
  }
}

/** Lines by their lower limits. */
class Stairs {
  private readonly rules: Int32Array
  private readonly lows: Float64Array
  private readonly highs: Float64Array
  /** Greatest upper limit of a line and of all before it: where it is below a value, nobody further down reaches up to that. */
  private readonly reach: Float64Array
  private readonly rests: readonly (() => boolean)[]

  constructor(lines: readonly Line[]) {
    const sorted = [...lines].sort((a, b) => a.low - b.low || a.high - b.high || a.rule - b.rule)
    this.rules = Int32Array.from(sorted, ({ rule }) => rule)
    this.lows = Float64Array.from(sorted, ({ low }) => low)
    this.highs = Float64Array.from(sorted, ({ high }) => high)
    this.rests = sorted.map(({ rest }) => rest ?? always)
    let most = Number.NEGATIVE_INFINITY
    this.reach = Float64Array.from(sorted, ({ high }) => {
      most = Math.max(most, high)
      return most
    })
  }

  /** Puts the rules that are true of a value into `found`, from a place on; returns the place behind them. */
  collect(value: number, host: RuleHost, found: Int32Array, count: number): number {
    const { rules, highs, reach, rests } = this
    let n = count
    let looked = 0
    for (let i = countTo(this.lows, value) - 1; i >= 0 && (reach[i] as number) >= value; i--) {
      if ((highs[i] as number) < value) continue
      looked++
      const rest = rests[i] as () => boolean
      if (rest === always || rest()) found[n++] = rules[i] as number
    }
    host.evaluations += looked
    return n
  }
}

/** How many of ascending numbers are a value or below it; of an unknown one none. */
export function countTo(ascending: Float64Array, value: number): number {
  let from = 0
  let to = ascending.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((ascending[middle] as number) <= value) from = middle + 1
    else to = middle
  }
  return from
}

/** So few, or fewer, are put in order by hand. */
const sortedMost = 16
/** Of so few, or fewer, the last firings are looked for one by one. */
const fewMost = 4

const always = (): boolean => true
