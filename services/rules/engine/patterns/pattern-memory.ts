import type { CompiledPattern, PatternProgram, PatternRole } from './compile-patterns.ts'
import { IdPool, MarkList } from './mark-list.ts'
import { NumbersInUse } from './numbers-in-use.ts'
import type { PatternLayout } from './pattern-layout.ts'
import { PatternState } from './pattern-state.ts'
import { readBook, sizeOf, writeBook } from './pattern-words.ts'

/** The marks of the roles and the state of the patterns of the record in hand, in arrays that are reused. */
export class PatternMemory {
  readonly program: PatternProgram
  /** By role and by pattern; those in use are listed below, of which some may have become empty. */
  readonly lists: (MarkList | undefined)[] = []
  readonly states: (PatternState | undefined)[] = []
  readonly patternsInUse: NumbersInUse
  readonly pool = new IdPool()
  private readonly rolesInUse: NumbersInUse

  constructor(program: PatternProgram) {
    this.program = program
    this.rolesInUse = new NumbersInUse(program.roles.length)
    this.patternsInUse = new NumbersInUse(program.patterns.length)
    for (const _ of program.roles) this.lists.push(undefined)
    for (const _ of program.patterns) this.states.push(undefined)
  }

  clear(): void {
    const { rolesInUse, patternsInUse } = this
    for (let i = 0; i < rolesInUse.count; i++) this.listOf(rolesInUse.at(i)).count = 0
    for (let i = 0; i < patternsInUse.count; i++) this.stateOf(patternsInUse.at(i)).clear()
    rolesInUse.clear()
    patternsInUse.clear()
    this.pool.length = 0
  }

  /** Takes what `store` wrote of this program, or of another one with the same layout. */
  load(words: Int32Array, start: number, length: number): void {
    this.clear()
    readBook(this.program.layout, words, start, length, this.pool, this)
    this.dropFormer()
  }

  /** A rule that was withdrawn and is back begins anew, also for a record that nothing touched meanwhile. */
  private dropFormer(): void {
    const { patternsInUse } = this
    for (let i = 0; i < patternsInUse.count; i++) {
      const { since } = this.pattern(patternsInUse.at(i))
      if (since === Number.NEGATIVE_INFINITY) continue
      const { waiting } = this.stateOf(patternsInUse.at(i))
      for (let k = waiting.count - 1; k >= 0; k--) if ((waiting.times[k] as number) < since) waiting.remove(k)
    }
  }

  /**
   * Takes what was written under another layout: marks of the roles that are still used, what fired by rule, what waits
   * by rule and structure. Deadlines that were not reached when the rule's present version became active are counted anew with its
   * length, and are not before that time.
   */
  carry(layout: PatternLayout, words: Int32Array, start: number, length: number): void {
    this.clear()
    const { roles, patterns } = this.program.layout
    readBook(layout, words, start, length, this.pool, {
      useRole: (number) => {
        const role = roles.findIndex(({ key }) => key === layout.roles[number]?.key)
        return role < 0 ? undefined : this.useRole(role)
      },
      usePattern: (number) => {
        const pattern = patterns.findIndex(({ rule }) => rule === layout.patterns[number]?.rule)
        return pattern < 0 ? undefined : this.usePattern(pattern)
      },
    })
    const { rolesInUse, patternsInUse } = this
    for (let i = 0; i < rolesInUse.count; i++) {
      const role = rolesInUse.at(i)
      const list = this.listOf(role)
      list.drop(Math.max(0, list.count - (this.program.roles[role] as PatternRole).most))
    }
    for (let i = 0; i < patternsInUse.count; i++) {
      const pattern = patternsInUse.at(i)
      const { rule, structure, since } = patterns[pattern] as (typeof patterns)[number]
      const old = layout.patterns.find((candidate) => candidate.rule === rule)
      const state = this.stateOf(pattern)
      if (old?.since !== since) this.beginAnew(pattern)
      else if (old?.structure === structure) this.recount(pattern, old.length ?? Number.POSITIVE_INFINITY)
      else {
        state.waiting.count = 0
        state.decided.count = 0
      }
    }
    this.dropFormer()
  }

  /** The rule was away: what it has told it has told, and nothing waits. */
  private beginAnew(pattern: number): void {
    const state = this.stateOf(pattern)
    state.waiting.count = 0
    state.decided.count = 0
  }

  private recount(pattern: number, oldLength: number): void {
    const { length, rule } = this.pattern(pattern)
    const { waiting } = this.stateOf(pattern)
    const changed = rule.changedSince ?? Number.NEGATIVE_INFINITY
    for (let i = 0; i < waiting.count; i++) {
      const time = waiting.times[i] as number
      const own = waiting.deadlines[i] as number
      const old = Number.isNaN(own) ? time + oldLength : own
      const deadline = old < changed ? old : Math.max(time + length, changed)
      waiting.deadlines[i] = deadline === time + length ? Number.NaN : deadline
    }
  }

  /** Words that `store` writes; 0: nothing is kept. */
  size(): number {
    return sizeOf(this.program.layout, this.rolesInUse, this.patternsInUse, this.lists, this.states)
  }

  store(words: Int32Array, start: number): void {
    writeBook(
      this.program.layout,
      this.rolesInUse,
      this.patternsInUse,
      this.lists,
      this.states,
      this.pool,
      words,
      start,
    )
  }

  /** Forgets what no event can ask for any more. `head`: the greatest event time on the shard. */
  prune(head: number): void {
    const { rolesInUse, patternsInUse } = this
    for (let i = 0; i < rolesInUse.count; i++) {
      const role = rolesInUse.at(i)
      this.pruneMarks(this.listOf(role), this.program.roles[role] as PatternRole, head)
    }
    for (let i = 0; i < patternsInUse.count; i++) this.stateOf(patternsInUse.at(i)).prune(head)
  }

  private pruneMarks(list: MarkList, { keep, grace, older, key }: PatternRole, head: number): void {
    let old = 0
    while (old < list.count && (list.times[old] as number) < head - keep) old++
    list.drop(old)
    let i = 0
    while (i < list.count && (list.times[i] as number) < head - grace) list.tags[i++] = 0
    if (i <= older) return
    if (key === undefined) list.drop(i - older)
    else
      for (i--; i >= 0; i--) {
        if (list.countBetween(i + 1, head - grace, list.lows[i] as number, list.highs[i] as number) >= older)
          list.remove(i)
      }
  }

  pattern(number: number): CompiledPattern {
    return this.program.patterns[number] as CompiledPattern
  }
  listOf(role: number): MarkList {
    return this.lists[role] as MarkList
  }
  stateOf(pattern: number): PatternState {
    return this.states[pattern] as PatternState
  }

  useRole(role: number): MarkList {
    let list = this.lists[role]
    if (list === undefined) {
      list = new MarkList()
      this.lists[role] = list
    }
    this.rolesInUse.add(role)
    return list
  }

  usePattern(number: number): PatternState {
    let state = this.states[number]
    if (state === undefined) {
      state = new PatternState(this.pattern(number))
      this.states[number] = state
    }
    this.patternsInUse.add(number)
    return state
  }
}
