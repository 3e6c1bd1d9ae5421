import { healthyReceipts } from '../../../services/decide/healthy-channels.ts'
import type { DecideOutput } from '../../../services/decide/outputs.ts'
import { isDecision, isOutcome } from '../../../services/decide/outputs.ts'
import type { DecideState } from '../../../services/decide/state.ts'
import type { DecideInput, DecideStep } from '../../../services/decide/step.ts'
import type { Command } from '../../../services/records/types.ts'
import { topics } from '../../../services/topology.ts'
import type { Entry, History, Told } from './history.ts'

/** What is told, and when it is. */
export interface Timed {
  readonly at: number
  readonly told: Told
}

const settledMs = 8 * 24 * 3_600_000

/**
 * Plays what is told of a subscriber through decide, with its timers, and writes down what was told and said. `calls` were made
 * before, and are known from the log. Commands that the stream has no receipt of are delivered at once. `heard`: what decide hears in the place of what is told; undefined: nothing.
 */
export function record(
  step: DecideStep,
  stream: readonly Timed[],
  calls: readonly Command[] = [],
  heard: (told: Told) => Told | undefined = (told) => told,
): History {
  const told = new Set(stream.flatMap((one) => (one.told.type === 'receipt' ? [one.told.value.command_id] : [])))
  const history: Entry[] = []
  let state = step.initial
  for (const command of calls) {
    const at = command.issued_at
    history.push({ at, kind: 'command', command })
    state = step.adopt(state, { topic: topics.commands[command.channel], value: command }, { now: at, clock: at })
  }
  for (const { at, told } of stream) {
    timersUntil(at)
    tell(at, told)
  }
  timersUntil((stream.at(-1)?.at ?? 0) + settledMs)
  return history

  function tell(at: number, told: Told): void {
    history.push({ at, kind: 'told', told })
    const input = heard(told)
    if (input) take(at, step.handle(state, input as DecideInput, { clock: at, now: at }))
  }

  function timersUntil(time: number): void {
    for (let due = step.nextDue(state); due <= time; due = step.nextDue(state)) {
      take(due, step.timer(state, { clock: due, now: due }))
      if (step.nextDue(state) <= due) throw new Error(`still due at ${due} after its timer`)
    }
  }

  function take(at: number, result: { readonly state: DecideState; readonly outputs?: readonly DecideOutput[] }): void {
    state = result.state
    const unheard: Command[] = []
    for (const output of result.outputs ?? []) {
      // What became of a command says nothing that the checker doesn't see by itself.
      if (isOutcome(output)) continue
      if (isDecision(output)) history.push({ at, kind: 'decision', decision: output.value })
      else {
        const command = output.value as Command
        history.push({ at, kind: 'command', command })
        if (!told.has(command.command_id)) unheard.push(command)
      }
    }
    for (const command of unheard)
      for (const value of healthyReceipts(command, at)) tell(at, { type: 'receipt', value })
  }
}
