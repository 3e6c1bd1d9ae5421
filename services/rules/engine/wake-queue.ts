/** Bundles of rules that the event in hand woke: each is run once, in the order of their numbers. */
export class WakeQueue {
  private readonly woken: Uint8Array
  private readonly queue: Int32Array
  private count = 0

  constructor(bundles: number) {
    this.woken = new Uint8Array(bundles)
    this.queue = new Int32Array(bundles)
  }

  wake(bundle: number): void {
    if (this.woken[bundle] !== 0) return
    this.woken[bundle] = 1
    // They come nearly in order.
    let i = this.count++
    for (; i > 0 && (this.queue[i - 1] as number) > bundle; i--) this.queue[i] = this.queue[i - 1] as number
    this.queue[i] = bundle
  }

  run(bundles: readonly (() => void)[]): void {
    for (let i = 0; i < this.count; i++) {
      const bundle = this.queue[i] as number
      this.woken[bundle] = 0
      ;(bundles[bundle] as () => void)()
    }
    this.count = 0
  }

  clear(): void {
    this.woken.fill(0)
    this.count = 0
  }
}
