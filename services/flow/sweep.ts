import type { Processor } from './processor.ts'
import type { ShardStore } from './state-store.ts'

/**
 * Goes through all subscribers that the store knows, page by page, when the processor wants to look at each: after rules
 * changed, what somebody waits for whom no event touches.
 */
export class Sweep {
  readonly #store: Pick<ShardStore, 'scan'>
  readonly #processor: Pick<Processor, 'sweep' | 'swept'>
  #number = 0
  #pages: AsyncIterator<readonly (readonly [key: string, value: Buffer])[]> | undefined

  constructor({
    store,
    processor,
  }: { store: Pick<ShardStore, 'scan'>; processor: Pick<Processor, 'sweep' | 'swept'> }) {
    this.#store = store
    this.#processor = processor
  }

  get isWanted(): boolean {
    return (this.#processor.sweep ?? 0) > 0
  }

  /** Keys of the next page. `settle` makes durable what is in memory: it is called before a sweep begins. */
  async next(settle: () => Promise<void>): Promise<readonly string[]> {
    const wanted = this.#processor.sweep ?? 0
    if (this.#pages === undefined || wanted !== this.#number) {
      await settle()
      this.#number = wanted
      this.#pages = this.#store.scan()[Symbol.asyncIterator]()
    }
    const { done, value } = await this.#pages.next()
    if (!done) return value.map(([key]) => key)
    this.#pages = undefined
    this.#processor.swept?.(this.#number)
    return []
  }
}
