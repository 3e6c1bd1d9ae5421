import { startService } from '../flow/service.ts'
import type { Deployable } from '../platform/deployable.ts'
import { createObserver } from '../platform/observer.ts'
import { graceOf } from '../settings/grace.ts'
import { eventTypes, serviceNodes } from '../topology.ts'
import { createDetectProcessor, type DetectProcessor } from './detect-processor.ts'
import { createCounting } from './metrics.ts'

const node = serviceNodes.detect

/** Detect as a service: flat records and generated code on every shard, under the catalogue in force. */
export const detect: Deployable = {
  name: node.name,
  node,
  async start({ settings, log, store, codec, clock, flow, metrics, logger, catalogue, fail }) {
    const grace = Object.fromEntries(eventTypes.map((type) => [type, graceOf(settings, type)]))
    const counting = new WeakMap<DetectProcessor, ReturnType<typeof createCounting>>()
    const observer = createObserver(node.name, metrics, logger)
    const service = await startService<DetectProcessor>({
      node,
      log,
      store,
      codec,
      clock,
      settings: flow,
      observer: {
        ...observer,
        committed(shard, group) {
          observer.committed(shard, group)
          for (const processor of service.processors()) counting.get(processor)?.(processor.counters)
        },
      },
      createProcessor() {
        const { ruleset, policy } = catalogue.current
        const processor = createDetectProcessor({
          codec,
          ruleset,
          grace,
          defaultTimeZone: policy.defaultTimeZone,
          futureTolerance: flow.futureToleranceMs,
        })
        counting.set(processor, createCounting(metrics))
        return processor
      },
      onFailed: fail,
    })
    catalogue.subscribe(({ ruleset }) => {
      for (const processor of service.processors()) processor.useRuleset(ruleset)
    })
    return { stop: service.stop, shards: service }
  },
}
