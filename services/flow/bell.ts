import { nodeScheduler, type Scheduler } from './scheduler.ts'

/** Wakes a loop that waits: whatever rang since `listen` counts, so that nothing is missed between looking and waiting. */
export class Bell {
  readonly #scheduler: Pick<Scheduler, 'after'>
  #rung = false
  #wake: (() => void) | undefined

  constructor(scheduler: Pick<Scheduler, 'after'> = nodeScheduler) {
    this.#scheduler = scheduler
  }

  /** Forgets what rang before: the loop looks at everything from here on. */
  listen(): void {
    this.#rung = false
  }

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Waits until it rings, or rang since `listen`, or the milliseconds have passed. */
  async wait(millis: number): Promise<void> {
    if (this.#rung) return
    await new Promise<void>((resolve) => {
      const cancel = this.#scheduler.after(millis, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
    this.#wake = undefined
  }
}
