import { setTimeout as pause } from 'node:timers/promises'
import type { Control } from '../control/open.ts'
import { deterministicId } from '../domain/ids.ts'
import type { Command, ControlRecord, DeskAct } from '../records/types.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Book } from './book.ts'
import type { BoardPrompt, PromptBoard } from './prompt-board.ts'

export interface CancelsParts {
  readonly control: Pick<Control, 'ledger' | 'subscribe'>
  readonly book: Book
  readonly board: PromptBoard
  readonly append: (act: DeskAct) => Promise<void>
  readonly logger: Logger
}

/** Takes off lists and screens what operators cancel. */
export interface Cancels {
  /** A task or prompt has come: it may have been cancelled before. */
  hear(about: About): void
  stop(): Promise<void>
}

/** Of a task or a prompt, what a cancellation asks. */
export type About = Pick<Command, 'command_id' | 'subscriber_id' | 'issued_at' | 'rule' | 'campaign'>

/** The log doesn't take it: tried again after so long. */
const againMs = 1_000

/**
 * Of each task and live prompt that an operator has cancelled the withdrawal goes to the log, as an act of theirs. Each process that
 * serves the desk puts it there, with the same id, so that it is done once, whichever of them are there; after a restart all is
 * looked at again.
 */
export function followCancels({ control, book, board, append, logger }: CancelsParts): Cancels {
  const stopping = new AbortController()
  const told = new Set<string>()
  let isAsked = true
  let working = work()
  const unsubscribe = control.subscribe(look)

  function look(): void {
    isAsked = true
    working = working.then(work)
  }

  async function work(): Promise<void> {
    while (isAsked && !stopping.signal.aborted) {
      isAsked = false
      for (const act of withdrawals()) {
        try {
          await append(act)
          told.add(act.act_id)
        } catch (error) {
          logger.warn(
            { err: error, task: act.command_id },
            'a cancelled task could not be withdrawn; it is tried again',
          )
          isAsked = true
        }
      }
      if (isAsked) await pause(againMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
    }
  }

  function withdrawals(): readonly DeskAct[] {
    const tasks = [...book.tasks()].flatMap(({ command, entry }) => {
      const isOpen = entry.phase !== 'done' && entry.withdrawn_at === null
      const record = isOpen ? control.ledger.cancellationOf(cancellable(command)) : undefined
      return record ? [withdrawalOf('task', command, record)] : []
    })
    const prompts = board.live().flatMap((prompt) => {
      const command = aboutPrompt(prompt)
      const record = control.ledger.cancellationOf(cancellable(command))
      return record ? [withdrawalOf('prompt', command, record)] : []
    })
    return [...tasks, ...prompts].filter(({ act_id }) => !told.has(act_id))
  }

  return {
    hear(about) {
      if (control.ledger.cancellationOf(cancellable(about))) look()
    },
    async stop() {
      stopping.abort()
      unsubscribe()
      await working
    },
  }
}

const cancellable = ({ command_id: id, issued_at, rule, campaign = null }: About) => ({
  id,
  campaigns: campaign === null ? [rule] : [rule, campaign],
  issued_at,
})

/** A prompt names its rule alone. */
const aboutPrompt = ({ id: command_id, subscriber_id, shown_at: issued_at, content }: BoardPrompt): About => ({
  command_id,
  subscriber_id,
  issued_at,
  rule: content.rule,
})

const agentLengthMost = 64

function withdrawalOf(of: DeskAct['of'], command: About, cancellation: ControlRecord): DeskAct {
  const { command_id, subscriber_id, issued_at } = command
  const { control_id, requested_at, author, reason = null } = cancellation
  return {
    act_id: deterministicId('cancelled', control_id, command_id),
    subscriber_id,
    acted_at: Math.max(requested_at, issued_at),
    of,
    command_id,
    action: 'withdraw',
    agent: author.slice(0, agentLengthMost),
    code: 'cancelled',
    channels: [],
    note: reason,
  }
}
