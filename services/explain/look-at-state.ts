import { localBudgets } from '../budgets/local.ts'
import { noHolds } from '../control/holds.ts'
import type { DecideState } from '../decide/state.ts'
import { createStepInForce } from '../decide/step-in-force.ts'
import type { GiveBack } from '../decide/tranches.ts'
import { createDetectProcessor } from '../detect/detect-processor.ts'
import type { Insight } from '../detect/insight.ts'
import { platformSettings } from '../detect/platform-settings.ts'
import { DocumentProcessor } from '../flow/documents.ts'
import { decodeProgress, noteOf, type Progress } from '../flow/progress.ts'
import type { Platform } from '../platform/platform.ts'
import type { Rule } from '../rules/ruleset.ts'
import { serviceNodes } from '../topology.ts'
import { eventTypesRead } from './event-values.ts'
import type { Found, Question } from './looking.ts'
import { newestEvents } from './newest-events.ts'

/**
 * Looks into what detect and decide have committed, whoever owns the shard. The events that the conditions of
 * `rules` read are not in the state, and are fetched from the log. @throws CodedError KM_STORE_UNAVAILABLE
 */
export async function lookAtState(platform: Platform, question: Question, rules: readonly Rule[]): Promise<Found> {
  const detected = await ofDetect(platform, question)
  return {
    insight: detected?.insight,
    decide: await ofDecide(platform, question),
    events: await newestEvents(platform, question, new Set(rules.flatMap(eventTypesRead))),
    asOf: {
      at: new Date(question.at).toISOString(),
      source: 'state',
      clock: typeof detected?.progress.clock === 'number' ? new Date(detected.progress.clock).toISOString() : null,
      records_behind: detected ? await recordsBehind(platform, question, detected.progress) : null,
      records_read: null,
      events: null,
      dead_letters: null,
      history_cut: false,
    },
  }
}

async function ofDetect(
  platform: Platform,
  { shard, subscriber, inForce, at, windows }: Question,
): Promise<{ readonly insight: Insight | undefined; readonly progress: Progress } | undefined> {
  const { store, codec } = platform
  const peeked = await store.peek(serviceNodes.detect.name, shard, subscriber)
  if (!peeked) return undefined
  const progress = decodeProgress(peeked.progress)
  if (!peeked.value) return { insight: undefined, progress }
  const { schedule: _schedule, ...settings } = platformSettings(platform)
  const processor = createDetectProcessor({ ...settings, ruleset: inForce.catalogue.ruleset, indexSize: 16 })
  processor.useRuleset(inForce.catalogue.ruleset, inForce)
  processor.restore(noteOf(peeked, progress))
  for (const id of processor.schemas ?? []) if (!codec.isLearnt(id)) await codec.learn(id)
  processor.admit(subscriber, peeked.value)
  return { insight: processor.insight(subscriber, at, windows), progress }
}

async function ofDecide(
  { store, codec, catalogue }: Platform,
  { shard, subscriber }: Question,
): Promise<DecideState | undefined> {
  const peeked = await store.peek(serviceNodes.decide.name, shard, subscriber)
  if (!peeked?.value) return undefined
  const step = createStepInForce((now) => catalogue.at(now), noHolds, localBudgets())
  const processor = new DocumentProcessor<DecideState, GiveBack, undefined>({
    step,
    reads: serviceNodes.decide.reads,
    codec,
  })
  processor.restore(noteOf(peeked, decodeProgress(peeked.progress)))
  processor.admit(subscriber, peeked.value)
  return processor.look(subscriber)
}

/** Records of detect's topics that the state has not seen. */
async function recordsBehind({ log }: Platform, { shard }: Question, { positions }: Progress): Promise<number> {
  const names = serviceNodes.detect.reads.map(({ name }) => name)
  const ends = await log.ends(names)
  const behind = names.map((name, i) => Math.max(0, (ends[i]?.[shard] ?? 0) - (positions[name] ?? 0)))
  return behind.reduce((sum, records) => sum + records, 0)
}
