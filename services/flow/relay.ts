import { isCoded } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import type { Topic } from '../topology.ts'
import type { AppendRecord, EventLog } from './event-log.ts'
import { takingOversized } from './oversized-outputs.ts'
import { nodeScheduler, type Scheduler } from './scheduler.ts'
import type { ShardParts } from './shard-parts.ts'

const firstRetryMs = 50
const longestRetryMs = 2_000

/**
 * Relays committed outputs to the log, in the order of their commits. Of one commit, what the service adopts after a
 * rollback goes last, topic after topic as in its `adopts`: a decision on the log has its command there, so that none is
 * lost between them. A row that the log doesn't take is offered again until it does or the shard stops: it stays in the
 * store meanwhile, so nothing is lost.
 */
export class Relay {
  readonly #log: Pick<EventLog, 'append'>
  readonly #shard: ShardId
  readonly #adopts: readonly string[]
  readonly #signal: AbortSignal
  readonly #onRetry: (error: unknown) => void
  readonly #scheduler: Pick<Scheduler, 'wait'>
  #tail: Promise<void> = Promise.resolve()
  #waiting = 0
  /** Number of the last commit whose outputs are all on the log. */
  relayedThrough: number
  /** By topic, the position behind the last output of this shard on the log. */
  readonly ends: Map<string, number>

  constructor(
    log: Pick<EventLog, 'append'>,
    shard: ShardId,
    adopts: readonly Topic[],
    signal: AbortSignal,
    from: { relayedThrough: number; ends: Map<string, number> },
    onRetry: (error: unknown) => void,
    scheduler: Pick<Scheduler, 'wait'> = nodeScheduler,
  ) {
    this.#log = log
    this.#shard = shard
    this.#adopts = adopts.map(({ name }) => name)
    this.#signal = signal
    this.#onRetry = onRetry
    this.#scheduler = scheduler
    this.relayedThrough = from.relayedThrough
    this.ends = from.ends
  }

  /** Groups that wait to be on the log. */
  get waiting(): number {
    return this.#waiting
  }

  /** Resolves when nothing is on its way any more: what is begun ends, what is not begun stays in the store. */
  async ended(): Promise<void> {
    await this.#tail.catch(() => undefined)
  }

  /**
   * Resolves when the outputs of this commit, and of those before, are on the log; false if the shard stopped before.
   * @throws what the log says of outputs that it will never take; from then on nothing is sent, as rows behind them would
   *   be let go of with them
   */
  send(sequence: number, records: readonly AppendRecord[]): Promise<boolean> {
    this.#waiting++
    const sent = this.#tail.then(() => this.#append(sequence, records))
    this.#tail = sent.then(() => {
      this.#waiting--
    })
    // Who sends next is told; that nobody may come to send isn't another fault.
    this.#tail.catch(() => undefined)
    return sent
  }

  async #append(sequence: number, records: readonly AppendRecord[]): Promise<boolean> {
    const ends = new Map<string, number>()
    const others = records.filter(({ topic }) => !this.#adopts.includes(topic))
    const adopted = this.#adopts.map((name) => records.filter(({ topic }) => topic === name))
    for (const part of [others, ...adopted]) if (!(await this.#put(part, ends))) return false
    // At once: a commit that knew the ends and not yet that the row has left would have it sent again at a take-over,
    // which looks for a row's outputs behind the ends.
    for (const [topic, end] of ends) this.ends.set(topic, end)
    this.relayedThrough = sequence
    return true
  }

  /** Offers the records until the log takes them; false if the shard stopped before. */
  async #put(records: readonly AppendRecord[], ends: Map<string, number>): Promise<boolean> {
    for (let wait = firstRetryMs; ; wait = Math.min(2 * wait, longestRetryMs)) {
      if (this.#signal.aborted) return false
      if (records.length === 0) return true
      try {
        for (const { topic, shard, end } of await this.#log.append(records)) {
          if (shard === this.#shard) ends.set(topic, end)
        }
        return true
      } catch (error) {
        if (!isCoded(error) || !error.canRetry) throw error
        this.#onRetry(error)
        await this.#scheduler.wait(wait, this.#signal)
      }
    }
  }
}

/** The relay of a shard. `from`: what is known to be on the log already. */
export function createRelay<E, R>(
  parts: ShardParts<E, R>,
  from: { relayedThrough: number; ends: Map<string, number> },
): Relay {
  const { node, shard, observer, life, scheduler } = parts
  const onRetry = (error: unknown) => observer.retrying(shard, error)
  return new Relay(takingOversized(parts), shard, node.adopts, life.signal, from, onRetry, scheduler)
}
