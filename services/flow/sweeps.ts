import { fireSome } from './due-timers.ts'
import type { Handling } from './handling.ts'
import type { Residents } from './residents.ts'
import type { Scheduler } from './scheduler.ts'
import type { ShardParts } from './shard-parts.ts'
import { Sweep, type SweepTask } from './sweep.ts'

/** Subscribers that are looked at in one go: a few milliseconds. */
const portion = 100

/** A renewal may wait: it takes at most this share of a shard's time. */
const renewalShare = 0.1

/**
 * What a shard does for all of its subscribers beside its records: a look at each after rules changed, at once; and the
 * renewal of states that are stored in a form of before, in the background.
 */
export class Sweeps<Effect, EffectResult> {
  readonly #handling: Handling<Effect, EffectResult>
  readonly #residents: Residents
  readonly #scheduler: Scheduler
  readonly #looks: Sweep
  readonly #renewals: Sweep
  /** Not before is the next portion renewed; of `Scheduler.now`. */
  #renewAt = 0

  /** `onPage`: more may be done. */
  constructor(
    { store, processor, scheduler }: ShardParts<Effect, EffectResult>,
    handling: Handling<Effect, EffectResult>,
    residents: Residents,
    onPage: () => void,
  ) {
    this.#handling = handling
    this.#residents = residents
    this.#scheduler = scheduler
    const looks: SweepTask = {
      get wanted() {
        return processor.sweep ?? 0
      },
      concerns: () => true,
      done: (wanted) => processor.swept?.(wanted),
    }
    const renewals: SweepTask = {
      get wanted() {
        return processor.renewal ?? 0
      },
      concerns: (value) => processor.isOutdated?.(value) ?? false,
      done: (wanted) => processor.renewed?.(wanted),
    }
    this.#looks = new Sweep(store, looks, onPage)
    this.#renewals = new Sweep(store, renewals, onPage)
  }

  /** A look at everybody is wanted, or under way: what waits may be late. */
  get isLooking(): boolean {
    return this.#looks.isWanted
  }

  /** Milliseconds after which there is something to do; Infinity: nothing is wanted, or it has to be read first. */
  get wait(): number {
    const sweep = this.#sweep
    if (!sweep.isWanted || sweep.isReading || !Number.isFinite(this.#handling.clock)) return Number.POSITIVE_INFINITY
    return sweep === this.#looks ? 0 : Math.max(0, this.#renewAt - this.#scheduler.now())
  }

  get #sweep(): Sweep {
    return this.#looks.isWanted ? this.#looks : this.#renewals
  }

  /** Does some of what is wanted, if it is time; says how many subscribers it looked at. `settle`: see `Sweep.next`. */
  async some(settle: () => Promise<void>): Promise<number> {
    if (this.wait > 0) return 0
    const sweep = this.#sweep
    if (sweep === this.#looks) return this.#look(sweep, settle)
    const begun = this.#scheduler.now()
    const renewed = await this.#look(sweep, settle)
    const now = this.#scheduler.now()
    this.#renewAt = now + (now - begun) * (1 / renewalShare - 1)
    return renewed
  }

  /** Looks at some as if each had a timer now. */
  async #look(sweep: Sweep, settle: () => Promise<void>): Promise<number> {
    const keys = await sweep.next(portion, settle)
    const handling = this.#handling
    // What was told at its end may have changed the processor's note.
    if (!sweep.isWanted) handling.touch()
    if (keys.length === 0) return 0
    handling.beginGroup()
    handling.armNow(keys)
    const firing = { until: handling.clock, most: portion }
    for (let done = false; !done; ) done = await fireSome(handling, this.#residents, this.#scheduler, firing)
    return keys.length
  }
}
