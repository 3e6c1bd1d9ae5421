import { localBudgets } from '../budgets/local.ts'
import { withHealthyChannels } from '../decide/healthy-channels.ts'
import { type DecideOutput, isDecision, isOutcome } from '../decide/outputs.ts'
import type { DecideState } from '../decide/state.ts'
import { createDecideStep, type DecideInput, type DecideStep } from '../decide/step.ts'
import type { GiveBack } from '../decide/tranches.ts'
import type { OutputTo, StepResult } from '../flow/step.ts'
import { learnAlone } from '../learning/alone.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import type { Command, Decision, Moment } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { serviceNodes, topics } from '../topology.ts'
import type { SaidByChannel } from './timeline.ts'

/**
 * What decide makes of a timeline's moments: its step, by subscriber, on the clock of the timeline. Nothing is sent: of commands
 * that the timeline itself tells nothing of, healthy channels tell.
 */
export interface Decided {
  /** An event reaches decide, if that reads its type. */
  hear(event: ReadEvent, now: number): void
  hearMoment(moment: Moment, now: number): void
  /** A channel says what became of a command; false: there is none. */
  hearReceipt(subscriber: string, said: SaidByChannel, now: number): boolean
  /** Time passes: what waited until then is judged. */
  advance(now: number): void
  /** Another catalogue is in force from now on. */
  goOver(catalogue: Catalogue): void
  /** Takes the subscriber's first decision that nobody took yet; one that only records isn't told. */
  take(subscriber: string): Decision | undefined
  /** Those that nobody took. */
  left(): readonly Decision[]
}

/** What decide has to know of a timeline. */
export interface Told {
  /** Of subscribers whose profile names none. */
  readonly zone: string
  /** The rules whose decisions are told. */
  readonly isTried: (rule: string) => boolean
  /** A line yet to come says what becomes of the command. `untaken`: so many decisions of its subscriber nobody took yet. */
  readonly isToldOf: (command: Command, untaken: number) => boolean
}

export function createDecided(catalogue: Catalogue, { zone, isTried, isToldOf }: Told): Decided {
  const states = new Map<string, DecideState>()
  const waiting: Decision[] = []
  const commands: Command[] = []
  const budgets = localBudgets()
  const learning = learnAlone()
  let { campaigns } = catalogue
  let step = stepOf(catalogue)

  function stepOf({ policy, ...rest }: Catalogue): DecideStep {
    const step = createDecideStep({ ...rest, policy: { ...policy, defaultTimeZone: zone } }, { budgets, learning })
    return withHealthyChannels(step, (command, before) => {
      const earlier = waiting.filter(({ subscriber_id }) => subscriber_id === command.subscriber_id)
      return isToldOf(command, earlier.length + before.filter(isTold).length)
    })
  }

  /** It is a decision that lines name. */
  function isTold(output: OutputTo<unknown>): boolean {
    return isDecision(output as DecideOutput) && isNamed(output.value as Decision)
  }

  function isNamed({ outcome, rule }: Decision): boolean {
    return outcome !== 'recorded' && isTried(rule)
  }

  function keep(
    subscriber: string,
    { state, outputs = [] }: StepResult<DecideState, Parameters<typeof isDecision>[0], GiveBack>,
  ) {
    states.set(subscriber, state)
    for (const output of outputs) {
      if (isOutcome(output)) {
        learning.take(output.value, campaigns)
        continue
      }
      if (!isDecision(output)) {
        commands.push(output.value)
        continue
      }
      if (isNamed(output.value)) waiting.push(output.value)
    }
  }

  function release(subscriber: string, now: number): DecideState {
    for (;;) {
      const state = states.get(subscriber) ?? step.initial
      const due = step.nextDue(state)
      if (due > now) return state
      keep(subscriber, step.timer(state, { now: due, clock: due }))
    }
  }

  function handle(subscriber: string, input: DecideInput, now: number): void {
    keep(subscriber, step.handle(release(subscriber, now), input, { now, clock: now }))
  }

  return {
    hear({ type, record }, now) {
      // A type that decide reads is one of its inputs.
      if (readTypes.has(topics.events[type].name)) {
        handle(record.subscriber_id, { type, value: record } as unknown as DecideInput, now)
      }
    },
    hearMoment: (moment, now) => handle(moment.subscriber_id, { type: 'moment', value: moment }, now),
    hearReceipt(subscriber, { status, channel, code }, now) {
      release(subscriber, now)
      const command = commands.findLast(
        (one) => one.subscriber_id === subscriber && (channel === undefined || one.channel === channel),
      )
      if (!command) return false
      if (status === 'none') return true
      const about = { subscriber_id: subscriber, command_id: command.command_id, channel: command.channel }
      const value = { receipt_id: `${command.command_id}-${now}-${status}`, received_at: now, ...about, status, code }
      handle(subscriber, { type: 'receipt', value }, now)
      return true
    },
    advance(now) {
      for (const subscriber of states.keys()) release(subscriber, now)
    },
    goOver: (next) => {
      step = stepOf(next)
      campaigns = next.campaigns
    },
    take(subscriber) {
      const index = waiting.findIndex(({ subscriber_id }) => subscriber_id === subscriber)
      return index < 0 ? undefined : waiting.splice(index, 1)[0]
    },
    left: () => waiting,
  }
}

const readTypes = new Set(serviceNodes.decide.reads.map(({ name }) => name))
