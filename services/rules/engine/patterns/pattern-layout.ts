import { deterministicId } from '../../../domain/ids.ts'
import type { EventMatch, PatternTrigger } from '../../ruleset.ts'

/**
 * What the patterns of a ruleset keep in a record: plain data, kept with the state, so that what was written under an
 * earlier ruleset can be read. A role is named by what it matches, not by the rules that use it: rules over the same
 * events share its marks, and they survive a change of rules.
 */
export interface PatternLayout {
  readonly roles: readonly RoleLayout[]
  readonly patterns: readonly PatternStateLayout[]
}

interface RoleLayout {
  /** Hash of the matches and of the key's field. */
  readonly key: string
  /** Its marks carry the hash of a key's value. */
  readonly keyed: boolean
}

interface PatternStateLayout {
  /** What fired is kept by rule, whatever becomes of its pattern. */
  readonly rule: string
  /** What waits is kept as long as this is the same: all of the pattern but its lengths and names. */
  readonly structure: string
  readonly keyed: boolean
  /** More than one event completes it, so that its beginning is another than its completion. */
  readonly several: boolean
  /** When the rule came, or came back: nothing is kept of one that was away, but for what it told once in a life. */
  readonly since?: number
  /** Of the absence at its end. */
  readonly length?: number
}

const texts = (any: readonly EventMatch[]): string[] =>
  any.map(({ on, where }) => JSON.stringify([[...on].sort(), where ?? null])).sort()

/** The same for the same alternatives in any order. */
export const roleKey = (any: readonly EventMatch[], key: string | undefined): string =>
  deterministicId('role', key ?? '', ...texts(any))

/** The same for patterns that differ in lengths of time and in names only. */
export function structureKey({ steps, key, unless }: PatternTrigger): string {
  const parts = steps.map((step) =>
    step.kind === 'event'
      ? JSON.stringify(['event', step.times, texts(step.any)])
      : JSON.stringify(['absence', step.fromStart, texts(step.any)]),
  )
  return deterministicId('pattern', key ?? '', JSON.stringify(texts(unless)), ...parts)
}
