import { type AnyInput, type AnyOutput, DocumentProcessor } from '../flow/documents.ts'
import { type RunningService, startService } from '../flow/service.ts'
import type { Step } from '../flow/step.ts'
import type { Deployable } from '../platform/deployable.ts'
import { createObserver } from '../platform/observer.ts'
import type { Platform } from '../platform/platform.ts'
import type { Command, Decision } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { serviceNodes, topics } from '../topology.ts'
import type { DecideState } from './state.ts'
import { createDecideStep } from './step.ts'

const node = serviceNodes.decide

/** Decide as a service: the step on every shard, under the catalogue in force. */
export const decide: Deployable = {
  name: node.name,
  node,
  async start(platform) {
    const { log, store, codec, clock, flow, metrics, logger, catalogue, fail } = platform
    const onOutput = countOutputs(platform)
    let step = stepFor(catalogue.current)
    let service: RunningService<DocumentProcessor<DecideState>> | undefined
    const useStep = () => {
      for (const processor of service?.processors() ?? []) processor.useStep(step)
    }
    // From the beginning: a catalogue may come while the group is joined, which takes seconds on Kafka.
    catalogue.subscribe((next) => {
      step = stepFor(next)
      useStep()
    })
    service = await startService({
      node,
      log,
      store,
      codec,
      clock,
      settings: flow,
      observer: createObserver(node.name, metrics, logger),
      createProcessor: () => new DocumentProcessor<DecideState>({ step, reads: node.reads, codec, onOutput }),
      onFailed: fail,
    })
    useStep()
    return { stop: service.stop, shards: service }
  },
}

const stepFor = (catalogue: Catalogue): Step<DecideState, AnyInput, AnyOutput> => createDecideStep(catalogue)

function countOutputs({ metrics, clock }: Platform): (output: AnyOutput) => void {
  return ({ topic, value }) => {
    if (topic === topics.decisions) {
      const { outcome, code } = value as Decision
      if (outcome === 'suppressed' || outcome === 'deferred') metrics.suppressions.inc({ code: code ?? 'none' })
    } else if (topic.schema === 'command') {
      const { channel, triggered_at } = value as Command
      metrics.commands.inc({ channel })
      if (typeof triggered_at === 'number') metrics.eventToCommand.observe(clock.millisSince(triggered_at) / 1000)
    }
  }
}
