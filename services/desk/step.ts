import { CodedError } from '../domain/errors.ts'
import type { At, InputOf, Step, StepResult } from '../flow/step.ts'
import type { Command, Contact, DeskAct } from '../records/types.ts'
import { callOf, callsAfter, withoutPastCalls } from './calls.ts'
import { type DeskOutput, outputsOfResult, receiptOf } from './outputs.ts'
import { agentChanged, callOver, isLive, onPrompt, promptsEnded, shown } from './prompt-moves.ts'
import { type DeskState, initialState, type KeptTask, stateSchema } from './state.ts'
import { acted, newEntry, withdrawn } from './task-entry.ts'

export type DeskInput = InputOf<'command', Command> | InputOf<'desk-act', DeskAct> | InputOf<'contact', Contact>
export type DeskStep = Step<DeskState, DeskInput, DeskOutput>
type Result = StepResult<DeskState, DeskOutput>

/** A result that was given in time may come a little later. */
const patienceMs = 60_000
/** Ids are kept so long behind the end: a command that comes again is no second task. */
const rememberedMs = 2 * 86_400_000
const tasksMost = 100

/**
 * Desk's step: keeps tasks and prompts, applies what people do, and tells decide and the rules what came of it. All that it puts
 * out follows from its inputs alone, with ids to match, so that a replay repeats it and adds nothing.
 */
export function createDeskStep(): DeskStep {
  return {
    stateSchema,
    initial: initialState,
    handle(state, input, at) {
      switch (input.type) {
        case 'contact':
          return contact(state, input.value, at)
        case 'command':
          return command(tidied(state, at), input.value)
        case 'desk-act':
          return act(state, input.value)
      }
    },
    nextDue: ({ tasks, prompts }) =>
      Math.min(
        ...tasks.map((task) => (isOver(task) ? Number.POSITIVE_INFINITY : task.closes_at + patienceMs)),
        ...prompts.map((prompt) => (isLive(prompt) ? prompt.ends_at : Number.POSITIVE_INFINITY)),
        Number.POSITIVE_INFINITY,
      ),
    timer: (state, at) => due(state, at),
    adopt: (state) => state,
  }

  function contact(state: DeskState, event: Contact, at: At): Result {
    const before = callOf(state.calls, event.call_id)
    const calls = callsAfter(state.calls, event, at.now)
    if (calls === state.calls) return { state }
    const now = callOf(calls, event.call_id)
    const next = { ...state, calls }
    if (!now || before?.is_over) return { state: next }
    if (now.is_over) return callOver(next, event, 'call-ended')
    return now.agent === (before?.agent ?? null) ? { state: next } : agentChanged(next, event, now.agent)
  }

  function command(state: DeskState, value: Command): Result {
    if (value.channel === 'desk') return shown(state, value)
    if (value.channel === 'task' && value.cancelled_because != null) {
      return takenBack(state, value, value.cancelled_because)
    }
    if (value.channel !== 'task' || !value.task) {
      throw new CodedError('KM_DESK_WRONG_CHANNEL', `a command for '${value.channel}' that asks nobody to do anything`)
    }
    if (state.tasks.some(({ id }) => id === value.command_id)) return { state }
    const task: KeptTask = { ...newEntry(value, value.task), is_given_up: false }
    const tasks = [...state.tasks, task].slice(-tasksMost)
    return { state: { ...state, subscriber_id: value.subscriber_id, tasks } }
  }

  /** Decide asks for it back. What somebody has ended, or was given up, stays as it is. */
  function takenBack(state: DeskState, { command_id, subscriber_id, issued_at }: Command, because: string): Result {
    const index = state.tasks.findIndex(({ id }) => id === command_id)
    const task = state.tasks[index]
    if (!task || isOver(task)) return { state }
    const about = { subscriber_id, command_id, channel: 'task' } as const
    const tasks = state.tasks.with(index, { ...task, ...withdrawn(task, issued_at, because) })
    return { state: { ...state, tasks }, outputs: [receiptOf(about, 'failed', issued_at, 'withdrawn')] }
  }

  function act(state: DeskState, value: DeskAct): Result {
    switch (value.of) {
      case 'task':
        return onTask(state, value)
      case 'prompt':
        return onPrompt(state, value)
      // What somebody wrote has been read, and nothing follows from that.
      case 'reply':
        return { state }
    }
  }

  function onTask(state: DeskState, act: DeskAct): Result {
    const index = state.tasks.findIndex(({ id }) => id === act.command_id)
    const task = state.tasks[index]
    if (!task) return { state }
    const { entry, isChanged } = acted(task, act)
    if (!isChanged) return { state }
    const { is_given_up } = task
    const about = { subscriber_id: act.subscriber_id, command_id: act.command_id, channel: 'task' } as const
    if (act.action === 'withdraw') {
      if (is_given_up) return { state }
      const tasks = state.tasks.with(index, { ...entry, is_given_up })
      return { state: { ...state, tasks }, outputs: [receiptOf(about, 'failed', act.acted_at, 'cancelled')] }
    }
    return {
      state: { ...state, tasks: state.tasks.with(index, { ...entry, is_given_up }) },
      outputs: outputsOfResult(about, act, entry.phase === 'done', task.withdrawn_at !== null),
    }
  }

  function due(state: DeskState, at: At): Result {
    const outputs: DeskOutput[] = []
    const tasks = state.tasks.map((task) => {
      if (isOver(task) || task.closes_at + patienceMs > at.clock) return task
      const about = { subscriber_id: state.subscriber_id, command_id: task.id, channel: 'task' } as const
      outputs.push(receiptOf(about, 'expired', task.closes_at, 'not-worked'))
      return { ...task, is_given_up: true }
    })
    const ended = promptsEnded({ ...state, tasks }, at.clock)
    return { state: tidied(ended.state, at), outputs: [...outputs, ...(ended.outputs ?? [])] }
  }
}

const isOver = ({ phase, withdrawn_at, is_given_up }: KeptTask): boolean =>
  phase === 'done' || withdrawn_at !== null || is_given_up

/** Without what can come no more. */
function tidied(state: DeskState, { now }: At): DeskState {
  const tasks = state.tasks.filter((task) => !isOver(task) || task.closes_at + rememberedMs > now)
  const prompts = state.prompts.filter((prompt) => isLive(prompt) || prompt.ends_at + rememberedMs > now)
  const calls = withoutPastCalls(state.calls, now)
  const isSame = tasks.length === state.tasks.length && prompts.length === state.prompts.length && calls === state.calls
  return isSame ? state : { ...state, tasks, prompts, calls }
}
