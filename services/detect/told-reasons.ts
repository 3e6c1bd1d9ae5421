import { clearState, type StateKind, setState, stateOf } from '../rules/engine/rule-states.ts'
import type { ResidentRecords } from './resident-records.ts'

/**
 * What rules with `until` have told the subscriber in hand, and what has ended since: of each rule from when to when the moments
 * are that stand, and the newest event that ended something, or would have; three times a rule at most. All are kept by event
 * time, so that the order in which things come changes nothing: moments that are told late (deadlines, settled rules, events out
 * of order) may have ended before.
 */
export class ToldReasons {
  private readonly records: ResidentRecords

  constructor(records: ResidentRecords) {
    this.records = records
  }

  /** A moment of `at` is told. Returns when its reason ended already; undefined: it stands. */
  begin(index: number, at: number): number | undefined {
    const endedAt = this.timeOf('ended', index)
    if (endedAt > at) return endedAt
    const newest = this.timeOf('told', index)
    if (newest >= 0 && newest !== at) {
      const since = this.since(index, newest)
      if (at < since || since === newest) this.set('toldSince', index, Math.min(at, since))
    }
    if (at > newest) this.set('told', index, at)
    return undefined
  }

  /** An event of the rule's `until`. Returns whether it ends something that was told: the first one behind it does, once. */
  end(index: number, at: number): boolean {
    if (at <= this.timeOf('ended', index)) return false
    this.set('ended', index, at)
    const newest = this.timeOf('told', index)
    if (newest < 0 || this.since(index, newest) >= at) return false
    if (newest < at) {
      this.clear('told', index)
      this.clear('toldSince', index)
    } else if (newest > at) this.set('toldSince', index, at)
    else this.clear('toldSince', index)
    return true
  }

  private since(index: number, newest: number): number {
    const since = this.timeOf('toldSince', index)
    return since < 0 ? newest : since
  }

  private timeOf(kind: StateKind, index: number): number {
    return stateOf(this.records.states, this.edgeWords, kind, index)
  }
  private set(kind: StateKind, index: number, time: number): void {
    setState(this.records.states, this.edgeWords, kind, index, time)
  }
  private clear(kind: StateKind, index: number): void {
    clearState(this.records.states, this.edgeWords, kind, index)
  }
  private get edgeWords(): number {
    return this.records.loaded.edgeWords
  }
}
