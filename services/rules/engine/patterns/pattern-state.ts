import type { CompiledPattern } from './compile-patterns.ts'
import { MarkList } from './mark-list.ts'

/** Kept of the firings within the grace, of what waits by key and by pattern, and of decided deadlines. */
const mostFired = 16
export const mostWaitingPerKey = 8
export const mostWaiting = 64
const mostDecided = 64

/** Tag of an instant that was refused by the rule's other conditions: it isn't asked again, and doesn't count for `once`. */
const refused = 1

/** What one pattern remembers about the subscriber in hand beside the marks of its roles. */
export class PatternState {
  /** Instants at which it fired or was refused. */
  readonly fired = new MarkList()
  /** Chains that are complete and wait for the deadline of the absence at the end. The first of a key is armed. */
  readonly waiting = new MarkList()
  /** Deadlines, by key, up to which everything is decided. */
  readonly decided = new MarkList()
  private readonly pattern: CompiledPattern

  constructor(pattern: CompiledPattern) {
    this.pattern = pattern
  }

  get isEmpty(): boolean {
    return this.fired.count === 0 && this.waiting.count === 0 && this.decided.count === 0
  }

  clear(): void {
    this.fired.count = 0
    this.waiting.count = 0
    this.decided.count = 0
  }

  /** It fired once and for all. */
  get isDone(): boolean {
    if (this.pattern.once !== Number.POSITIVE_INFINITY) return false
    for (let i = 0; i < this.fired.count; i++) if (this.fired.tags[i] !== refused) return true
    return false
  }

  /** At most one firing an instant, and none within `once` of another, on either side. */
  mayFire(at: number): boolean {
    const { once } = this.pattern
    for (let i = 0; i < this.fired.count; i++) {
      const other = this.fired.times[i] as number
      if (other === at) return false
      if (this.fired.tags[i] !== refused && Math.abs(at - other) < once) return false
    }
    return true
  }

  /** Returns how many were pushed out by the bound. */
  remember(at: number, didFire: boolean): number {
    const { fired } = this
    const i = fired.find(at, 0, 0)
    const tag = didFire ? 0 : refused
    if (i >= 0) {
      if (didFire) fired.tags[i] = tag
      return 0
    }
    fired.insert(-1 - i, at, 0, 0, tag, 0)
    if (fired.count <= mostFired) return 0
    fired.remove(0)
    return 1
  }

  deadlineOf(i: number): number {
    const own = this.waiting.deadlines[i] as number
    return Number.isNaN(own) ? (this.waiting.times[i] as number) + this.pattern.length : own
  }

  /** Whether it waits for a deadline in [from, until). */
  waitsWithin(from: number, until: number): boolean {
    for (let i = 0; i < this.waiting.count; i++) {
      const deadline = this.deadlineOf(i)
      if (deadline >= from && deadline < until) return true
    }
    return false
  }

  decidedUntil(low: number, high: number): number {
    const i = this.decided.firstOf(low, high)
    return i < 0 ? Number.NEGATIVE_INFINITY : (this.decided.times[i] as number)
  }

  /** What waits is decided up to a deadline; what came at or after it arms anew. Returns how many the bound pushed out. */
  decide(deadline: number, low: number, high: number): number {
    const { decided, waiting } = this
    const known = decided.firstOf(low, high)
    for (let i = waiting.count - 1; i >= 0; i--) {
      if ((waiting.times[i] as number) < deadline && waiting.isOf(i, low, high)) waiting.remove(i)
    }
    if (known >= 0) {
      if ((decided.times[known] as number) >= deadline) return 0
      decided.remove(known)
    }
    const place = decided.find(deadline, low, high)
    decided.insert(place < 0 ? -1 - place : place, deadline, low, high, 0, 0)
    if (decided.count <= mostDecided) return 0
    decided.remove(0)
    return 1
  }

  /** Forgets what no event can ask for any more: none older than `head` - grace arrives. */
  prune(head: number): void {
    const { waiting, decided, fired, pattern } = this
    const oldest = head - pattern.grace
    let old = 0
    while (old < decided.count && (decided.times[old] as number) < oldest) old++
    decided.drop(old)
    // One behind the armed one could only be armed by what takes the armed one away; so old a thing takes both away.
    for (let i = waiting.count - 1; i > 0; i--) {
      const time = waiting.times[i] as number
      if (time >= oldest) continue
      const armed = waiting.firstOf(waiting.lows[i] as number, waiting.highs[i] as number)
      if (armed < i && time < this.deadlineOf(armed)) waiting.remove(i)
    }
    if (fired.count === 0) return
    const asked = waiting.count > 0 ? Math.min(oldest, waiting.times[0] as number) : oldest
    let newest = -1
    old = 0
    while (old < fired.count && (fired.times[old] as number) < asked) {
      if (fired.tags[old] !== refused) newest = old
      old++
    }
    if (old === 0) return
    // The newest of the old ones holds others back while `once` lasts.
    const isHeld = newest >= 0 && (fired.times[newest] as number) > asked - pattern.once
    if (!isHeld) fired.drop(old)
    else {
      for (let i = old - 1; i > newest; i--) fired.remove(i)
      fired.drop(newest)
    }
  }
}
