import type { DetectProcessor } from '../detect/detect-processor.ts'
import type { Ruleset } from '../rules/ruleset.ts'
import type { Timeline } from './timeline.ts'

/** Processors that know nobody, so that a catalogue is compiled once for many timelines. */
export interface Processors {
  take(timeline: Timeline): DetectProcessor | undefined
  giveBack(timeline: Timeline, processor: DetectProcessor | undefined): void
}

export function createProcessors(): Processors {
  const idle = new WeakMap<Ruleset, Map<string, DetectProcessor>>()
  const settingsOf = ({ zone, grace }: Timeline): string => JSON.stringify([zone, grace])
  return {
    take(timeline) {
      const kept = isPlain(timeline) ? idle.get(timeline.catalogue.ruleset) : undefined
      const processor = kept?.get(settingsOf(timeline))
      kept?.delete(settingsOf(timeline))
      return processor
    },
    giveBack(timeline, processor) {
      const { ruleset } = timeline.catalogue
      if (!processor || !isPlain(timeline)) return
      const kept = idle.get(ruleset) ?? new Map<string, DetectProcessor>()
      idle.set(ruleset, kept.set(settingsOf(timeline), processor))
    },
  }
}

/** It ends with the processor and the rules with which it began. */
const isPlain = ({ steps }: Timeline): boolean =>
  steps.every(({ kind }) => kind === 'event' || kind === 'wait' || kind === 'factors' || kind === 'decision')
