import type { ShardStore } from './state-store.ts'

type Page = readonly (readonly [key: string, value: Buffer])[]

/** Why all subscribers that the store knows are gone through. */
export interface SweepTask {
  /** Number of what is wanted now; 0: nothing. Another number begins anew. */
  readonly wanted: number
  /** Whether somebody whose stored state this is has to be looked at. */
  concerns(value: Buffer): boolean
  /** All were. */
  done(wanted: number): void
}

/**
 * Goes through all subscribers that the store knows, some at a time, for a look at each of them or at those whom it concerns.
 * The store is read ahead, so that nobody waits for it.
 */
export class Sweep {
  readonly #store: Pick<ShardStore, 'scan'>
  readonly #task: SweepTask
  readonly #onPage: () => void
  #number = 0
  #pages: AsyncIterator<Page> | undefined
  #keys: string[] = []
  #answer: IteratorResult<Page> | undefined
  #failure: { readonly error: unknown } | undefined

  /** `onPage`: more may be taken. */
  constructor(store: Pick<ShardStore, 'scan'>, task: SweepTask, onPage: () => void) {
    this.#store = store
    this.#task = task
    this.#onPage = onPage
  }

  get isWanted(): boolean {
    return this.#task.wanted > 0
  }

  /** Nothing can be taken before `onPage`. */
  get isReading(): boolean {
    const isEmpty = this.#keys.length === 0 && !this.#answer && !this.#failure
    return isEmpty && this.#isUnderWay(this.#task.wanted)
  }

  /**
   * The next keys, `count` at most; none while the store is read. `settle` makes durable what is in memory: it is called
   * before a sweep begins. @throws what the store does
   */
  async next(count: number, settle: () => Promise<void>): Promise<readonly string[]> {
    const { wanted } = this.#task
    if (!this.#isUnderWay(wanted)) {
      await settle()
      this.#begin(wanted)
    }
    if (this.#keys.length === 0) this.#turnPage()
    return this.#keys.splice(0, count)
  }

  #isUnderWay(wanted: number): boolean {
    return this.#pages !== undefined && wanted === this.#number
  }

  #begin(wanted: number): void {
    this.#number = wanted
    this.#keys = []
    this.#answer = undefined
    this.#failure = undefined
    this.#pages = this.#store.scan()[Symbol.asyncIterator]()
    this.#read(this.#pages)
  }

  #turnPage(): void {
    if (this.#failure) throw this.#failure.error
    const answer = this.#answer
    const pages = this.#pages
    if (!answer || !pages) return
    this.#answer = undefined
    if (answer.done) {
      this.#pages = undefined
      this.#task.done(this.#number)
      return
    }
    this.#keys = answer.value.filter(([, value]) => this.#task.concerns(value)).map(([key]) => key)
    this.#read(pages)
  }

  #read(pages: AsyncIterator<Page>): void {
    pages
      .next()
      .then(
        (answer) => {
          if (pages === this.#pages) this.#answer = answer
        },
        (error: unknown) => {
          if (pages === this.#pages) this.#failure = { error }
        },
      )
      .finally(this.#onPage)
  }
}
