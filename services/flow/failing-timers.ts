/** After its first failure a timer is tried again after this; then after twice as long each time, up to the longest. Milliseconds. */
const firstRetryMs = 600_000
const longestRetryMs = 86_400_000
/** So many are known one by one; others are tried again once an hour. Stored with each commit. */
const knownMost = 1_000
const unknownRetryMs = 3_600_000

/** By subscriber: since when the timer fails (of the shard's clock), and how often it has. */
export type StoredFailures = Readonly<Record<string, readonly [since: number, failures: number]>>

interface Failure {
  readonly since: number
  readonly failures: number
  /** Not before is it tried again; what a record or another deadline asks for waits, too. */
  readonly retryAt: number
}

/**
 * Timers that threw. What was due is still due, and stays so until somebody mends the fault: it is tried again ever more
 * seldom. All failures of one timer are about one thing, which `since` names, over restarts and replays.
 */
export class FailingTimers {
  readonly #failures = new Map<string, Failure>()

  /** A new process may have mended the fault: everything may be tried again at once. */
  constructor(stored: StoredFailures = {}) {
    for (const [key, [since, failures]] of Object.entries(stored)) {
      this.#failures.set(key, { since, failures, retryAt: Number.NEGATIVE_INFINITY })
    }
  }

  get size(): number {
    return this.#failures.size
  }

  /** Since when each has failed, by subscriber: by then what is due is due. */
  *[Symbol.iterator](): Generator<readonly [key: string, since: number]> {
    for (const [key, { since }] of this.#failures) yield [key, since]
  }

  /** undefined: none fails. */
  get stored(): StoredFailures | undefined {
    if (this.#failures.size === 0) return undefined
    return Object.fromEntries([...this.#failures].map(([key, { since, failures }]) => [key, [since, failures]]))
  }

  /** When the timer may be tried again, if that is after `clock`. */
  heldUntil(key: string, clock: number): number | undefined {
    const retryAt = this.#failures.get(key)?.retryAt
    return retryAt !== undefined && retryAt > clock ? retryAt : undefined
  }

  /** It threw at `clock`: since when it fails (0: not known), and when it is tried again. */
  failed(key: string, clock: number): { readonly since: number; readonly retryAt: number } {
    const before = this.#failures.get(key)
    if (!before && this.#failures.size >= knownMost) return { since: 0, retryAt: clock + unknownRetryMs }
    const { since, failures } = before ?? { since: clock, failures: 0 }
    const retryAt = clock + Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 20))
    this.#failures.set(key, { since, failures: failures + 1, retryAt })
    return { since, retryAt }
  }

  /** It went well. True: it had failed before. */
  mended(key: string): boolean {
    return this.#failures.delete(key)
  }

  /** Something has changed (the rules, say): it is tried at once. */
  retryNow(key: string): void {
    const failure = this.#failures.get(key)
    if (failure) this.#failures.set(key, { ...failure, retryAt: Number.NEGATIVE_INFINITY })
  }
}
