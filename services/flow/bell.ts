/** Wakes a loop that waits: whatever rang since `listen` counts, so that nothing is missed between looking and waiting. */
export class Bell {
  #rung = false
  #wake: (() => void) | undefined

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
      const timeout = setTimeout(resolve, millis)
      this.#wake = () => {
        clearTimeout(timeout)
        resolve()
      }
    })
    this.#wake = undefined
  }
}
