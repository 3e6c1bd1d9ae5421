import { CodedError } from '../../domain/errors.ts'
import type { TimeZone } from '../../domain/time-zones.ts'
import { type EventType, eventTypes } from '../../topology.ts'
import type { Expression } from '../expression.ts'
import { toJavaScript } from '../javascript.ts'
import { factorsReadBy } from '../reads.ts'
import type { EventMatch, Factor, Rule, Ruleset } from '../ruleset.ts'
import { hash64, hashes } from './event-hash.ts'
import { createEventRegisters, type FieldRegister, registersNeeded } from './event-registers.ts'
import { factorsSource } from './generate-factors.ts'
import { sectionBound, updateSource } from './generate-update.ts'
import { conditionsOf, factorsInUse, type Layout, matchKey, type SourceLayout } from './layout.ts'
import { bitCount, compareBytes, readDouble, readLong, writeBytes, writeDouble, writeLong } from './words.ts'

/** The record in hand, as generated code sees it. Offsets are not kept over `replace`. */
export interface RecordCursor {
  readonly words: Int32Array
  /** Where the record's value begins in `words`. */
  readonly value: number
  /** Where a section begins, relative to the value; -1 if the record has none. */
  locate(bit: number): number
  /** The section becomes these words. */
  replace(bit: number, words: Int32Array, length: number): void
}

/** What generated code tells and asks. */
export interface RuleHost {
  /** Zone of the record in hand. */
  readonly zone: TimeZone
  /** Greatest time of the event's type, set by `update`. */
  head: number
  /** The two oldest entries of an exact window became one. */
  merged: boolean
  /** A seen id was pushed out by the bound. */
  seenOverflow(): void
  /** The rule's condition holds as of `at`. */
  fire(rule: number, at: number): void
  /** The event opens (0) or closes (1) an interval of the rule. */
  interval(rule: number, phase: number): void
  /** The event answers the absences of a track. */
  answer(track: number): void
  /** The event may arm an absence (its number in the layout). */
  anchor(absence: number): void
}

/** Generated functions of one event type; registers hold the event, the cursor its subscriber. */
export interface TypeProgram {
  readonly type: EventType
  readonly bit: number
  readonly fields: readonly FieldRegister[]
  /** Some rule waits for this type. */
  readonly hasRules: boolean
  /** Puts the event into its section; false, with nothing changed, for one that was seen. */
  update(bytes: Uint8Array, prune: number): boolean
  /** Evaluates the rules on this type after `update`. */
  evaluate(): void
  /** All factors of this type as of an instant, into `factors`. */
  compute(at: number): void
}

export interface CompiledRules {
  readonly layout: Layout
  readonly factors: readonly Factor[]
  /** Values of `factors`, as far as they were computed. */
  readonly values: Float64Array
  readonly registers: Float64Array
  readonly programs: ReadonlyMap<EventType, TypeProgram>
  /** Types whose newest event counts for the instant of a rule, by rule. */
  readonly reads: readonly (readonly EventType[])[]
}

/** Compiles a checked ruleset to functions over records of `layout`. */
export function compileRules(ruleset: Ruleset, layout: Layout, cursor: RecordCursor, host: RuleHost): CompiledRules {
  const factors = factorsInUse(ruleset)
  const values = new Float64Array(factors.length).fill(Number.NaN)
  const sources = layout.sources.map((source, bit) => generate(ruleset, layout, factors, source, bit))
  const registers = new Float64Array(Math.max(...sources.map(({ fields }) => registersNeeded(fields))))
  const bound = Math.max(...layout.sources.map(sectionBound))
  const double = new Float64Array(1)
  const constants = {
    cursor,
    host,
    R: registers,
    F: values,
    X: new Int32Array(bound),
    ZEROS: new Int32Array(bound),
    D: double,
    D32: new Int32Array(double.buffer),
    H: hashes,
    hash64,
    compareBytes,
    writeBytes,
    bitCount,
    mergeSums,
    overflow,
  }
  const programs = new Map<EventType, TypeProgram>()
  layout.sources.forEach(({ type }, bit) => {
    const { source, fields, hasRules } = sources[bit] as Generated
    // The source holds numbers, and expressions that `toJavaScript` made.
    const functions = new Function(...Object.keys(constants), source)(...Object.values(constants))
    programs.set(type, { type, bit, fields, hasRules, ...functions })
  })
  return { layout, factors, values, registers, programs, reads: ruleset.rules.map((rule) => typesRead(rule, factors)) }
}

function overflow(): never {
  throw new CodedError('KM_FACTOR_OVERFLOW', 'a sum would leave ±(2^53 - 1); measure in a larger unit, or as double')
}

/** The second of two sums becomes their sum. */
function mergeSums(words: Int32Array, first: number, second: number, isDouble: boolean): void {
  if (isDouble) writeDouble(words, second, readDouble(words, first) + readDouble(words, second))
  else writeLong(words, second, readLong(words, first) + readLong(words, second))
}

interface Generated {
  readonly source: string
  readonly fields: readonly FieldRegister[]
  readonly hasRules: boolean
}

function generate(
  ruleset: Ruleset,
  layout: Layout,
  factors: readonly Factor[],
  source: SourceLayout,
  bit: number,
): Generated {
  const { type } = source
  const indexes = new Map(factors.map((factor, index) => [factor.id, index]))
  const registers = createEventRegisters(type)
  const names = registers.names((id) => `F[${indexes.get(id)}]`)
  const indexOf = (factor: Factor) => indexes.get(factor.id) ?? -1
  const ownFactors = factors.filter((factor) => factor.from === type)
  const parts = [
    `'use strict'`,
    updateSource(source, bit, ownFactors, names),
    factorsSource('compute', source, bit, ownFactors, indexOf),
  ]

  const statements = ruleStatements(ruleset, layout, type, (expression) => toJavaScript(expression, names).source)
  const body: string[] = []
  const computed = new Map<EventType, Set<string>>()
  for (const group of groupByTypes(statements, type, factors)) {
    const others = group.types.filter((other) => other !== type)
    body.push(`  at = host.head`)
    for (const other of others) {
      const otherBit = layout.sources.findIndex((candidate) => candidate.type === other)
      body.push(`  head = headOf(${otherBit}); if (head > at) at = head`)
    }
    for (const read of group.types) {
      const wanted = factors.filter((factor) => factor.from === read && group.factors.has(factor.id))
      if (wanted.length === 0) continue
      const name = `compute_${computed.size}_${body.length}`
      const readBit = layout.sources.findIndex((candidate) => candidate.type === read)
      parts.push(factorsSource(name, layout.sources[readBit] as SourceLayout, readBit, wanted, indexOf))
      body.push(`  ${name}(at)`)
    }
    body.push(...group.statements.map((statement) => `  ${statement}`))
  }
  parts.push(`function headOf(bit) {
  const at = cursor.locate(bit)
  if (at < 0) return -1
  const W = cursor.words, p = cursor.value + at
  return W[p + 1] * 4294967296 + (W[p] >>> 0)
}
function evaluate() {
  let at = 0, head = 0
${body.join('\n')}
}
return { update, evaluate, compute }`)
  return { source: parts.join('\n'), fields: registers.fields(), hasRules: statements.length > 0 }
}

/** A statement of `evaluate` with what it needs. */
interface Statement {
  readonly source: string
  readonly types: readonly EventType[]
  readonly factors: ReadonlySet<string>
}

function ruleStatements(
  ruleset: Ruleset,
  layout: Layout,
  type: EventType,
  condition: (expression: Expression) => string,
): Statement[] {
  const statements: Statement[] = []
  const answered = new Set<number>()
  const match = (candidate: EventMatch, act: string) => {
    if (!candidate.on.includes(type)) return
    statements.push({
      source: candidate.where ? `if (${condition(candidate.where)}) ${act}` : act,
      types: [type],
      factors: candidate.where ? factorsReadBy(candidate.where) : new Set(),
    })
  }
  // Answers come before anchors: an event that is both answers the one before it and arms anew.
  for (const { trigger } of ruleset.rules) {
    if (trigger.kind !== 'absence') continue
    const track = layout.answers.indexOf(matchKey(trigger.absent))
    if (!answered.has(track)) match(trigger.absent, `host.answer(${track})`)
    answered.add(track)
  }
  ruleset.rules.forEach((rule, index) => {
    const { trigger } = rule
    if (trigger.kind === 'absence') {
      const absence = layout.absences.findIndex((candidate) => candidate.rule === rule.id)
      match(trigger.after, `host.anchor(${absence})`)
    } else if (trigger.kind === 'interval') {
      match(trigger.open, `host.interval(${index}, 0)`)
      match(trigger.close, `host.interval(${index}, 1)`)
    } else if (trigger.kind === 'condition' && trigger.on.includes(type)) {
      const read = factorsReadBy(trigger.when)
      const types = typesRead(rule, factorsInUse(ruleset))
      statements.push({ source: `if (${condition(trigger.when)}) host.fire(${index}, at)`, types, factors: read })
    }
  })
  return statements
}

/** Rules with the same types have the same instant, and share the factors as of it. The type's own come first. */
function groupByTypes(statements: readonly Statement[], own: EventType, factors: readonly Factor[]) {
  const groups = new Map<string, { types: EventType[]; factors: Set<string>; statements: string[] }>()
  for (const statement of statements) {
    const from = factors.filter((factor) => statement.factors.has(factor.id)).map((factor) => factor.from)
    const types = eventTypes.filter((type) => type === own || statement.types.includes(type) || from.includes(type))
    const key = types.join()
    const group = groups.get(key) ?? { types, factors: new Set<string>(), statements: [] }
    for (const id of statement.factors) group.factors.add(id)
    group.statements.push(statement.source)
    groups.set(key, group)
  }
  return [...groups.values()].sort((a, b) => a.types.length - b.types.length)
}

/** The types whose newest event counts for the instant of the rule: those that complete it and those of its factors. */
function typesRead(rule: Rule, factors: readonly Factor[]): readonly EventType[] {
  const read = new Set<string>()
  for (const condition of conditionsOf(rule)) for (const id of factorsReadBy(condition)) read.add(id)
  const from = factors.filter((factor) => read.has(factor.id)).map((factor) => factor.from)
  const on = rule.trigger.kind === 'condition' ? rule.trigger.on : []
  return eventTypes.filter((type) => on.includes(type) || from.includes(type))
}
