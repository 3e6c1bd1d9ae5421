import type { Command, DeskAct } from '../records/types.ts'
import { forgetOldest } from './forget-oldest.ts'
import { type Acted, acted, newEntry, type TaskEntry, withdrawn } from './task-entry.ts'

/** A task with what is known of it. */
export interface BookTask {
  readonly command: Command
  readonly entry: TaskEntry
  /** What people did, in its order; refused acts are not among them. */
  readonly acts: readonly DeskAct[]
}

/** All tasks that the log tells of, in memory. It is filled by whoever reads the log. */
export interface Book {
  takeCommand(command: Command): void
  takeAct(act: DeskAct): void
  task(id: string): BookTask | undefined
  /** Whether the last of these acts of the task changed it, and why not. */
  verdict(actId: string): Acted | undefined
  tasks(): Iterable<BookTask>
  /** Drops what has been over for long. */
  tidy(now: number): void
}

/** Acts whose command the reader has not come to yet, as topics are read beside each other. */
const earlyMost = 10_000
const verdictsMost = 10_000
const shownMs = 30 * 86_400_000

export function createBook(): Book {
  const tasks = new Map<string, BookTask>()
  const early = new Map<string, DeskAct[]>()
  const verdicts = new Map<string, Acted>()

  function apply(task: BookTask, act: DeskAct): BookTask {
    const verdict = acted(task.entry, act)
    forgetOldest(verdicts, verdictsMost)
    if (!verdicts.has(act.act_id) || verdict.isChanged) verdicts.set(act.act_id, verdict)
    return verdict.isChanged ? { ...task, entry: verdict.entry, acts: [...task.acts, act] } : task
  }

  return {
    takeCommand(command) {
      const { command_id: id, task } = command
      if (command.cancelled_because != null) {
        const known = tasks.get(id)
        if (known)
          tasks.set(id, { ...known, entry: withdrawn(known.entry, command.issued_at, command.cancelled_because) })
        return
      }
      if (!task || tasks.has(id)) return
      const fresh: BookTask = { command, entry: newEntry(command, task), acts: [] }
      tasks.set(id, (early.get(id) ?? []).reduce(apply, fresh))
      early.delete(id)
    },
    takeAct(act) {
      if (act.of !== 'task') return
      const task = tasks.get(act.command_id)
      if (task) tasks.set(act.command_id, apply(task, act))
      else {
        forgetOldest(early, earlyMost)
        early.set(act.command_id, [...(early.get(act.command_id) ?? []), act])
      }
    },
    task: (id) => tasks.get(id),
    verdict: (actId) => verdicts.get(actId),
    tasks: () => tasks.values(),
    tidy(now) {
      for (const [id, { entry }] of tasks) if (entry.closes_at + shownMs < now) tasks.delete(id)
    },
  }
}
