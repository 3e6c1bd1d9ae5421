import type { Activation } from '../rules/activation.ts'
import type { Ruleset } from '../rules/ruleset.ts'

/** The ruleset for a time of the shard. */
export interface RulesetInForce extends Activation {
  readonly ruleset: Ruleset
  /** From this clock on it is another one; Infinity: none is known. */
  readonly until: number
  /** Tells that it can't be used; from then on the schedule names another one. */
  refuse(error: unknown): void
}

export type RulesetSchedule = (clock: number) => RulesetInForce

/** What a process begins with; without an activation it is in force from the beginning of time. */
interface RulesetAtFirst {
  readonly ruleset: Ruleset
  readonly activation?: Activation
  readonly schedule?: RulesetSchedule
}

/**
 * When a shard goes over to another ruleset: where its own clock, which the events move and not the time of day, passes
 * the activation. So a shard that reads the same events again changes at the same event. Never back: what a shard has
 * gone over to it keeps.
 */
export class RulesetSwitch {
  /** Clock from which on `follow` is to be asked; Infinity: never. */
  at: number
  private readonly schedule: RulesetSchedule | undefined
  private readonly use: (ruleset: Ruleset, activation: Activation) => void
  private readonly stay: () => void
  private ruleset: Ruleset
  private activatedAt: number
  private passed = Number.NEGATIVE_INFINITY

  /**
   * Begins with a ruleset that is in use; `use` may throw, after which the one before must still be. `stay` is told that the
   * one in use is in force.
   */
  constructor(
    { ruleset, activation, schedule }: RulesetAtFirst,
    use: (ruleset: Ruleset, activation: Activation) => void,
    stay: () => void,
  ) {
    this.ruleset = ruleset
    this.activatedAt = activation?.activatedAt ?? Number.NEGATIVE_INFINITY
    this.schedule = schedule
    this.use = use
    this.stay = stay
    this.at = Number.NEGATIVE_INFINITY
  }

  /** Goes over to what is in force at a clock, and says whether it did; one that can't be used is told and left. */
  follow(clock: number): boolean {
    if (clock < this.at) return false
    if (!this.schedule) {
      this.at = Number.POSITIVE_INFINITY
      this.stay()
      return false
    }
    let hasChanged = false
    // Each in its turn, also one in whose time nothing came: what was due then is its own.
    let at = Number.isFinite(this.at) ? this.at : clock
    for (;;) {
      this.passed = Math.max(this.passed, at)
      const next = this.schedule(this.passed)
      this.at = next.until
      // The same content may be in force a second time, with other times of its rules.
      if (next.ruleset === this.ruleset && next.activatedAt === this.activatedAt) this.stay()
      else {
        try {
          this.use(next.ruleset, next)
        } catch (error) {
          next.refuse(error)
          continue
        }
        this.ruleset = next.ruleset
        this.activatedAt = next.activatedAt
        hasChanged = true
      }
      if (next.until > clock) return hasChanged
      at = next.until
    }
  }

  /** The schedule has changed: it is asked again before the next record. */
  recheck(): void {
    if (this.schedule) this.at = Number.NEGATIVE_INFINITY
  }
}
