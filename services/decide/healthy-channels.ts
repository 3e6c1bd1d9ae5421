import { deterministicId } from '../domain/ids.ts'
import type { At, InputOf, OutputTo, Step, StepResult } from '../flow/step.ts'
import type { Command, Receipt } from '../records/types.ts'
import { type Channel, topics } from '../topology.ts'
import type { DecideState } from './state.ts'
import type { GiveBack } from './tranches.ts'

/** What a healthy channel says of a command at once; a task waits for people, and what they say is not foreseen. */
const said: Readonly<Record<Channel, readonly Receipt['status'][]>> = {
  sms: ['accepted', 'delivered'],
  ivr: ['accepted', 'delivered'],
  push: ['accepted', 'delivered'],
  desk: ['delivered'],
  task: [],
}

type Output = OutputTo<unknown>
type Deciding = Step<DecideState, InputOf<'receipt', Receipt>, Output, GiveBack, undefined>

const commandTopics: ReadonlySet<string> = new Set(Object.values(topics.commands).map(({ name }) => name))

/**
 * Decide where nothing is sent: each command is heard of at its own instant, as from channels that take and deliver what they are
 * given. Without it a command would be under way until its `not_after`, and hold back what production says. `isToldOf`: others
 * tell what becomes of the command, or that nothing does; it is not answered here. It is handed what was put out with the command, before it.
 */
export function withHealthyChannels<Decide extends Deciding>(
  step: Decide,
  isToldOf: (command: Command, before: readonly Output[]) => boolean,
): Decide {
  type Result = StepResult<DecideState, Output, GiveBack>
  function answered(result: Result, at: At): Result {
    let { state, effects = [] } = result
    const outputs = [...(result.outputs ?? [])]
    // Behind what an answer brings comes its own.
    for (let next = 0; next < outputs.length; next++) {
      const output = outputs[next]
      if (!output || !commandTopics.has(output.topic.name)) continue
      const command = output.value as Command
      if (command.cancelled_because != null || isToldOf(command, outputs.slice(0, next))) continue
      for (const value of healthyReceipts(command, at.now)) {
        const after = step.handle(state, { type: 'receipt', value }, at)
        state = after.state
        effects = [...effects, ...(after.effects ?? [])]
        outputs.push(...(after.outputs ?? []))
      }
    }
    return { state, outputs, effects }
  }
  return {
    ...step,
    handle: (state: DecideState, input: InputOf<'receipt', Receipt>, at: At) =>
      answered(step.handle(state, input, at), at),
    timer: (state: DecideState, at: At) => answered(step.timer(state, at), at),
  }
}

/** What a healthy channel says of a command at once, in its order. */
export const healthyReceipts = (command: Command, now: number): readonly Receipt[] =>
  said[command.channel].map((status) => receiptOf(command, status, now))

const receiptOf = (
  { command_id, subscriber_id, channel }: Command,
  status: Receipt['status'],
  now: number,
): Receipt => ({
  receipt_id: deterministicId('healthy', command_id, status),
  received_at: now,
  subscriber_id,
  command_id,
  channel,
  status,
  code: null,
})
