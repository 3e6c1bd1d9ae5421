import type { Context } from '../flow/processor.ts'
import type { Codec } from '../records/codec.ts'
import type { Lane } from '../rules/engine/lane.ts'
import type { Rule, Segment } from '../rules/ruleset.ts'
import { topics } from '../topology.ts'
import type { DetectCounters } from './counters.ts'
import { noticedAt } from './late-events.ts'
import { type Ending, endingOf, type Firing, momentOf } from './moments.ts'

/** Moments of the event in hand: all leave when it is through, or none. */
export class MomentQueue {
  private readonly codec: Codec
  private readonly counters: DetectCounters
  /** undefined: it ends what was told. */
  private rules: (Rule | undefined)[] = []
  private times: number[] = []
  private occurrences: string[] = []
  private values: Buffer[] = []

  constructor(codec: Codec, counters: DetectCounters) {
    this.codec = codec
    this.counters = counters
  }

  get length(): number {
    return this.values.length
  }

  add(rule: Rule, firing: Omit<Firing, 'detectedAt'>, context: Context): void {
    this.values.push(this.codec.encode(topics.moments, momentOf(rule, { ...firing, detectedAt: noticedAt(context) })))
    this.rules.push(rule)
    this.times.push(firing.at)
    this.occurrences.push(firing.occurrence)
  }

  /** What the rule's moments of before `at` had for a reason has ended. */
  addEnd(rule: Rule, ending: Omit<Ending, 'detectedAt'>, context: Context): void {
    const moment = endingOf(rule, { ...ending, detectedAt: noticedAt(context) })
    this.values.push(this.codec.encode(topics.moments, moment))
    this.rules.push(undefined)
    this.times.push(ending.at)
    this.occurrences.push(ending.occurrence)
  }

  /** Of those from the i-th on, only those that are kept go on. */
  retain(first: number, isKept: (rule: Rule, at: number, occurrence: string) => boolean): void {
    const kept = this.rules.map(
      (rule, i) => i < first || !rule || isKept(rule, this.times[i] as number, this.occurrences[i] as string),
    )
    const onlyKept = <T>(all: readonly T[]): T[] => all.filter((_, i) => kept[i])
    this.rules = onlyKept(this.rules)
    this.times = onlyKept(this.times)
    this.occurrences = onlyKept(this.occurrences)
    this.values = onlyKept(this.values)
  }

  clear(): void {
    this.rules.length = 0
    this.times.length = 0
    this.occurrences.length = 0
    this.values.length = 0
  }

  flush(key: string, context: Context): void {
    for (let i = 0; i < this.values.length; i++) {
      context.emit(topics.moments, key, this.values[i] as Buffer)
      const rule = this.rules[i]
      if (rule) this.count(rule)
    }
    this.clear()
  }

  private count({ id, moment, mode }: Rule): void {
    const { moments, shadowMoments } = this.counters
    if (mode === 'shadow') {
      shadowMoments.set(id, (shadowMoments.get(id) ?? 0) + 1)
      return
    }
    const counted = moments.get(id)
    if (counted) counted.count++
    else moments.set(id, { kind: moment, count: 1 })
  }
}

export type Evidence = Record<string, number | boolean | string | null>

/** Values of the rule's evidence as of the lane's instant. */
export function evidenceOf(rule: Rule, lane: Lane): Evidence {
  const evidence: Evidence = {}
  for (const id of rule.evidence) {
    const plan = lane.planOf(id)
    if (plan) evidence[id] = lane.told(plan) ?? null
  }
  for (const id of rule.context ?? []) {
    const plan = Object.hasOwn(evidence, id) ? undefined : lane.planOf(id)
    const value = plan && lane.told(plan)
    if (value !== undefined && value !== null) evidence[id] = value
  }
  return evidence
}

/** Of a rule that watches segments: which the subscriber has left, and which entered. */
export function changeOf({ trigger }: Rule, lane: Lane): Evidence {
  const change = trigger.kind === 'condition' || trigger.kind === 'schedule' ? trigger.change : undefined
  const [from, to] = [lane.planOf(change?.before ?? ''), lane.planOf(change?.now ?? '')]
  return from && to ? { segment_from: lane.told(from) ?? null, segment_to: lane.told(to) ?? null } : {}
}

/** Of each dimension the first segment whose condition is true as of the lane's instant. */
export function segmentsOf(segments: readonly Segment[], lane: Lane): Record<string, string> {
  const found: Record<string, string> = {}
  segments.forEach(({ id, dimension }, i) => {
    if (found[dimension] === undefined && lane.condition('segments', i) === 1) found[dimension] = id
  })
  return found
}
