import {
  compilePatterns,
  type PatternProgram,
  type PatternRule,
} from '../../../../services/rules/engine/patterns/compile-patterns.ts'
import {
  PatternBook,
  type PatternFiring,
  type PatternHost,
} from '../../../../services/rules/engine/patterns/pattern-book.ts'
import { type NotedEvent, typeNamed, typeNumber } from './notation.ts'

/** One subscriber's patterns, driven as detection drives them: an event's marks, what it completes, what is forgotten, what is due. */
export class Timeline implements PatternHost {
  readonly firings: PatternFiring[] = []
  overflows = 0
  head = Number.NEGATIVE_INFINITY
  private readonly grace: number
  private readonly isRefused: (firing: PatternFiring) => boolean
  private program: PatternProgram
  private book: PatternBook

  constructor(
    rules: readonly PatternRule[],
    grace: number,
    isRefused: (firing: PatternFiring) => boolean = () => false,
  ) {
    this.grace = grace
    this.isRefused = isRefused
    this.program = compilePatterns(rules, () => grace)
    this.book = new PatternBook(this.program)
  }

  complete(firing: PatternFiring): boolean {
    if (this.isRefused(firing)) return false
    this.firings.push(firing)
    return true
  }

  /** False: it came too late. */
  send(event: NotedEvent): boolean {
    if (event.time < this.head - this.grace) return false
    this.head = Math.max(this.head, event.time)
    const bytes = Buffer.from(event.id)
    const type = typeNamed(event.letter)
    const key = event.key === undefined ? 0 : Buffer.from(event.key.padEnd(4)).readInt32LE()
    this.program.roles.forEach(({ any }, role) => {
      if (!any.some(({ on }) => on.includes(type))) return
      this.book.mark(role, event.time, typeNumber(event.letter), bytes, 0, bytes.length, key, key === 0 ? 0 : 7)
    })
    this.book.completions(this)
    this.book.prune(this.head)
    return true
  }

  due(clock: number): void {
    this.book.due(clock, this)
  }

  nextDue(): number {
    return this.book.nextDue()
  }

  adopt(rule: number, at: number, occurrence: string): void {
    this.book.adopt(rule, at, occurrence)
  }

  progress(rule: number, time: number) {
    return this.book.progress(rule, time)
  }

  /** Through words into a new book, as a record is stored and loaded; returns how many words it took. */
  reload(): number {
    const words = this.stored()
    this.use(this.program)
    this.book.load(words, 3, words.length - 4)
    return words.length - 4
  }

  /** Other rules over the record as it is. */
  change(rules: readonly PatternRule[]): void {
    const words = this.stored()
    const { layout } = this.program
    this.use(compilePatterns(rules, () => this.grace))
    // A layout is plain data.
    this.book.carry(JSON.parse(JSON.stringify(layout)), words, 3, words.length - 4)
  }

  private use(program: PatternProgram): void {
    this.overflows += this.book.overflows
    this.program = program
    this.book = new PatternBook(program)
  }

  /** With other words around it, which must stay as they are. */
  private stored(): Int32Array {
    const size = this.book.size()
    const words = new Int32Array(size + 4).fill(-77)
    this.book.store(words, 3)
    if (words[2] !== -77 || words[size + 3] !== -77) throw new Error('it wrote beside its place')
    return words
  }

  get allOverflows(): number {
    return this.overflows + this.book.overflows
  }
}
