import type { Command, DeskAct, Task } from '../records/types.ts'

/** A task, as what people did has left it. The same everywhere: it follows from the command and the acts in their order alone. */
export interface TaskEntry {
  readonly id: string
  readonly closes_at: number
  readonly attempts_most: number
  readonly due_at: number
  readonly phase: 'open' | 'taken' | 'done'
  /** Who has it, or ended it; of one that is open again: who had it last. */
  readonly agent: string | null
  readonly taken_at: number | null
  /** Times not reached. */
  readonly attempts: number
  readonly stage: Stage
  /** The last result; null: none yet. */
  readonly code: string | null
  readonly means: Means | null
  readonly resulted_at: number | null
  /** When it was taken off the list; null: it wasn't. Who had it may say how it went all the same. */
  readonly withdrawn_at: number | null
  /** Code of the reason: `cancelled` by an operator, or why decide took it back. */
  readonly withdrawn_because: string | null
  /** Ids of the last acts: one that comes again, as its answer was lost, changes nothing. */
  readonly seen: readonly string[]
}

export type Means = NonNullable<DeskAct['means']>

/** How far the conversation has come. */
export type Stage = 'none' | 'reached' | 'intends' | 'completed'

/** Why an act changes nothing. */
export interface Refusal {
  readonly code:
    | 'KM_TASK_TAKEN'
    | 'KM_TASK_NOT_TAKEN'
    | 'KM_TASK_DONE'
    | 'KM_TASK_EXPIRED'
    | 'KM_TASK_DUE'
    | 'KM_TASK_WITHDRAWN'
    | 'KM_TASK_ACT'
  readonly message: string
}

export type Acted =
  | { readonly entry: TaskEntry; readonly isChanged: boolean; readonly refusal?: undefined }
  | { readonly entry: TaskEntry; readonly isChanged: false; readonly refusal: Refusal }

/** Who took a task and does nothing loses it to whoever takes it then. Milliseconds. */
export const takenMs = 8 * 3_600_000

export const newEntry = ({ command_id: id }: Pick<Command, 'command_id'>, task: Task): TaskEntry => ({
  id,
  closes_at: task.closes_at,
  attempts_most: task.attempts_most,
  due_at: task.due_at,
  phase: 'open',
  agent: null,
  taken_at: null,
  attempts: 0,
  stage: 'none',
  code: null,
  means: null,
  resulted_at: null,
  withdrawn_at: null,
  withdrawn_because: null,
  seen: [],
})

/** What an act makes of a task. The same act twice changes it once. */
export function acted(entry: TaskEntry, act: DeskAct): Acted {
  if (act.action === 'withdraw') {
    const without = withdrawn(entry, act.acted_at, act.code ?? 'cancelled')
    return { entry: without, isChanged: without !== entry }
  }
  if (entry.seen.includes(act.act_id) || repeats(entry, act)) return { entry, isChanged: false }
  const refusal = refusalOf(entry, act)
  if (refusal) return { entry, isChanged: false, refusal }
  const seen = [...entry.seen, act.act_id].slice(-seenMost)
  return { entry: { ...changed(entry, act), seen }, isChanged: true }
}

const seenMost = 10

/**
 * Taken off the list; the same entry if somebody has ended it already, it is given up, or it was before. What people did before, or did not know of it
 * yet, is read beside it in any order, and stands whichever of the two comes first.
 */
export function withdrawn(entry: TaskEntry, withdrawn_at: number, withdrawn_because: string): TaskEntry {
  if (entry.phase === 'done' || entry.withdrawn_at !== null || withdrawn_at >= entry.closes_at) return entry
  return { ...entry, withdrawn_at, withdrawn_because }
}

/** Why somebody who knows of the withdrawal may not do this; undefined: they have it, and say how it went. */
export function refusalOfWithdrawn(entry: TaskEntry, { action, agent }: DeskAct): Refusal | undefined {
  const { phase, withdrawn_at, withdrawn_because } = entry
  if (withdrawn_at === null || phase === 'done') return undefined
  if (phase === 'taken' && entry.agent === agent && action !== 'take') return undefined
  const message = `it was withdrawn at ${iso(withdrawn_at)}: ${withdrawn_because}; only who had it may still say how it went`
  return { code: 'KM_TASK_WITHDRAWN', message }
}

function changed(entry: TaskEntry, act: DeskAct): TaskEntry {
  switch (act.action) {
    case 'take':
      return { ...entry, phase: 'taken', agent: act.agent, taken_at: act.acted_at }
    case 'give-back':
      return { ...entry, phase: 'open', taken_at: null }
    default:
      return resulted(entry, act)
  }
}

/** Somebody says again what they have said. */
function repeats({ phase, agent, code, resulted_at }: TaskEntry, act: DeskAct): boolean {
  if (act.agent !== agent) return false
  if (act.action === 'take') return phase === 'taken'
  if (act.action === 'give-back') return phase === 'open'
  return phase === 'done' && act.code === code && act.acted_at >= (resulted_at ?? 0)
}

function refusalOf(entry: TaskEntry, act: DeskAct): Refusal | undefined {
  const { phase, agent, taken_at, closes_at } = entry
  const refused = (code: Refusal['code'], message: string): Refusal => ({ code, message })
  if (phase === 'done') return refused('KM_TASK_DONE', `'${entry.code}' ended it already, by ${agent}`)
  if (act.acted_at >= closes_at) return refused('KM_TASK_EXPIRED', `it was given up at ${iso(closes_at)}`)
  const isOthers = phase === 'taken' && agent !== act.agent && act.acted_at < (taken_at ?? 0) + takenMs
  if (act.action === 'give-back') {
    return phase === 'taken' && agent === act.agent
      ? undefined
      : refused('KM_TASK_NOT_TAKEN', `${act.agent} doesn't have it${phase === 'taken' ? `; ${agent} has` : ''}`)
  }
  if (isOthers) return refused('KM_TASK_TAKEN', `${agent} has it since ${iso(taken_at ?? 0)}`)
  if (act.action === 'take') return undefined
  if (act.action !== 'result' || act.means == null || act.code == null) {
    return refused('KM_TASK_ACT', 'a task is taken, given back, or ended by a result')
  }
  const { due_at = null } = act
  if (act.means === 'call-back' && due_at === null)
    return refused('KM_TASK_DUE', 'say when to call back: by due_at, on the command line by --due')
  if (due_at !== null && (due_at <= act.acted_at || due_at >= closes_at)) {
    return refused('KM_TASK_DUE', `due_at must be later than now and before ${iso(closes_at)}, when it is given up`)
  }
  return undefined
}

const iso = (at: number) => new Date(at).toISOString()

/** What leaves the task open; the others end it. */
const interim: ReadonlySet<Means> = new Set(['intends', 'call-back', 'follow-up'])

/** Whether a result leaves the task open. `attempts`: times not reached, this one included. */
const isInterim = (means: Means, attempts: number, { attempts_most }: Pick<TaskEntry, 'attempts_most'>): boolean =>
  means === 'not-reached' ? attempts < attempts_most : interim.has(means)

function resulted(entry: TaskEntry, { agent, acted_at, code = null, means = null, due_at = null }: DeskAct): TaskEntry {
  if (means === null) return entry
  const attempts = entry.attempts + Number(means === 'not-reached')
  const said = { agent, code, means, resulted_at: acted_at, attempts, stage: stageAfter(entry.stage, means) }
  if (!isInterim(means, attempts, entry)) return { ...entry, ...said, phase: 'done', taken_at: null }
  return { ...entry, ...said, phase: 'open', taken_at: null, due_at: due_at ?? entry.due_at }
}

const stages: readonly Stage[] = ['none', 'reached', 'intends', 'completed']

/** It goes forward only: who was interested once, was. */
function stageAfter(stage: Stage, means: Means): Stage {
  const reached = stageOf(means)
  return stages.indexOf(reached) > stages.indexOf(stage) ? reached : stage
}

function stageOf(means: Means): Stage {
  switch (means) {
    case 'accepted':
    case 'done':
      return 'completed'
    case 'intends':
      return 'intends'
    case 'not-reached':
    case 'wrong-person':
      return 'none'
    default:
      return 'reached'
  }
}
