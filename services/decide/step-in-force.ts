import type { Budgets } from '../budgets/budgets.ts'
import type { InForce } from '../catalogue/schedule.ts'
import type { ChannelHealths } from '../channel-health/board.ts'
import type { Holds } from '../control/holds.ts'
import type { AnyInput, AnyOutput } from '../flow/documents.ts'
import type { Step } from '../flow/step.ts'
import { type Learning, noLearning } from '../learning/learning.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import type { Channel } from '../topology.ts'
import type { DecideState } from './state.ts'
import { createDecideStep } from './step.ts'
import type { GiveBack } from './tranches.ts'

/** Decide's step as the runtime hands it inputs of any topic. */
export type AnyDecideStep = Step<DecideState, AnyInput, AnyOutput, GiveBack, undefined>

/**
 * Decide's step under the catalogue in force at the instant of sending (`at.now`): policy is judged on that instant. What
 * doesn't depend on a catalogue (the state's schema, deadlines, adoption) is the same under all.
 */
export function createStepInForce(
  inForceAt: (now: number) => InForce,
  holds: Holds,
  budgets: Budgets,
  learning: Learning = noLearning,
  channels?: readonly Channel[],
  health?: ChannelHealths,
): AnyDecideStep & { prepare(catalogue: Catalogue): void } {
  const steps = new WeakMap<Catalogue, AnyDecideStep>()
  function stepUnder(catalogue: Catalogue): AnyDecideStep {
    const settings = { holds, budgets, learning, ...(channels && { channels }), ...(health && { health }) }
    const step: AnyDecideStep = steps.get(catalogue) ?? createDecideStep(catalogue, settings)
    steps.set(catalogue, step)
    return step
  }
  function stepAt(now: number): AnyDecideStep {
    for (;;) {
      const { catalogue, refuse } = inForceAt(now)
      try {
        return stepUnder(catalogue)
      } catch (error) {
        refuse(error)
      }
    }
  }
  const { stateSchema, initial, nextDue, waiting, adopt } = stepAt(Number.POSITIVE_INFINITY)
  return {
    stateSchema,
    initial,
    nextDue,
    ...(waiting && { waiting }),
    adopt,
    prepare: (catalogue) => void stepUnder(catalogue),
    handle: (state, input, at) => stepAt(at.now).handle(state, input, at),
    timer: (state, at) => stepAt(at.now).timer(state, at),
  }
}
