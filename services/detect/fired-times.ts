import {
  addState,
  clearState,
  dropStates,
  isNear,
  type StateKind,
  setState,
  stateOf,
} from '../rules/engine/rule-states.ts'
import type { Rule } from '../rules/ruleset.ts'
import type { ResidentRecords } from './resident-records.ts'

/**
 * When rules other than patterns have fired for the record in hand: the newest time of each. Of a rule that speaks of events,
 * which may come out of order, also earlier ones, as long as an event that is in time may come near them.
 */
export class FiredTimes {
  private readonly records: ResidentRecords

  constructor(records: ResidentRecords) {
    this.records = records
  }

  /** The newest; -1: it never fired. */
  last(index: number): number {
    return this.stateOf('fired', index)
  }

  /**
   * None within `once` of another, on either side; what fired is not taken back. Of a rule that speaks of the subscriber's
   * newest instant at most one an instant, and none before the last; one that speaks of events may fire for each.
   */
  mayFire(index: number, at: number): boolean {
    const last = this.last(index)
    return last < 0 || this.isOpenAgain(index, last, at)
  }

  /** The same of a rule that fired last at `last`. */
  isOpenAgain(index: number, last: number, at: number): boolean {
    const { once } = this.records.loaded.rules[index] as Rule
    if (once === 'lifetime') return false
    if (this.records.loaded.speaksOfEvent[index]) {
      if (once === 0) return true
      const { states } = this.records
      return Math.abs(at - last) >= once && !isNear(states, this.edgeWords, 'earlier', index, at, once)
    }
    return at > last && at - last >= once
  }

  /** `head`: the greatest event time on the shard. */
  add(index: number, at: number, head: number): void {
    const last = this.last(index)
    this.set('fired', index, Math.max(last, at))
    const { loaded, maxGrace, states } = this.records
    const { once } = loaded.rules[index] as Rule
    if (!loaded.speaksOfEvent[index] || once === 'lifetime') return
    const asked = head - maxGrace - once
    dropStates(states, this.edgeWords, 'earlier', index, asked)
    if (once > 0 && last > asked) addState(states, this.edgeWords, 'earlier', index, Math.min(last, at))
  }

  /** The rule came true before that could be told. */
  remember(index: number, at: number): void {
    this.set('remembered', index, at)
  }

  // ---- what is found on the log

  /** A firing that is on the log though the state went back behind it: it isn't made again. */
  adopt(index: number, at: number, head: number): void {
    const { once } = this.records.loaded.rules[index] as Rule
    const isOfEvent = this.records.loaded.speaksOfEvent[index] === true
    if (isOfEvent && once === 0) {
      // Each event of it may fire: that this one has is known until it comes again.
      addState(this.records.states, this.edgeWords, 'earlier', index, at)
      this.set('fired', index, Math.max(this.last(index), at))
    } else if (isOfEvent) this.add(index, at, head)
    else if (this.last(index) < at) this.set('fired', index, at)
  }

  /** Whether a firing of this time was adopted; one that was is told by this, and another of the same time isn't. */
  takeAdopted(index: number, at: number): boolean {
    const { loaded, states } = this.records
    const { once } = loaded.rules[index] as Rule
    if (once !== 0 || !loaded.speaksOfEvent[index]) return false
    return clearState(states, this.edgeWords, 'earlier', index, at)
  }

  private stateOf(kind: StateKind, index: number): number {
    return stateOf(this.records.states, this.edgeWords, kind, index)
  }
  private set(kind: StateKind, index: number, time: number): void {
    setState(this.records.states, this.edgeWords, kind, index, time)
  }
  private get edgeWords(): number {
    return this.records.loaded.edgeWords
  }
}
