import { createRandom, type Random } from '../../services/sample/random.ts'

interface Task {
  readonly at: number
  readonly tie: number
  readonly name: string
  readonly run: () => void
  cancelled: boolean
}

/**
 * Virtual time and all that happens in it. Whatever a simulated process, network, disk or broker does later is a task here;
 * tasks run one at a time, by their time and, at one instant, in an order that the seed decides. Between two of them all
 * promises settle, so that one seed gives one run, which the trace's hash stands for.
 */
export class World {
  readonly random: Random
  /** Milliseconds since the beginning of the run. */
  now = 0
  /** Tasks that ran. */
  steps = 0
  /** True instant of the run's beginning, milliseconds since 1970. */
  readonly epoch: number
  readonly #order: Random
  readonly #heap: Task[] = []
  readonly #recent: string[] = []
  #hashA = 0x811c9dc5
  #hashB = 0x2545f491

  constructor(seed: number, epoch: number) {
    this.random = createRandom(seed)
    this.#order = createRandom(seed, 1)
    this.epoch = epoch
  }

  /** The true time of day. */
  get time(): number {
    return this.epoch + this.now
  }

  /** Stands for everything that happened so far. */
  get trace(): string {
    return [this.#hashA, this.#hashB].map((hash) => (hash >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** What happened last, for whoever looks at a seed that failed. */
  get recent(): readonly string[] {
    return this.#recent
  }

  /** Runs the task after some milliseconds; returns how to cancel it. */
  after(millis: number, name: string, run: () => void): () => void {
    const task: Task = { at: this.now + Math.max(0, millis), tie: this.#order.next(), name, run, cancelled: false }
    this.#push(task)
    return () => {
      task.cancelled = true
    }
  }

  /** Lets time pass. @throws what a task throws */
  async run(until: number): Promise<void> {
    for (let task = this.#heap[0]; task && task.at <= until; task = this.#heap[0]) {
      this.#pop()
      if (task.cancelled) continue
      this.now = task.at
      this.steps++
      this.note(task.name)
      task.run()
      await settled()
    }
    this.now = until
  }

  /** Puts something into the trace. */
  note(what: string): void {
    this.#mix(Math.floor(this.now * 1_000))
    for (let i = 0; i < what.length; i++) this.#mix(what.charCodeAt(i))
    this.#recent.push(`${new Date(this.time).toISOString()} ${what}`)
    if (this.#recent.length > 2_000) this.#recent.splice(0, 1_000)
  }

  #mix(value: number): void {
    this.#hashA = Math.imul(this.#hashA ^ value, 0x01000193)
    this.#hashB = Math.imul(this.#hashB ^ (value + 0x9e37), 0x85ebca6b) ^ (this.#hashB >>> 13)
  }

  #push(task: Task): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(task)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(task, heap[parent] as Task)) break
      heap[i] = heap[parent] as Task
      i = parent
    }
    heap[i] = task
  }

  #pop(): void {
    const heap = this.#heap
    const task = heap.pop() as Task
    const size = heap.length
    if (size === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= size) break
      if (child + 1 < size && isBefore(heap[child + 1] as Task, heap[child] as Task)) child++
      if (!isBefore(heap[child] as Task, task)) break
      heap[i] = heap[child] as Task
      i = child
    }
    heap[i] = task
  }
}

const isBefore = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.tie < b.tie)

/** All promises that can settle have settled: nothing real is waited for, so one turn of the event loop is enough. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
