import { CodedError } from '../../services/domain/errors.ts'
import type { Clock } from '../../services/flow/clock.ts'
import type { Scheduler } from '../../services/flow/scheduler.ts'
import type { Chaos, FaultKind } from './chaos.ts'
import type { World } from './world.ts'

/** What may go wrong with a call: it doesn't arrive, or its answer doesn't. */
export interface CallFaults {
  readonly refused: FaultKind
  readonly unanswered: FaultKind
  readonly slow: FaultKind
}

/**
 * One process of the system: it can be stopped for a while (and then goes on where it was, unaware) or killed, at any
 * await. What is on its way to it meanwhile waits, or is lost; what it has sent is on its way.
 */
export class Process {
  readonly name: string
  readonly scheduler: Scheduler
  readonly clock: Clock
  isAlive = true
  isPaused = false
  /** Ids of which there are no two in a run. */
  readonly newId: () => string
  /** By how much its clock is ahead. */
  skewMs = 0
  readonly #world: World
  readonly #chaos: Chaos
  #held: (() => void)[] = []

  constructor(world: World, chaos: Chaos, name: string) {
    this.name = name
    this.#world = world
    this.#chaos = chaos
    const wait = (millis: number, what: string, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (signal?.aborted) return resolve()
        const end = () => {
          signal?.removeEventListener('abort', end)
          cancel()
          resolve()
        }
        const cancel = this.later(millis, what, end)
        signal?.addEventListener('abort', end)
      })
    this.scheduler = {
      now: () => world.now,
      turn: () => wait(world.random.next(), 'turn'),
      wait: (millis, signal) => wait(millis + world.random.next(), 'wait', signal),
      after: (millis, task) => this.later(millis + world.random.next(), 'after', task),
    }
    let ids = 0
    const born = world.steps
    this.newId = () => `${name}-${born}-${ids++}`
    const now = () => Math.floor(world.time + this.skewMs)
    this.clock = {
      now,
      caughtUpTo: now,
      millisUntil: (time) => Math.max(0, time - now()),
      millisSince: (time) => now() - time,
    }
  }

  /** Runs something in the process after some milliseconds, if there is one then. */
  later(millis: number, what: string, task: () => void): () => void {
    let cancelled = false
    const run = () => {
      if (cancelled || !this.isAlive) return
      if (this.isPaused) this.#held.push(run)
      else task()
    }
    const cancel = this.#world.after(millis, `${this.name} ${what}`, run)
    return () => {
      cancelled = true
      cancel()
    }
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    const held = this.#held
    this.#held = []
    for (const run of held) this.#world.after(this.#world.random.next(), `${this.name} resumed`, run)
  }

  kill(): void {
    this.isAlive = false
    this.#held = []
  }

  /**
   * Asks something of another machine: `action` runs there, unless the request gets lost, even if the process has ended
   * meanwhile. `gate`: requests of one connection, which arrive in their order.
   */
  call<T>(what: string, faults: CallFaults, code: string, action: () => T, gate: { last: number }): Promise<T> {
    const { random } = this.#world
    const unavailable = () => new CodedError(code, 'simulated', { canRetry: true })
    const slow = () => (this.#chaos.strikes(faults.slow) ? random.next() * 4_000 : 0.2 + random.next() * 3)
    return new Promise<T>((resolve, reject) => {
      const arrives = Math.max(gate.last, this.#world.now + slow())
      gate.last = arrives
      this.#world.after(arrives - this.#world.now, `${this.name} asks ${what}`, () => {
        const fail = (error: unknown, millis: number) => this.later(millis, `${what} failed`, () => reject(error))
        if (this.#chaos.strikes(faults.refused)) return fail(unavailable(), random.next() * 100)
        let result: T
        try {
          result = action()
        } catch (error) {
          return fail(error, slow())
        }
        if (this.#chaos.strikes(faults.unanswered)) return fail(unavailable(), 1_000 + random.next() * 4_000)
        this.later(slow(), `${what} answered`, () => resolve(result))
      })
    })
  }
}
