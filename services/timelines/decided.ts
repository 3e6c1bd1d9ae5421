import { localBudgets } from '../budgets/local.ts'
import { isDecision, isOutcome } from '../decide/outputs.ts'
import type { DecideState } from '../decide/state.ts'
import { createDecideStep, type DecideInput, type DecideStep } from '../decide/step.ts'
import type { GiveBack } from '../decide/tranches.ts'
import type { StepResult } from '../flow/step.ts'
import { learnAlone } from '../learning/alone.ts'
import type { ReadEvent } from '../records/jsonl.ts'
import type { Decision, Moment } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { serviceNodes, topics } from '../topology.ts'

/**
 * What decide makes of a timeline's moments: its step, by subscriber, on the clock of the timeline. Nothing is sent and no
 * receipt comes: a command counts as one that may have left.
 */
export interface Decided {
  /** An event reaches decide, if that reads its type. */
  hear(event: ReadEvent, now: number): void
  hearMoment(moment: Moment, now: number): void
  /** Time passes: what waited until then is judged. */
  advance(now: number): void
  /** Another catalogue is in force from now on. */
  goOver(catalogue: Catalogue): void
  /** Takes the subscriber's first decision that nobody took yet; one that only records isn't told. */
  take(subscriber: string): Decision | undefined
  /** Those that nobody took. */
  left(): readonly Decision[]
}

/** `zone`: of subscribers whose profile names none. `isTried`: the rules whose decisions are told. */
export function createDecided(catalogue: Catalogue, zone: string, isTried: (rule: string) => boolean): Decided {
  const states = new Map<string, DecideState>()
  const waiting: Decision[] = []
  const budgets = localBudgets()
  const learning = learnAlone()
  let { campaigns } = catalogue
  let step = stepOf(catalogue)

  function stepOf({ policy, ...rest }: Catalogue): DecideStep {
    return createDecideStep({ ...rest, policy: { ...policy, defaultTimeZone: zone } }, { budgets, learning })
  }

  function keep(
    subscriber: string,
    { state, outputs = [] }: StepResult<DecideState, Parameters<typeof isDecision>[0], GiveBack>,
  ) {
    states.set(subscriber, state)
    for (const output of outputs) {
      if (isOutcome(output)) learning.take(output.value, campaigns)
      if (!isDecision(output)) continue
      if (output.value.outcome !== 'recorded' && isTried(output.value.rule)) waiting.push(output.value)
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
