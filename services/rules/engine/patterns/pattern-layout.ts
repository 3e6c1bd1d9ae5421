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
  /** The newest mark of a key is kept for so long. */
  readonly keep: number
  /** Since when that is so without a gap; undefined: from the beginning. */
  readonly since?: number
  /** Of settled rules: when it came to be. Events that were held then are of before it. */
  readonly from?: number
}

interface PatternStateLayout {
  /** What fired is kept by rule, whatever becomes of its pattern. */
  readonly rule: string
  /** What waits is kept as long as this is the same: all of the pattern but its lengths and names. */
  readonly structure: string
  readonly keyed: boolean
  /** More than one event completes it, so that its beginning is another than its completion. */
  readonly several: boolean
  /** When the rule came, or came back: of one that was away only what it told is kept. */
  readonly since?: number
  /** Of the absence at its end. */
  readonly length?: number
  /** Of a settled rule: when its present structure came. It isn't completed by what was held then. */
  readonly from?: number
}

/** A version takes the place of another. */
export interface PatternSuccession {
  readonly isSettled: boolean
  /** Undefined: that isn't known, and what there is now is taken as kept from the beginning. */
  readonly before: PatternLayout | undefined
  /** -Infinity: that isn't known. */
  readonly at: number
}

export const fromTheBeginning: PatternSuccession = {
  isSettled: false,
  before: undefined,
  at: Number.NEGATIVE_INFINITY,
}

type RoleTimes = Pick<RoleLayout, 'since' | 'from'>

/**
 * Since when a role is kept. One that is kept longer than before knows at the change as much as it was kept for; older
 * marks may be gone.
 */
export function roleTimes(key: string, keep: number, { before, at, isSettled }: PatternSuccession): RoleTimes {
  const known = before?.roles.find((role) => role.key === key)
  const { since, from } = known ?? {}
  if (!before || !Number.isFinite(at))
    return { ...(since !== undefined && { since }), ...(from !== undefined && { from }) }
  if (!known) return { since: at, ...(isSettled && { from: at }) }
  const reached = keep > known.keep ? at - Math.max(0, known.keep) : Number.NEGATIVE_INFINITY
  const latest = Math.max(since ?? Number.NEGATIVE_INFINITY, reached)
  return { ...(Number.isFinite(latest) && { since: latest }), ...(from !== undefined && { from }) }
}

/** When the structure of a settled rule's pattern came; undefined: it was always there, or the rule isn't settled. */
export function structureFrom(
  own: Pick<PatternStateLayout, 'rule' | 'structure' | 'since'>,
  { before, at, isSettled }: PatternSuccession,
): number | undefined {
  if (!before || !isSettled) return undefined
  const known = before.patterns.find(({ rule }) => rule === own.rule)
  if (known?.structure === own.structure && known.since === own.since) return known.from
  return Number.isFinite(at) ? at : undefined
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
