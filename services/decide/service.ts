import { budgetRoutes } from '../budgets/routes.ts'
import { measureBudgets } from '../budgets/views.ts'
import { type AnyOutput, DocumentProcessor } from '../flow/documents.ts'
import { startService } from '../flow/service.ts'
import { type Learning, noLearning } from '../learning/learning.ts'
import type { Deployable } from '../platform/deployable.ts'
import { createObserver } from '../platform/observer.ts'
import type { Platform } from '../platform/platform.ts'
import type { Command, Decision, Outcome } from '../records/types.ts'
import { openChannels } from '../settings/open-channels.ts'
import { serviceNodes, topics } from '../topology.ts'
import { withHealthyChannels } from './healthy-channels.ts'
import type { DecideState } from './state.ts'
import { pausedLane } from './step.ts'
import { createStepInForce } from './step-in-force.ts'
import type { GiveBack } from './tranches.ts'

const node = serviceNodes.decide

/** Decide as a service: the step on every shard, under the catalogue in force at the instant of sending. */
export const decide: Deployable = {
  name: node.name,
  node,
  routes: (http, platform) => budgetRoutes(http, platform),
  async start(platform) {
    const { log, store, codec, clock, scheduler, flow, metrics, logger, catalogue, control, budgets, fail } = platform
    const onOutput = countOutputs(platform)
    const sends = openChannels(platform.settings)
    const health = platform.channelHealth
    const inForceAt = (now: number) => catalogue.at(now)
    const { learning = noLearning, isToldOf } = platform
    const known = typeof learning === 'function' ? noLearning : learning
    const stepWith = (learned: Learning) => {
      const inForce = createStepInForce(inForceAt, control, budgets, learned, sends, health)
      return isToldOf ? withHealthyChannels(inForce, isToldOf) : inForce
    }
    const step = stepWith(known)
    const shared = { step, reads: node.reads, codec, onOutput }
    function createProcessor() {
      if (typeof learning !== 'function') return new DocumentProcessor<DecideState, GiveBack, undefined>(shared)
      const alone = learning()
      return new DocumentProcessor<DecideState, GiveBack, undefined>({
        ...shared,
        step: stepWith(alone),
        onOutput(output) {
          onOutput(output)
          if (output.topic !== topics.outcomes) return
          const outcome = output.value as Outcome
          alone.take(outcome, catalogue.at(outcome.occurred_at).catalogue.campaigns)
        },
      })
    }
    const service = await startService({
      node,
      log,
      store,
      codec,
      clock,
      scheduler,
      settings: flow,
      observer: createObserver(node.name, metrics, logger),
      // A do-not-disturb is known here once detect has read what opens it.
      upstream: serviceNodes.detect,
      createProcessor,
      runEffect: async ({ use, drawn }: GiveBack) => budgets.giveBack(use, drawn, clock.now()),
      recallMs: control.lookAgainMs,
      onFailed: fail,
    })
    catalogue.attach(node.name, {
      clocks: () => service.shards().map(() => clock.now()),
      prepare: ({ catalogue: next }) => step.prepare(next),
    })
    const unsubscribe = control.subscribe(() => service.recall())
    return {
      shards: service,
      measure() {
        const counts = service.processors().map(({ waiting }) => waiting[pausedLane] ?? 0)
        metrics.pausedMoments.set(counts.reduce((sum, count) => sum + count, 0))
        measureBudgets(catalogue.current.policy, budgets, clock.now(), metrics)
      },
      problems: () => [...control.problems(), ...budgets.problems()],
      async stop(millis) {
        unsubscribe()
        await service.stop(millis)
      },
    }
  },
}

function countOutputs({ metrics, clock }: Platform): (output: AnyOutput) => void {
  return ({ topic, value }) => {
    if (topic === topics.decisions) {
      const { outcome, code } = value as Decision
      if (outcome === 'suppressed' || outcome === 'deferred') metrics.suppressions.inc({ code: code ?? 'none' })
    } else if (topic === topics.outcomes) {
      const { outcome, channel } = value as Outcome
      metrics.outcomes.inc({ outcome, channel: channel ?? '' })
    } else if (topic.schema === 'command') {
      const { channel, triggered_at, cancelled_because } = value as Command
      if (cancelled_because != null) return
      metrics.commands.inc({ channel })
      if (typeof triggered_at === 'number') metrics.eventToCommand.observe(clock.millisSince(triggered_at) / 1000)
    }
  }
}
