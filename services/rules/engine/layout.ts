import { deterministicId } from '../../domain/ids.ts'
import { type EventType, eventTypes } from '../../topology.ts'
import type { Expression } from '../expression.ts'
import { factorsReadBy } from '../reads.ts'
import type { EventMatch, Factor, Rule, Ruleset } from '../ruleset.ts'

/**
 * What a subscriber's record holds, compiled from the factors that the rules use: plain data, kept with the state, so
 * that a record written under an earlier ruleset can be read. Tracks are named by a hash of what they keep (type, where,
 * value), not by factor ids: factors over the same thing share a track, and a track survives a change of rules.
 */
export interface Layout {
  readonly sources: readonly SourceLayout[]
  /** Keys of the `absent` matches of absence rules; several rules may share one. */
  readonly answers: readonly string[]
  readonly absences: readonly AbsenceLayout[]
  /** Rules with a calendar timer. */
  readonly anniversaries: readonly { readonly rule: string; readonly field: DateField }[]
  /** Profile tags that rules use. At most 31. */
  readonly tags: readonly string[]
  /** Rules by the number under which their last firing is kept. */
  readonly rules: readonly string[]
}

export type DateField = 'birth_date' | 'tenure_start' | 'contract_end'
export type NumberKind = 'count' | 'int' | 'double'

export interface SourceLayout {
  readonly type: EventType
  /** Rules name the newest event of this type as their occurrence. */
  readonly newestId: boolean
  readonly totals: readonly Column[]
  readonly lasts: readonly string[]
  readonly rings: readonly RingLayout[]
  readonly lists: readonly Column[]
}

export interface Column {
  readonly key: string
  readonly kind: NumberKind
}

/** Panes of one length, one row of columns each. */
export interface RingLayout {
  /** 'day': civil days of the subscriber's zone; else milliseconds, aligned to 1970-01-01T00:00Z. */
  readonly unit: 'day' | number
  readonly panes: number
  readonly columns: readonly Column[]
}

export interface AbsenceLayout {
  readonly rule: string
  /** Hash of `after`: what is armed under another one is not carried over. */
  readonly after: string
  /** Index into `answers`. */
  readonly answer: number
}

/** Words of a column's value in a record. */
export const widthOf = (column: Column): number => (column.kind === 'count' ? 1 : 2)

const hashOf = (...parts: readonly unknown[]): string =>
  deterministicId(...parts.map((part) => JSON.stringify(part ?? null)))

/** Name of the track that a factor reads. */
export const trackKey = (factor: Factor): string => hashOf('track', factor.from, factor.where, factor.value)
export const matchKey = (match: EventMatch): string => hashOf('match', match.on, match.where)

export const numberKind = (factor: Factor): NumberKind =>
  factor.aggregate === 'count' ? 'count' : factor.type === 'int' ? 'int' : 'double'

/** Event types that may complete, arm, open, close or answer the rule. */
function typesOf(rule: Rule): readonly EventType[] {
  const { trigger } = rule
  switch (trigger.kind) {
    case 'condition':
      return trigger.on
    case 'absence':
      return [...trigger.after.on, ...trigger.absent.on]
    case 'interval':
      return [...trigger.open.on, ...trigger.close.on]
    case 'anniversary':
      return []
  }
}

export function conditionsOf(rule: Rule): readonly Expression[] {
  const { trigger } = rule
  const wheres =
    trigger.kind === 'condition'
      ? [trigger.when]
      : trigger.kind === 'absence'
        ? [trigger.after.where, trigger.absent.where]
        : trigger.kind === 'interval'
          ? [trigger.open.where, trigger.close.where]
          : []
  return wheres.filter((where) => where !== undefined)
}

/** The factors that some rule reads; the others cost nothing. */
export function factorsInUse(ruleset: Ruleset): readonly Factor[] {
  const used = new Set<string>()
  for (const rule of ruleset.rules) {
    for (const condition of conditionsOf(rule)) factorsReadBy(condition, used)
    for (const id of rule.evidence) used.add(id)
  }
  return ruleset.factors.filter((factor) => used.has(factor.id))
}

export function compileLayout(ruleset: Ruleset): Layout {
  const factors = factorsInUse(ruleset)
  const types = new Set<EventType>(['profile'])
  for (const factor of factors) types.add(factor.from)
  const conditional = new Set<EventType>()
  for (const rule of ruleset.rules) {
    for (const type of typesOf(rule)) types.add(type)
    if (rule.trigger.kind === 'condition') for (const type of rule.trigger.on) conditional.add(type)
  }
  const answers: string[] = []
  const absences: AbsenceLayout[] = []
  const anniversaries: { rule: string; field: DateField }[] = []
  const tags = new Set<string>()
  for (const { id, trigger } of ruleset.rules) {
    if (trigger.kind === 'absence') {
      const key = matchKey(trigger.absent)
      if (!answers.includes(key)) answers.push(key)
      absences.push({ rule: id, after: matchKey(trigger.after), answer: answers.indexOf(key) })
    } else if (trigger.kind === 'anniversary') anniversaries.push({ rule: id, field: trigger.field })
    else if (trigger.kind === 'condition' && trigger.history?.kind === 'tag') tags.add(trigger.history.tag)
  }
  return {
    sources: eventTypes
      .filter((type) => types.has(type))
      .map((type) =>
        sourceLayout(
          type,
          conditional.has(type),
          factors.filter((factor) => factor.from === type),
        ),
      ),
    answers,
    absences,
    anniversaries,
    tags: [...tags],
    rules: ruleset.rules.map((rule) => rule.id),
  }
}

function sourceLayout(type: EventType, newestId: boolean, factors: readonly Factor[]): SourceLayout {
  const totals = new Map<string, Column>()
  const lists = new Map<string, Column>()
  const lasts = new Set<string>()
  const rings = new Map<'day' | number, { panes: number; columns: Map<string, Column> }>()
  for (const factor of factors) {
    const { window } = factor
    const column: Column = { key: trackKey(factor), kind: numberKind(factor) }
    if (factor.aggregate === 'last') lasts.add(column.key)
    else if (window.kind === 'lifetime') totals.set(columnKey(column), column)
    else if (window.kind === 'rolling') lists.set(columnKey(column), column)
    else {
      const unit = window.kind === 'days' ? 'day' : window.pane
      const panes = window.kind === 'days' ? window.days : window.panes
      const ring = rings.get(unit) ?? { panes: 2, columns: new Map() }
      ring.panes = Math.max(ring.panes, panes)
      ring.columns.set(columnKey(column), column)
      rings.set(unit, ring)
    }
  }
  return {
    type,
    newestId,
    totals: [...totals.values()],
    lasts: [...lasts],
    rings: [...rings].map(([unit, { panes, columns }]) => ({ unit, panes, columns: [...columns.values()] })),
    lists: [...lists.values()],
  }
}

/** A count and a sum over the same events are two columns. */
export const columnKey = (column: Column): string => `${column.kind}:${column.key}`
