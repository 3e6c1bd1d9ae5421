import { randomUUID } from 'node:crypto'
import { isCoded } from '../domain/errors.ts'
import type { Clock } from '../flow/clock.ts'
import type { EventLog } from '../flow/event-log.ts'
import { keyOn } from '../flow/partition.ts'
import { nodeScheduler, type Scheduler } from '../flow/scheduler.ts'
import type { Codec } from '../records/codec.ts'
import type { BudgetRecord } from '../records/types.ts'
import { readWhole, wholeTopic } from '../records/whole-topics.ts'
import type { Logger } from '../telemetry/log.ts'
import { topics } from '../topology.ts'
import type { Budgets } from './budgets.ts'
import { createLedger, type Ledger, ledgerShard } from './ledger.ts'
import { createPurse } from './purse.ts'

/** Budgets, and what is known of them. */
export interface KnownBudgets extends Budgets {
  readonly ledger: Pick<Ledger, 'account' | 'accounts'>
  /** What was spent of a budget's period: by this process as of now, by others as they said last. */
  spentOf(budget: string, period: string): number
  /** Why nothing is granted, for readyz. */
  problems(): readonly { readonly code: string; readonly reason: string }[]
}

export interface OpenBudgets extends KnownBudgets {
  /** Gives back what this process holds, as far as the log takes it in time. */
  close(): Promise<void>
}

export interface BudgetsParts {
  readonly log: EventLog
  readonly codec: Codec
  readonly clock: Clock
  /** Engine's milliseconds in a real one. */
  readonly speed: number
  readonly logger: Logger
  readonly fail: (error: unknown) => void
  /** Default: Node's timers. */
  readonly scheduler?: Scheduler | undefined
  /** Makes ids of which there are no two; default: random ones. */
  readonly newId?: () => string
  /** Real milliseconds; each has a default. */
  readonly timing?: Partial<typeof budgetTiming>
}

export const budgetTiming = {
  /** What waits for a tranche looks again after so long, at first. */
  lookAgainMs: 200,
  /** How long an answer, the first reading and giving back at the end may take. */
  patienceMs: 15_000,
  /** What isn't used for so long is given back. */
  idleMs: 30_000,
  tidyEveryMs: 2_000,
  retryMs: 500,
}

/**
 * The budgets of a process on the log: reads what was granted to all, and asks for its own tranches.
 * @throws CodedError KM_LOG_UNAVAILABLE (canRetry)
 */
export async function openBudgets(parts: BudgetsParts): Promise<OpenBudgets> {
  const { log, codec, clock, speed, logger, fail, scheduler = nodeScheduler, newId = randomUUID } = parts
  const timing = { ...budgetTiming, ...parts.timing }
  const { name } = topics.budgets
  const ledger = createLedger(() => clock.now())
  const closing = new AbortController()
  let unreadableAt = Number.NEGATIVE_INFINITY

  const queue: BudgetRecord[] = []
  let pumping: Promise<void> | undefined

  const purse = createPurse({
    ledger,
    clock: scheduler.now,
    // A key of its own, so that compaction keeps every record, which belongs to the ledger's shard.
    newId: () => keyOn(ledgerShard, newId(), log.shards),
    idOf: (name) => keyOn(ledgerShard, name, log.shards),
    send(record) {
      queue.push(record)
      pumping ??= pump().finally(() => {
        pumping = undefined
      })
    },
    unreadableAt: () => unreadableAt,
    lookAgainMs: timing.lookAgainMs * speed,
    patienceMs: timing.patienceMs,
    idleMs: timing.idleMs,
  })

  /** One behind the other; what the log may have taken without saying so goes once more, and counts once. */
  async function pump(): Promise<void> {
    // The step that asks is not to wait for any of it.
    await null
    while (queue.length > 0 && !closing.signal.aborted) {
      const records = [...queue]
      try {
        await log.append(records.map((record) => appendOf(record)))
        queue.splice(0, records.length)
      } catch (error) {
        if (!isCoded(error) || !error.canRetry) return fail(error)
        logger.debug({ err: error }, `${name} was not written; tries again`)
        await scheduler.wait(timing.retryMs, closing.signal)
      }
    }
  }

  const appendOf = (record: BudgetRecord) => ({
    topic: name,
    key: record.record_id,
    value: codec.encode(topics.budgets, record),
  })

  const tail = await readWhole({
    log,
    codec,
    reader: 'budgets',
    topics: [
      wholeTopic(topics.budgets, (record, { shard, position, appendedAt }, problem) => {
        if (record && shard === ledgerShard) purse.heard(record, ledger.take(record))
        else if (record) {
          logger.error(
            { shard, position, code: 'KM_BUDGET_MISPLACED' },
            `${name}: a record beside shard ${ledgerShard}`,
          )
        } else {
          unreadableAt = Math.max(unreadableAt, appendedAt)
          const said = `${name}: a record cannot be read; nothing is granted of periods that had begun by then`
          logger.error({ shard, position, err: problem, code: 'KM_BUDGET_UNREADABLE' }, said)
        }
      }),
    ],
    failed: fail,
  })
  try {
    await tail.throughAll(AbortSignal.timeout(timing.patienceMs))
  } catch (error) {
    await tail.stop()
    throw error
  }
  const closed = new AbortController()
  async function tidyNowAndThen(): Promise<void> {
    for (;;) {
      await scheduler.wait(timing.tidyEveryMs, closed.signal)
      if (closed.signal.aborted) return
      purse.tidy(clock.now())
    }
  }
  void tidyNowAndThen()

  return {
    ...purse,
    ledger,
    spentOf(budget, period) {
      const account = ledger.account(budget, period)
      const own = purse.spent(budget, period)
      let spent = own ?? 0
      for (const [process, said] of account?.spentBy ?? []) {
        if (process !== purse.process || own === undefined) spent += said
      }
      return spent
    },
    problems: () => (unreadableAt > Number.NEGATIVE_INFINITY ? [unreadable(unreadableAt)] : []),
    async close() {
      closed.abort()
      purse.empty(clock.now())
      const late = setTimeout(() => closing.abort(), timing.patienceMs)
      await pumping
      clearTimeout(late)
      await tail.stop()
    },
  }
}

const unreadable = (at: number) => ({
  code: 'KM_BUDGET_UNREADABLE',
  reason: `a record of km.budgets of ${new Date(at).toISOString()} cannot be read, so that nothing is granted of periods that had begun by then: upgrade this process`,
})
