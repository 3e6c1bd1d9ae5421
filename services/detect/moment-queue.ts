import type { Context } from '../flow/processor.ts'
import type { Codec } from '../records/codec.ts'
import type { CompiledRules, TypeProgram } from '../rules/engine/compile-rules.ts'
import type { Factor, Rule } from '../rules/ruleset.ts'
import { topics } from '../topology.ts'
import type { DetectCounters } from './counters.ts'
import { noticedAt } from './late-events.ts'
import { type Firing, momentOf } from './moments.ts'

/** Moments of the event in hand: all leave when it is through, or none. */
export class MomentQueue {
  private readonly codec: Codec
  private readonly counters: DetectCounters
  private readonly rules: Rule[] = []
  private readonly values: Buffer[] = []

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
  }

  clear(): void {
    this.rules.length = 0
    this.values.length = 0
  }

  flush(key: string, context: Context): void {
    for (let i = 0; i < this.values.length; i++) {
      const { id, moment } = this.rules[i] as Rule
      context.emit(topics.moments, key, this.values[i] as Buffer)
      const counted = this.counters.moments.get(id)
      if (counted) counted.count++
      else this.counters.moments.set(id, { kind: moment, count: 1 })
    }
    this.clear()
  }
}

export type Evidence = Record<string, number | boolean | null>

/** Values of the rule's evidence as of an instant. Conditions that are still to be evaluated are as of the same one. */
export function evidenceOf(rule: Rule, { factors, values, programs }: CompiledRules, at: number): Evidence {
  const evidence: Evidence = {}
  const read = new Set<TypeProgram | undefined>()
  for (const [i, factor] of factors.entries()) {
    if (!rule.evidence.includes(factor.id)) continue
    const program = programs.get(factor.from)
    if (!read.has(program)) program?.compute(at)
    read.add(program)
    evidence[factor.id] = known(factor, values[i] as number)
  }
  return evidence
}

function known(factor: Factor, value: number): number | boolean | null {
  if (Number.isNaN(value)) return null
  return factor.type === 'bool' ? value !== 0 : value
}
