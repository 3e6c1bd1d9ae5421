import { type Candidate, ChainSearch } from './chain-search.ts'
import type { Cancel, CompiledPattern, PatternProgram, PatternRole } from './compile-patterns.ts'
import { MarkList, tagOf } from './mark-list.ts'
import type { PatternLayout } from './pattern-layout.ts'
import { PatternMemory } from './pattern-memory.ts'
import { mostWaiting, mostWaitingPerKey, type PatternState } from './pattern-state.ts'
import { type PatternProgress, progressOf } from './progress.ts'

export interface PatternFiring {
  /** Index of the rule. */
  readonly rule: number
  /** When it became true: the time of the completing event, or the deadline of the absence at the end. */
  readonly at: number
  /** Id of the completing event; of an absence at the end, of the event that it followed. */
  readonly occurrence: string
  /** Times of the chain's events; with an absence at the end, of its first and its last event (one, if they are the same). */
  readonly times: readonly number[]
}

export interface PatternHost {
  /**
   * A pattern is complete and `once` allows it. Returns whether the rule takes it as its firing (also where it is only to
   * be remembered, as in a warm-up); false: another condition refuses it, and `once` isn't spent. The book is not to be
   * changed here.
   */
  complete(firing: PatternFiring): boolean
}

/**
 * What the patterns remember about the subscriber in hand, unpacked into arrays that are reused. An event is told by
 * `mark`, once for each role that it matches; then `completions` takes away what the event cancels and visits what it
 * completes: in any order of arrival within the grace, all that the events at hand make true. Nothing is allocated on the
 * way, but for a firing.
 *
 * A mark is one of an instant, role and key; of several events the first by type and id counts.
 */
export class PatternBook {
  /** Marks that were pushed out by a bound. */
  overflows = 0
  /** Firings, or what was decided, that were pushed out by a bound: what comes again late may fire again. */
  forgotten = 0
  private readonly program: PatternProgram
  private readonly memory: PatternMemory
  private readonly search: ChainSearch
  /** What was marked and isn't looked at yet, in the order of `mark`, and its roles. */
  private readonly pending = new MarkList()
  private pendingRoles = new Int32Array(16)
  /** Complete, to be visited in order of time. */
  private readonly candidates: Candidate[] = []

  constructor(program: PatternProgram) {
    this.program = program
    this.memory = new PatternMemory(program)
    this.search = new ChainSearch(program, this.memory.lists)
  }

  // ---- the record in hand

  clear(): void {
    this.forgetPending()
    this.memory.clear()
  }
  private forgetPending(): void {
    this.pending.count = 0
    if (this.candidates.length > 0) this.candidates.length = 0
  }

  /** Takes what `store` wrote of this program, or of another one with the same layout. */
  load(words: Int32Array, start: number, length: number): void {
    this.forgetPending()
    this.memory.load(words, start, length)
  }
  /** Takes what was written under another layout; see `PatternMemory.carry`. */
  carry(layout: PatternLayout, words: Int32Array, start: number, length: number): void {
    this.forgetPending()
    this.memory.carry(layout, words, start, length)
  }
  /** Words that `store` writes; 0: nothing is kept. */
  size(): number {
    return this.memory.size()
  }
  store(words: Int32Array, start: number): void {
    this.memory.store(words, start)
  }
  /** Forgets what no event can ask for any more. `head`: the greatest event time on the shard. */
  prune(head: number): void {
    this.memory.prune(head)
  }

  // ---- events

  /**
   * The event matches a role. `type`: place of its type in the order of types; `low`, `high`: hash of the key's value, 0
   * and 0 where it is unknown (then the event belongs to nothing) or the role has no key.
   */
  mark(
    role: number,
    time: number,
    type: number,
    bytes: Uint8Array,
    idStart: number,
    idEnd: number,
    low: number,
    high: number,
  ): void {
    const definition = this.program.roles[role] as PatternRole
    const isKeyed = definition.key !== undefined
    if ((isKeyed && low === 0 && high === 0) || time < definition.from) return
    const keyLow = isKeyed ? low : 0
    const keyHigh = isKeyed ? high : 0
    const tag = definition.completes ? tagOf(type, idEnd - idStart) : 0
    const id = definition.completes ? this.memory.pool.add(bytes, idStart, idEnd) : 0
    if (this.pending.count === this.pendingRoles.length) {
      const wider = new Int32Array(2 * this.pendingRoles.length)
      wider.set(this.pendingRoles)
      this.pendingRoles = wider
    }
    this.pendingRoles[this.pending.count] = role
    this.pending.insert(this.pending.count, time, keyLow, keyHigh, tag, id)
    if (definition.keep >= 0) this.keep(definition, this.memory.useRole(role), time, keyLow, keyHigh, tag, id)
  }

  private keep(
    role: PatternRole,
    list: MarkList,
    time: number,
    low: number,
    high: number,
    tag: number,
    id: number,
  ): void {
    const i = list.find(time, low, high)
    if (i >= 0) {
      this.keepEarlierId(list, i, tag, id)
      return
    }
    list.insert(-1 - i, time, low, high, tag, id)
    if (list.count <= role.perKey) return
    if (list.countOf(low, high) > role.perKey) list.remove(list.firstOf(low, high))
    else if (list.count > role.most) list.remove(0)
    else return
    this.overflows++
  }

  private keepEarlierId(list: MarkList, i: number, tag: number, id: number): void {
    if (tag === 0) return
    const other = list.tags[i] as number
    if (other !== 0 && this.memory.pool.compare(other, list.ids[i] as number, tag, id) <= 0) return
    list.tags[i] = tag
    list.ids[i] = id
  }

  /** What the marked events cancel and complete; visits the firings of patterns without an absence at the end, in order of time. */
  completions(host: PatternHost): void {
    const { pending, pendingRoles } = this
    for (let i = 0; i < pending.count; i++) {
      const { cancels } = this.program.roles[pendingRoles[i] as number] as PatternRole
      for (let k = 0; k < cancels.length; k++) this.cancel(cancels[k] as Cancel, i)
    }
    for (let i = 0; i < pending.count; i++) {
      const { advances } = this.program.roles[pendingRoles[i] as number] as PatternRole
      for (let k = 0; k < advances.length; k++) {
        const { pattern, last, earlier } = advances[k] as (typeof advances)[number]
        if (last) this.tryComplete(pattern, pending, i)
        if (earlier) this.tryLater(pattern, i)
      }
    }
    pending.count = 0
    if (this.candidates.length > 0) this.visitCandidates(host)
  }

  /** Takes away what waits and is cancelled by the pending event. */
  private cancel({ pattern: number, by }: Cancel, event: number): void {
    const state = this.memory.states[number]
    if (state === undefined || state.waiting.count === 0) return
    const pattern = this.memory.pattern(number)
    const { waiting } = state
    const time = this.pending.times[event] as number
    const low = this.pending.lows[event] as number
    const high = this.pending.highs[event] as number
    for (let i = waiting.count - 1; i >= 0; i--) {
      if (!waiting.isOf(i, low, high)) continue
      const last = waiting.times[i] as number
      if (by === 'answer') {
        if (this.isAnswer(pattern, last, time) && time < state.deadlineOf(i)) waiting.remove(i)
      } else if (time >= last) {
        if (by === 'unless' && time > (waiting.firsts[i] as number) && time < state.deadlineOf(i)) waiting.remove(i)
      } else {
        // Before the completion: the chain may be another one now, or none.
        const first = this.search.find(pattern, last, low, high)
        if (Number.isNaN(first)) waiting.remove(i)
        else waiting.firsts[i] = first
      }
    }
  }

  private isAnswer(pattern: CompiledPattern, last: number, time: number): boolean {
    return pattern.fromStart ? time >= last : time > last
  }

  /** The pending event may be an earlier part of chains whose ends are there. */
  private tryLater(number: number, event: number): void {
    const { events, within } = this.memory.pattern(number)
    const list = this.memory.lists[events[events.length - 1] as number]
    if (list === undefined) return
    const time = this.pending.times[event] as number
    const low = this.pending.lows[event] as number
    const high = this.pending.highs[event] as number
    for (let i = list.count - 1; i >= 0; i--) {
      const last = list.times[i] as number
      if (last <= time) break
      if (last < time + within && list.isOf(i, low, high)) this.tryComplete(number, list, i)
    }
  }

  /** Whether the i-th mark of a list is the end of a chain. */
  private tryComplete(number: number, list: MarkList, i: number): void {
    const pattern = this.memory.pattern(number)
    const time = list.times[i] as number
    const tag = list.tags[i] as number
    if (time < pattern.since || time < pattern.from || tag === 0) return
    const state = this.memory.states[number]
    if (state?.isDone) return
    const low = list.lows[i] as number
    const high = list.highs[i] as number
    const first = this.search.find(pattern, time, low, high)
    if (Number.isNaN(first)) return
    if (pattern.answer >= 0) this.wait(number, pattern, first, list, i)
    else if (state === undefined || state.mayFire(time, low, high)) {
      this.candidates.push({ pattern: number, time, low, high, tag, id: list.ids[i] as number })
    }
  }

  /** The chain waits for the deadline, unless that is decided or the answer is there. */
  private wait(number: number, pattern: CompiledPattern, first: number, list: MarkList, i: number): void {
    const time = list.times[i] as number
    const low = list.lows[i] as number
    const high = list.highs[i] as number
    const tag = list.tags[i] as number
    const id = list.ids[i] as number
    const state = this.memory.usePattern(number)
    if (time < state.decidedUntil(low, high)) return
    const { waiting } = state
    const known = waiting.find(time, low, high)
    if (known >= 0) {
      waiting.firsts[known] = first
      this.keepEarlierId(waiting, known, tag, id)
      return
    }
    const deadline = time + pattern.length
    const answer = this.latestOf(pattern.answer, deadline, low, high)
    if (this.isAnswer(pattern, time, answer)) return
    if (this.latestOf(pattern.unless, deadline, low, high) > first) return
    waiting.insert(-1 - known, time, low, high, tag, id)
    waiting.firsts[-1 - known] = first
    if (waiting.countOf(low, high) > mostWaitingPerKey) {
      // The armed one stays; of the others the oldest is the least likely to be asked for.
      waiting.remove(waiting.firstOf(low, high, waiting.firstOf(low, high) + 1))
    } else if (waiting.count > mostWaiting) waiting.remove(0)
    else return
    this.overflows++
  }

  private latestOf(role: number, time: number, low: number, high: number): number {
    const list = role < 0 ? undefined : this.memory.lists[role]
    return list === undefined ? Number.NEGATIVE_INFINITY : list.latestBefore(time, low, high)
  }

  private visitCandidates(host: PatternHost): void {
    const { candidates } = this
    const { pool } = this.memory
    if (candidates.length > 1) candidates.sort((a, b) => a.time - b.time || a.pattern - b.pattern)
    for (const { pattern: number, time, low, high, tag, id } of candidates) {
      const state = this.memory.usePattern(number)
      if (!state.mayFire(time, low, high)) continue
      const pattern = this.memory.pattern(number)
      this.search.find(pattern, time, low, high)
      const times = this.search.times(pattern, time)
      const firing = { rule: pattern.rule.index, at: time, occurrence: pool.text(tag, id), times }
      if (state.isAdopted(time, firing.occurrence)) continue
      this.forgotten += state.remember(time, low, high, host.complete(firing))
    }
    candidates.length = 0
  }

  // ---- deadlines

  /** When the earliest absence may be decided: its deadline and the grace of its types; Infinity if none waits. */
  nextDue(): number {
    let due = Number.POSITIVE_INFINITY
    const { patternsInUse } = this.memory
    for (let n = 0; n < patternsInUse.count; n++) {
      const number = patternsInUse.at(n)
      const state = this.memory.stateOf(number)
      const { grace } = this.memory.pattern(number)
      for (let i = 0; i < state.waiting.count; i++) due = Math.min(due, state.deadlineOf(i) + grace)
    }
    return due
  }

  /** Visits the absences whose deadline and grace are not after `clock`, in order of their deadlines. */
  due(clock: number, host: PatternHost): void {
    const { patternsInUse } = this.memory
    for (;;) {
      let next: PatternState | undefined
      let number = -1
      let index = -1
      let deadline = Number.POSITIVE_INFINITY
      for (let n = 0; n < patternsInUse.count; n++) {
        const candidate = patternsInUse.at(n)
        const state = this.memory.stateOf(candidate)
        const { grace } = this.memory.pattern(candidate)
        for (let i = 0; i < state.waiting.count; i++) {
          const own = state.deadlineOf(i)
          if (own + grace > clock || own > deadline) continue
          if (next !== undefined && own === deadline && !this.isEarlier(candidate, i, number, index)) continue
          next = state
          number = candidate
          index = i
          deadline = own
        }
      }
      if (next === undefined) return
      this.visitDeadline(next, this.memory.pattern(number), index, deadline, host)
    }
  }

  /** Which of two that are due at one instant comes first: by rule, and of several keys by the event that waits. */
  private isEarlier(pattern: number, i: number, other: number, k: number): boolean {
    if (pattern !== other) return pattern < other
    const { waiting } = this.memory.stateOf(pattern)
    const apart = (waiting.times[i] as number) - (waiting.times[k] as number)
    if (apart !== 0) return apart < 0
    const { tags, ids } = waiting
    return this.memory.pool.compare(tags[i] as number, ids[i] as number, tags[k] as number, ids[k] as number) < 0
  }

  private visitDeadline(s: PatternState, p: CompiledPattern, i: number, deadline: number, host: PatternHost): void {
    const { waiting } = s
    const last = waiting.times[i] as number
    const first = waiting.firsts[i] as number
    const low = waiting.lows[i] as number
    const high = waiting.highs[i] as number
    const occurrence = this.memory.pool.text(waiting.tags[i] as number, waiting.ids[i] as number)
    if (s.mayFire(deadline, low, high) && !s.isAdopted(deadline, occurrence)) {
      const times = first < last ? [first, last] : [last]
      const didFire = host.complete({ rule: p.rule.index, at: deadline, occurrence, times })
      this.forgotten += s.remember(deadline, low, high, didFire)
    }
    this.forgotten += s.decide(deadline, low, high)
  }

  // ---- what is known of the rules

  /** A firing of the rule that is found on the log: it isn't made again, nor any that it excludes. */
  adopt(rule: number, at: number, occurrence: string): void {
    const number = this.numberOf(rule)
    if (number < 0) return
    const state = this.memory.usePattern(number)
    this.forgotten += state.adopt(at, occurrence)
    const { answer, keyed } = this.memory.pattern(number)
    // With a key it isn't known which of those that wait it was; its occurrence says it when their deadline comes.
    if (answer >= 0 && !keyed) this.forgotten += state.decide(at, 0, 0)
  }

  /** A firing of the rule by its version before: false: what it has fired itself leaves no room for it. */
  takeOver(rule: number, at: number, occurrence: string): boolean {
    const number = this.numberOf(rule)
    if (number < 0) return true
    const state = this.memory.usePattern(number)
    const mayFire = state.mayFire(at, 0, 0) && !state.isAdopted(at, occurrence)
    if (mayFire) this.forgotten += state.adopt(at, occurrence)
    return mayFire
  }

  /** Whether the rule waits for a deadline in [from, until). */
  waitsWithin(rule: number, from: number, until: number): boolean {
    return this.memory.states[this.numberOf(rule)]?.waitsWithin(from, until) ?? false
  }

  /** For `explain`, as of `time`. Undefined: the rule has no pattern. */
  progress(rule: number, time: number): PatternProgress | undefined {
    const number = this.numberOf(rule)
    if (number < 0) return undefined
    return progressOf(
      this.memory.pattern(number),
      this.memory.lists,
      this.memory.states[number],
      this.search,
      this.memory.pool,
      time,
    )
  }

  private numberOf(rule: number): number {
    return this.program.patterns.findIndex((pattern) => pattern.rule.index === rule)
  }
}
