import type { CompiledPattern, PatternProgram, PatternRole } from './compile-patterns.ts'
import type { MarkList } from './mark-list.ts'

/**
 * Finds the chain of a pattern that an event of some time completes. Row i holds the times at which the i-th event of a
 * chain may lie, ascending. What ends a chain early (`within`, `unless`) bounds its first event from below; an absence
 * between two events is kept by the latest possible one before it, or by none: so one pass over the marks decides, and
 * the chain whose events lie closest before the completion is read off backward.
 */
export class ChainSearch {
  private readonly lists: readonly (MarkList | undefined)[]
  private readonly roles: readonly PatternRole[]
  private readonly rows: Float64Array
  private readonly counts: Int32Array
  private readonly stride: number

  /** `lists`: the marks by role. */
  constructor({ patterns, roles }: PatternProgram, lists: readonly (MarkList | undefined)[]) {
    const longest = Math.max(1, ...patterns.map(({ events }) => events.length))
    this.lists = lists
    this.roles = roles
    this.stride = Math.max(1, ...roles.map(({ most }) => most)) + 1
    this.rows = new Float64Array(longest * this.stride)
    this.counts = new Int32Array(longest)
  }

  /** When the chain began that an event at `time` completes; NaN: it completes none. */
  find(pattern: CompiledPattern, time: number, low: number, high: number): number {
    const last = pattern.events.length - 1
    if (last === 0) return this.isFirst(pattern, time, low, high) ? time : Number.NaN
    if (this.reach(pattern, last, time, low, high) < last) return Number.NaN
    const before = this.latest(last - 1, time)
    if (!this.isClear(pattern, last, before, time, low, high)) return Number.NaN
    let first = before
    for (let i = last - 2; i >= 0; i--) first = this.latest(i, first)
    return first
  }

  /** Times of the events of the chain, after `find` found it. */
  times(pattern: CompiledPattern, time: number): number[] {
    const times = [time]
    for (let i = pattern.events.length - 2; i >= 0; i--) times.unshift(this.latest(i, times[0] as number))
    return times
  }

  /**
   * The longest beginning of a chain, of at most `length` events, that began less than `within` before `time`: how many
   * events it has. `furthest` gives their times.
   */
  reach(pattern: CompiledPattern, length: number, time: number, low: number, high: number, cancels = true): number {
    const { events, unless } = pattern
    const earliest = time - pattern.within
    // Whether something cancelled it is known only since that is kept.
    const since = cancels ? Math.max(pattern.since, this.sinceOf(unless)) : pattern.since
    const cancelled = cancels ? this.latestOf(unless, time, low, high) : Number.NEGATIVE_INFINITY
    for (let i = 0; i < length; i++) {
      const list = this.lists[events[i] as number]
      let count = 0
      if (list !== undefined) {
        const row = i * this.stride
        const previous = row - this.stride
        const previousCount = i === 0 ? 0 : (this.counts[i - 1] as number)
        let p = 0
        for (let k = 0; k < list.count; k++) {
          const at = list.times[k] as number
          if (at >= time) break
          if (!list.isOf(k, low, high)) continue
          if (i === 0) {
            if (at <= earliest || at < since || at < cancelled || (cancels && !this.isFirst(pattern, at, low, high)))
              continue
          } else {
            while (p < previousCount && (this.rows[previous + p] as number) < at) p++
            if (p === 0) continue
            if (cancels && !this.isClear(pattern, i, this.rows[previous + p - 1] as number, at, low, high)) continue
          }
          this.rows[row + count++] = at
        }
      }
      this.counts[i] = count
      if (count === 0) return i
    }
    return length
  }

  /** Times of the first `length` events, after `reach` found as many: the closest ones before `time`. */
  furthest(length: number, time: number): number[] {
    const times: number[] = []
    for (let i = length - 1; i >= 0; i--) times.unshift(this.latest(i, times[0] ?? time))
    return times
  }

  /** Nothing stands in front that must not. Of what was before the rule that isn't known. */
  private isFirst(pattern: CompiledPattern, time: number, low: number, high: number): boolean {
    const beginning = time - pattern.frontLength
    if (pattern.front >= 0 && beginning < Math.max(pattern.since, this.sinceOf(pattern.front))) return false
    return this.latestOf(pattern.front, time, low, high) <= beginning
  }

  /** Nothing lies between the event before the i-th and the i-th that must not. */
  private isClear(p: CompiledPattern, i: number, before: number, at: number, low: number, high: number): boolean {
    const role = p.between[i] as number
    return before >= this.sinceOf(role) && this.latestOf(role, at, low, high) <= before
  }

  /** Since when it is known whether there were events of a role; -Infinity: always, or there is no role. */
  private sinceOf(role: number): number {
    return role < 0 ? Number.NEGATIVE_INFINITY : (this.roles[role] as PatternRole).since
  }

  private latestOf(role: number, time: number, low: number, high: number): number {
    const list = role < 0 ? undefined : this.lists[role]
    return list === undefined ? Number.NEGATIVE_INFINITY : list.latestBefore(time, low, high)
  }

  private latest(i: number, before: number): number {
    const row = i * this.stride
    let k = (this.counts[i] as number) - 1
    while (k >= 0 && (this.rows[row + k] as number) >= before) k--
    return this.rows[row + k] as number
  }
}

/** The end of a chain. */
export interface Candidate {
  readonly pattern: number
  readonly time: number
  readonly low: number
  readonly high: number
  readonly tag: number
  readonly id: number
}
