import type { Codec } from '../records/codec.ts'
import { AbsenceBook } from '../rules/engine/absence-book.ts'
import {
  type CompiledRules,
  compileRules,
  type RecordCursor,
  type RuleHost,
  type TypeProgram,
} from '../rules/engine/compile-rules.ts'
import { compileLayout, type Layout } from '../rules/engine/layout.ts'
import type { Rule, Ruleset } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'
import { EventReader } from './event-readers.ts'
import type { AnniversaryRule } from './profile-changes.ts'

/** A ruleset with all that was made of it. Arrays `…ByTopic` are in the order of event types. */
export interface LoadedRuleset {
  readonly rules: readonly Rule[]
  readonly ruleset: Ruleset
  readonly layout: Layout
  readonly compiled: CompiledRules
  readonly programByTopic: readonly (TypeProgram | undefined)[]
  readonly readerByTopic: readonly EventReader[]
  readonly book: AbsenceBook
  /** Index of the rule of each absence of the layout. */
  readonly absenceRules: readonly number[]
  readonly anniversaries: readonly AnniversaryRule[]
  /** By rule: number of the tag that stands for its history; -1: none. */
  readonly tagOfRule: readonly number[]
}

export function loadRuleset(
  ruleset: Ruleset,
  codec: Codec,
  graceOf: (type: EventType) => number,
  cursor: RecordCursor,
  host: RuleHost,
): LoadedRuleset {
  const layout = compileLayout(ruleset)
  const compiled = compileRules(ruleset, layout, cursor, host)
  const { programs, registers } = compiled
  const { rules } = ruleset
  const absences = rules.flatMap(({ trigger }) => (trigger.kind === 'absence' ? [trigger] : []))
  const times = absences.map(({ within, after, absent }) => ({
    within,
    grace: Math.max(...[...after.on, ...absent.on].map(graceOf)),
  }))
  return {
    rules,
    ruleset,
    layout,
    compiled,
    programByTopic: eventTypes.map((type) => programs.get(type)),
    readerByTopic: eventTypes.map((type) => new EventReader(codec, type, programs.get(type)?.fields ?? [], registers)),
    book: new AbsenceBook(layout, times),
    absenceRules: layout.absences.map(({ rule }) => layout.rules.indexOf(rule)),
    anniversaries: rules.flatMap(({ id, trigger }) => (trigger.kind === 'anniversary' ? [{ id, trigger }] : [])),
    tagOfRule: rules.map(({ trigger }) =>
      trigger.kind === 'condition' && trigger.history?.kind === 'tag' ? layout.tags.indexOf(trigger.history.tag) : -1,
    ),
  }
}
