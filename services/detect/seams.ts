import type { Activation } from '../rules/activation.ts'
import type { Layout } from '../rules/engine/layout.ts'
import type { Ruleset } from '../rules/ruleset.ts'
import type { LayoutTable, NotedSeam } from './layout-table.ts'
import type { LoadedRuleset } from './loaded-ruleset.ts'
import { lengthOfWait, type RulesInTime, retiredRules, spansOfRetired } from './rule-spans.ts'
import type { RulesetSchedule } from './ruleset-switch.ts'

/** A ruleset that another one took the place of, as long as something of before the change may still have to be decided. */
export interface Seam {
  /** When the next one became active. */
  readonly until: number
  /** Its rules judge only what is left. */
  readonly loaded: LoadedRuleset
  /** Number of its layout. */
  readonly number: number
  /** Places of the rules that may have something left to decide. */
  readonly retired: readonly number[]
  /** Any event of before the change may mean something for its retired rules, not only for who waits already. */
  readonly concernsEverybody: boolean
}

/** What seams need of the records. */
export interface SeamSettings {
  readonly schedule: RulesetSchedule | undefined
  readonly maxGrace: number
  readonly layouts: LayoutTable
  /** Compiles a ruleset to a layout that is known. */
  load(ruleset: Ruleset, activation: Activation | undefined, own: Layout): LoadedRuleset
}

/**
 * A new version applies to events and deadlines after its activation. What was due before it, and only the grace still
 * holds back, is the version's before it: that one stays at hand until the grace is over.
 */
export class Seams {
  /** Events before it may concern an earlier version. */
  until = Number.NEGATIVE_INFINITY
  private readonly settings: SeamSettings
  private seams: Seam[] = []
  /** By the time of a seam, when it may be forgotten; missing: that isn't known yet. */
  private readonly forgetAt = new Map<number, number>()
  /** By the time of a seam, the rulesets of the schedule that didn't make what its records are of. */
  private readonly unlike = new Map<number, readonly [before: Ruleset, after: Ruleset]>()

  constructor(settings: SeamSettings) {
    this.settings = settings
  }

  /** One ruleset takes the place of another. `before`: undefined: another process has followed it, as the note tells. */
  add(noted: NotedSeam, before: LoadedRuleset | undefined, after: LoadedRuleset): void {
    this.settings.layouts.parts(noted)
    this.until = Math.max(this.until, noted.until)
    if (before) this.insert(this.seamOf(before, noted.number, noted.until, after))
  }

  private seamOf(before: LoadedRuleset, number: number, until: number, after: RulesInTime): Seam {
    const { rules } = before
    const retired = retiredRules(before, after)
    const { maxGrace } = this.settings
    const concernsEverybody = retired.some((index) => {
      const rule = rules[index]
      return rule !== undefined && (rule.settle || (lengthOfWait(rule.trigger) ?? maxGrace) < maxGrace)
    })
    const spans = spansOfRetired(before, retired, until, after)
    return { until, loaded: { ...before, spans }, number, retired, concernsEverybody }
  }

  private insert(seam: Seam): void {
    this.seams = [...this.seams.filter(({ until }) => until !== seam.until), seam]
  }

  /** What a restored note tells; they are loaded when they are met. */
  restored(): void {
    this.seams = []
    this.until = Math.max(Number.NEGATIVE_INFINITY, ...this.settings.layouts.seams.map(({ until }) => until))
    this.forgetAt.clear()
    this.unlike.clear()
  }

  /**
   * The first seam that a record of an earlier layout has to go through: that at which its own ruleset ended, or an older one
   * than any that is known here. undefined: there is none.
   */
  before(number: number): Seam | undefined {
    const noted = this.settings.layouts.seams
    const own = noted.find((seam) => seam.number === number) ?? noted[0]
    return own && this.ending(own.until)
  }

  /** The seam at which the ruleset ended that was in force at a time; undefined: it is in force. */
  covering(time: number): Seam | undefined {
    const noted = this.settings.layouts.seams.find(({ until }) => until > time)
    return noted && this.ending(noted.until)
  }

  /** Whether an event of a time concerns a version before the one that ended at `until`, too. */
  endsBefore(until: number, time: number): boolean {
    return this.settings.layouts.seams.some((seam) => seam.until > time && seam.until < until)
  }

  /** The next one behind a seam; undefined: behind it is what is in force. */
  after({ until }: Seam): Seam | undefined {
    const next = this.settings.layouts.seams.find((seam) => seam.until > until)
    return next && this.ending(next.until)
  }

  /** The seam at an instant; undefined: it is forgotten. */
  ending(until: number): Seam | undefined {
    const known = this.seams.find((seam) => seam.until === until)
    if (known) return known
    const { layouts, schedule, load } = this.settings
    const noted = layouts.seams.find((seam) => seam.until === until)
    if (!noted || !schedule) return undefined
    // Another process made it: its rulesets are those of the schedule on either side.
    const before = schedule(noted.since ?? Number.NEGATIVE_INFINITY)
    const after = schedule(until)
    // To compile it takes long, and it is asked for at each record.
    const unlike = this.unlike.get(until)
    if (unlike?.[0] === before.ruleset && unlike[1] === after.ruleset) return undefined
    const layout = layouts.at(noted.number)
    const loaded = load(before.ruleset, before, layout)
    // The schedule has changed since.
    if (JSON.stringify(loaded.compiled.layout) !== JSON.stringify(layout)) {
      this.unlike.set(until, [before.ruleset, after.ruleset])
      return undefined
    }
    const seam = this.seamOf(loaded, noted.number, until, { ruleset: after.ruleset, activation: after })
    this.insert(seam)
    return seam
  }

  /**
   * Time goes on: what is over is forgotten, with some time to spare for what is looked at late; each by itself, as versions
   * may go on coming sooner than that.
   */
  tick(clock: number): void {
    if (this.until === Number.NEGATIVE_INFINITY || !Number.isFinite(clock)) return
    const { layouts } = this.settings
    if (layouts.seams.every(({ until }) => clock <= this.forgotten(until, clock))) return
    const left = layouts.seams.filter(({ until }) => clock <= this.forgotten(until, clock))
    layouts.joined(left)
    const isLeft = (until: number) => left.some((seam) => seam.until === until)
    this.seams = this.seams.filter(({ until }) => isLeft(until))
    for (const until of this.forgetAt.keys()) if (!isLeft(until)) this.forgetAt.delete(until)
    for (const until of this.unlike.keys()) if (!isLeft(until)) this.unlike.delete(until)
    this.until = left.at(-1)?.until ?? Number.NEGATIVE_INFINITY
  }

  /** When a seam is over, at the earliest: from the first time on that is asked. */
  private forgotten(until: number, clock: number): number {
    const known = this.forgetAt.get(until)
    if (known !== undefined) return known
    const at = Math.max(until, clock) + 2 * this.settings.maxGrace
    this.forgetAt.set(until, at)
    return at
  }
}
