import type { StepResult } from '../flow/step.ts'
import type { Command, Contact, DeskAct, Receipt } from '../records/types.ts'
import { callOf } from './calls.ts'
import { contentOf, type DeskOutput, newsOf, outputsOfResult, receiptOf, type UnsaidCode } from './outputs.ts'
import type { DeskState, KeptPrompt } from './state.ts'

type Result = StepResult<DeskState, DeskOutput>

const promptsMost = 50

/** An agent has it on the screen. */
export const isLive = ({ phase }: KeptPrompt): boolean => phase === 'shown' || phase === 'acknowledged'

/** A prompt for the agent who is in the call now; of a call that is over already, nobody is shown it. */
export function shown(state: DeskState, command: Command): Result {
  const { command_id: id, subscriber_id, issued_at: at, prompt = null } = command
  const content = contentOf(command)
  if (command.cancelled_because != null) return takenBack(state, id, at, command.cancelled_because, 'withdrawn')
  if (!prompt || !content || state.prompts.some((known) => known.id === id)) return { state }
  const { call_id, ends_at } = prompt
  const call = callOf(state.calls, call_id)
  const about = { subscriber_id, command_id: id, call_id }
  const kept = (phase: KeptPrompt['phase']): DeskState => ({
    ...state,
    subscriber_id,
    prompts: [...state.prompts, { id, call_id, ends_at, phase }].slice(-promptsMost),
  })
  if (call?.is_over) {
    return { state: kept('over'), outputs: [receiptOf({ ...about, channel: 'desk' }, 'expired', at, 'call-ended')] }
  }
  return { state: kept('shown'), outputs: [newsOf(about, 'show', at, { agent: call?.agent ?? null, content })] }
}

/** The call was transferred, or it is known only now who answers it: its prompts go along. */
export function agentChanged(state: DeskState, { call_id, event_time: at }: Contact, agent: string | null): Result {
  const open = state.prompts.filter((prompt) => prompt.call_id === call_id && isLive(prompt))
  const news = open.map(({ id: command_id }) => {
    return newsOf({ subscriber_id: state.subscriber_id, command_id, call_id }, 'update', at, { agent })
  })
  return { state, outputs: news }
}

export const callOver = (state: DeskState, { call_id, event_time }: Contact, reason: string): Result =>
  withdrawn(
    state,
    (prompt) => prompt.call_id === call_id,
    () => event_time,
    reason,
  )

/** Calls whose end never came count as ended when their prompts say so. */
export const promptsEnded = (state: DeskState, clock: number): Result =>
  withdrawn(
    state,
    ({ ends_at }) => ends_at <= clock,
    ({ ends_at }) => ends_at,
    'no-end',
  )

/** Off the screen while the call goes on: decide took it back, or an operator cancelled it (`code`). */
const takenBack = (state: DeskState, id: string, at: number, reason: string, code: 'withdrawn' | 'cancelled'): Result =>
  withdrawn(
    state,
    (prompt) => prompt.id === id,
    () => at,
    reason,
    { status: 'failed', code },
  )

/** What nobody acknowledged was never said: the touch didn't take place. */
function withdrawn(
  state: DeskState,
  isMeant: (prompt: KeptPrompt) => boolean,
  atOf: (prompt: KeptPrompt) => number,
  reason: string,
  unsaid: { readonly status: Receipt['status']; readonly code: UnsaidCode } = { status: 'expired', code: 'call-ended' },
): Result {
  const { subscriber_id } = state
  const outputs: DeskOutput[] = []
  const prompts = state.prompts.map((prompt): KeptPrompt => {
    if (!isLive(prompt) || !isMeant(prompt)) return prompt
    const { id: command_id, call_id } = prompt
    const at = atOf(prompt)
    outputs.push(newsOf({ subscriber_id, command_id, call_id }, 'withdraw', at, { reason }))
    if (prompt.phase === 'shown') {
      outputs.push(receiptOf({ subscriber_id, command_id, channel: 'desk' }, unsaid.status, at, unsaid.code))
    }
    return { ...prompt, phase: 'ended' }
  })
  return outputs.length === 0 ? { state } : { state: { ...state, prompts }, outputs }
}

/** What an agent does with a prompt. How it went they may say after the call as well. */
export function onPrompt(state: DeskState, act: DeskAct): Result {
  const { command_id, subscriber_id, agent, acted_at: at, code = null } = act
  const index = state.prompts.findIndex(({ id }) => id === command_id)
  const prompt = state.prompts[index]
  if (!prompt || prompt.phase === 'over') return { state }
  if (act.action === 'withdraw') return takenBack(state, command_id, at, code ?? 'cancelled', 'cancelled')
  const about = { subscriber_id, command_id, call_id: prompt.call_id }
  const toChannel = { subscriber_id, command_id, channel: 'desk' } as const
  const inPhase = (phase: KeptPrompt['phase']) => ({
    ...state,
    prompts: state.prompts.with(index, { ...prompt, phase }),
  })
  if (act.action === 'acknowledge') {
    if (prompt.phase !== 'shown') return { state }
    const outputs = [newsOf(about, 'acknowledged', at, { agent }), receiptOf(toChannel, 'accepted', at, null)]
    return { state: inPhase('acknowledged'), outputs }
  }
  if (act.action !== 'result') return { state }
  return {
    state: inPhase('over'),
    outputs: [newsOf(about, 'outcome', at, { agent, reason: code }), ...outputsOfResult(toChannel, act, true)],
  }
}
