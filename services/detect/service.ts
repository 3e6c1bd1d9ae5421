import { setImmediate as turnOfOthers } from 'node:timers/promises'
import type { ShardId } from '../domain/ids.ts'
import { startService } from '../flow/service.ts'
import type { Deployable } from '../platform/deployable.ts'
import { createObserver } from '../platform/observer.ts'
import { graceOf } from '../settings/grace.ts'
import { eventTypes, serviceNodes } from '../topology.ts'
import { createDetectProcessor, type DetectProcessor } from './detect-processor.ts'
import { createCounting } from './metrics.ts'
import { platformSettings } from './platform-settings.ts'

const node = serviceNodes.detect

/** Detect as a service: flat records and generated code on every shard, under the catalogue in force at its clock. */
export const detect: Deployable = {
  name: node.name,
  node,
  async start(platform) {
    const { log, store, codec, clock, scheduler, flow, metrics, logger, catalogue, fail } = platform
    const observer = createObserver(node.name, metrics, logger)
    // Known by shard and not through the service: shards are at work before it has joined them all.
    const working = new Map<ShardId, { processor: DetectProcessor; count: ReturnType<typeof createCounting> }>()
    catalogue.subscribe(() => {
      for (const { processor } of working.values()) processor.scheduleChanged()
    })
    const service = await startService<DetectProcessor>({
      node,
      log,
      store,
      codec,
      clock,
      scheduler,
      settings: flow,
      graceMs: eventTypes.map((type) => graceOf(platform.settings, type)),
      observer: {
        ...observer,
        committed(shard, group) {
          observer.committed(shard, group)
          const own = working.get(shard)
          own?.count(own.processor.counters)
        },
        stopped(shard, error) {
          observer.stopped(shard, error)
          working.delete(shard)
        },
      },
      createProcessor(shard) {
        const processor = createDetectProcessor(platformSettings(platform))
        working.set(shard, { processor, count: createCounting(metrics) })
        return processor
      },
      onFailed: fail,
    })
    catalogue.attach(node.name, {
      clocks: () => service.shards().map(({ head }) => head),
      async prepare(next) {
        const { ruleset } = next.catalogue
        // Where there is no shard now, one may come.
        const shards = [...working.values()].map(({ processor }) => processor)
        if (shards.length === 0) shards.push(createDetectProcessor(platformSettings(platform)))
        for (const shard of shards) for (const _ of shard.prepare(ruleset, next)) await turnOfOthers()
      },
    })
    return { stop: service.stop, shards: service }
  },
}
