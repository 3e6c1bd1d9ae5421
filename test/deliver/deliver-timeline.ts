import type { Outcome } from '../../services/deliver/channel.ts'
import { type DeliverSettings, deliverDefaults } from '../../services/deliver/deliver-settings.ts'
import type { SendEffect } from '../../services/deliver/send-effect.ts'
import type { DeliverState } from '../../services/deliver/state.ts'
import { createDeliverStep, type DeliverOutput } from '../../services/deliver/step.ts'
import type { LaneLoad, StepResult } from '../../services/flow/step.ts'
import type { Attempt, Command, PushAddress, Receipt } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'
import { heldByHand } from '../control/held-by-hand.ts'
import { keptState } from '../support/kept-state.ts'

/** One subscriber's deliver step on a hand-moved clock; `told` is what came out, as lines. Times are seconds. */
export function deliverTimeline(changes: Partial<DeliverSettings> = {}) {
  const operators = heldByHand()
  const { holds } = operators
  const step = createDeliverStep({ ...deliverDefaults, providers: { sms: 'test' }, holds, ...changes })
  const kept = keptState<DeliverState>(step.stateSchema)
  let state = step.initial
  let seconds = 0
  let effects: SendEffect[] = []
  const attempts: Attempt[] = []
  const told: string[] = []
  const receiptIds: string[] = []
  const receipts: Receipt[] = []
  // Whole, as times are: seconds with a fraction are not exact.
  const millis = () => Math.round(seconds * 1000)
  let lane: ((lane: string) => LaneLoad) | undefined
  let unread = 0
  const at = () => ({ now: millis(), clock: millis() - unread, ...(lane && { lane }) })

  function take({
    state: next,
    outputs = [],
    effects: sends = [],
  }: StepResult<DeliverState, DeliverOutput, SendEffect>) {
    state = kept(next)
    for (const { value } of outputs) {
      if ('attempt_id' in value) {
        attempts.push(value)
        told.push(`${seconds} attempt`)
      } else {
        receiptIds.push(value.receipt_id)
        receipts.push(value)
        told.push(
          `${seconds} ${value.status}${value.code ? ` ${value.code}` : ''}${value.parts ? ` ${value.parts}` : ''}`,
        )
      }
    }
    for (const send of sends) told.push(`${seconds} send ${send.text} to ${send.address}`)
    effects = [...effects, ...sends]
  }

  const timeline = {
    initial: step.initial,
    told,
    receiptIds,
    receipts,
    attempts,
    effects: () => effects,
    state: () => state,
    nextDue: () => step.nextDue(state) / 1000,
    /** Goes on to `to`, running what is due on the way. */
    until(to: number) {
      while (step.nextDue(state) <= to * 1000) {
        seconds = Math.max(seconds, step.nextDue(state) / 1000)
        const before = state
        take(step.timer(state, at()))
        if (step.nextDue(state) <= seconds * 1000) throw new Error(`still due at ${seconds}: ${JSON.stringify(before)}`)
      }
      seconds = to
      return timeline
    },
    address(sms: string | null, eventTime = seconds) {
      const common = { event_id: 'a', subscriber_id: 'anna', source: 'crm', ivr: null, push: null }
      take(step.handle(state, { type: 'address', value: { ...common, event_time: eventTime * 1000, sms } }, at()))
      return timeline
    },
    /** A profile lists these devices, as `fcm:token`. */
    devices(listed: readonly string[], eventTime = seconds) {
      const common = { event_id: 'a', subscriber_id: 'anna', source: 'crm', sms: null, ivr: null }
      const push = listed.map((address) => {
        const [provider, token = ''] = address.split(':')
        return { provider: provider as PushAddress['provider'], token }
      })
      take(step.handle(state, { type: 'address', value: { ...common, event_time: eventTime * 1000, push } }, at()))
      return timeline
    },
    command(id: string, fields: Partial<Command> = {}) {
      take(step.handle(state, { type: 'command', value: commandOf(id, fields) }, at()))
      return timeline
    },
    /** So many seconds of the log are not read yet. */
    behind(time: number) {
      unread = time * 1000
      return timeline
    },
    /** How busy lanes are from now on. */
    lane(load: (lane: string) => LaneLoad) {
      lane = load
      return timeline
    },
    /** What an operator does: `pause p1 purpose=marketing`, `resume p1`, `cancel c command=hi`; `unknown` and `known`. */
    operator(line: string) {
      if (!operators.act(line, millis())) throw new Error(`no operator does '${line}'`)
      return timeline.until(seconds)
    },
    /** Answers the send which is `back` before the last. */
    answer(outcome: Outcome, back = 0) {
      const effect = effects.at(-1 - back)
      if (!effect || !step.effectResult) throw new Error('nothing was sent')
      const { attemptId, commandId, subscriberId } = effect
      take(step.effectResult(state, { attemptId, commandId, subscriberId, outcome }, at()))
      return timeline
    },
    /** The state goes back to what it was; what is on the log stays there. */
    rollBack(to: DeliverState) {
      state = to
      return timeline
    },
    /** Attempts are on the log before anything is sent, receipts where the process has lived to put them there. */
    adoptAll({ withReceipts = false, receiptsFirst = false } = {}) {
      const tries = attempts.map((value): DeliverOutput => ({ topic: topics.attempts, value }))
      const ends = withReceipts ? receipts.map((value): DeliverOutput => ({ topic: topics.receipts, value })) : []
      for (const output of receiptsFirst ? [...ends, ...tries] : [...tries, ...ends]) {
        take({ state: step.adopt(state, output, at()) })
      }
      return timeline
    },
  }
  return timeline
}

/** By default marketing, worth something until second 3600. */
function commandOf(id: string, fields: Partial<Command>): Command {
  return {
    command_id: id,
    subscriber_id: 'anna',
    issued_at: 0,
    triggered_at: null,
    outreach_id: 'o',
    moment_id: 'm',
    decision_id: 'd',
    channel: 'sms',
    purpose: 'marketing',
    rule: 'r',
    offer: null,
    text: id,
    language: 'en',
    not_after: 3_600_000,
    attempt: 1,
    ...fields,
  }
}
