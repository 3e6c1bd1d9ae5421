import { setImmediate as turn } from 'node:timers/promises'
import { createDetectProcessor } from '../detect/detect-processor.ts'
import { platformSettings } from '../detect/platform-settings.ts'
import { shardId } from '../domain/ids.ts'
import { decodeProgress, noteOf } from '../flow/progress.ts'
import type { Platform } from '../platform/platform.ts'
import { serviceNodes } from '../topology.ts'

/** Subscribers who are looked at before others get a turn. */
const perTurn = 50

/**
 * The values that a factor has for all subscribers as of an instant, the least first, by what detect has committed, whoever owns the
 * shards. Unknown values are left out, as are identities that have ended. In memory: 8 bytes a subscriber.
 * @throws CodedError KM_STORE_UNAVAILABLE, KM_STATE_PARTIAL
 */
export async function knownValues(platform: Platform, factor: string, at: number): Promise<Float64Array> {
  const values: number[] = []
  for (let number = 0; number < platform.log.shards; number++) {
    for await (const value of valuesOfShard(platform, number, factor, at)) values.push(value)
  }
  return Float64Array.from(values).sort()
}

async function* valuesOfShard(platform: Platform, number: number, factor: string, at: number): AsyncGenerator<number> {
  const { store, codec, catalogue } = platform
  const { name } = serviceNodes.detect
  const peeked = await store.peek(name, shardId(number), '')
  if (!peeked) return
  const inForce = catalogue.at(at)
  const { ruleset } = inForce.catalogue
  const { schedule: _schedule, ...settings } = platformSettings(platform)
  const processor = createDetectProcessor({ ...settings, ruleset, indexSize: 4_096 })
  processor.useRuleset(ruleset, inForce)
  processor.restore(noteOf(peeked, decodeProgress(peeked.progress)))
  for (const id of processor.schemas ?? []) if (!codec.isLearnt(id)) await codec.learn(id)
  for await (const page of store.scan(name, shardId(number))) {
    for (const [i, [subscriber, state]] of page.entries()) {
      processor.admit(subscriber, state)
      const { ended = null, factors } = processor.explain(subscriber, at) ?? {}
      const value = factors?.[factor]
      if (ended === null && typeof value === 'number') yield value
      if (i % perTurn !== perTurn - 1) continue
      forgetAll(processor)
      await turn()
    }
    forgetAll(processor)
  }
}

function forgetAll(processor: ReturnType<typeof createDetectProcessor>): void {
  processor.settled()
  processor.evict(0)
}
