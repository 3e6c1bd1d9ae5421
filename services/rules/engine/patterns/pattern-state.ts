import { textHash } from '../../text-hash.ts'
import type { CompiledPattern } from './compile-patterns.ts'
import { MarkList } from './mark-list.ts'

/** Kept of the firings within the grace (with a key more), of what waits by key and by pattern, and of decided deadlines. */
const mostFired = 16
const mostFiredOfKeys = 64
export const mostWaitingPerKey = 8
export const mostWaiting = 64
const mostDecided = 64

/** Tag of an instant that was refused by the rule's other conditions: it isn't asked again, and doesn't count for `once`. */
const refused = 1
export const isFiring = (tag: number): boolean => tag !== refused
/** Tag of a firing that was found on the log: not its key is known, but its occurrence, whose hash stands in place of it. */
const adopted = 2

/** What one pattern remembers about the subscriber in hand beside the marks of its roles. */
export class PatternState {
  /** Instants at which it fired or was refused, by key. */
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

  /** At most one firing an instant and key, and none within `once` of another of any key, on either side. */
  mayFire(at: number, low: number, high: number): boolean {
    const { once } = this.pattern
    for (let i = 0; i < this.fired.count; i++) {
      const other = this.fired.times[i] as number
      const tag = this.fired.tags[i] as number
      if (other === at && tag !== adopted && this.fired.isOf(i, low, high)) return false
      if (tag !== refused && Math.abs(at - other) < once) return false
    }
    return true
  }

  /** Returns how many were pushed out by the bound. */
  remember(at: number, low: number, high: number, didFire: boolean): number {
    const i = this.fired.find(at, low, high)
    if (i < 0) return this.keepFired(-1 - i, at, low, high, didFire ? 0 : refused)
    if (didFire) this.fired.tags[i] = 0
    return 0
  }

  /** A firing that is found on the log. Returns how many were pushed out by the bound. */
  adopt(at: number, occurrence: string): number {
    if (!this.pattern.keyed) return this.remember(at, 0, 0, true)
    const [low, high] = halvesOf(occurrence)
    const i = this.fired.find(at, low, high)
    return i < 0 ? this.keepFired(-1 - i, at, low, high, adopted) : 0
  }

  /** Whether this firing was found on the log. */
  isAdopted(at: number, occurrence: string): boolean {
    if (!this.pattern.keyed) return false
    const [low, high] = halvesOf(occurrence)
    const i = this.fired.find(at, low, high)
    return i >= 0 && this.fired.tags[i] === adopted
  }

  private keepFired(i: number, at: number, low: number, high: number, tag: number): number {
    const { fired, pattern } = this
    fired.insert(i, at, low, high, tag, 0)
    if (fired.count <= (pattern.keyed ? mostFiredOfKeys : mostFired)) return 0
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

/** A hash of a text, as keys are kept. */
function halvesOf(text: string): readonly [number, number] {
  const hash = textHash(text)
  const high = Math.floor(hash / two32)
  return [(hash - high * two32) | 0, high]
}

const two32 = 4_294_967_296
