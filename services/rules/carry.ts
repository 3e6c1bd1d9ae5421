import { contentOf } from './rules.ts'
import type { Factor, Rule, Trigger } from './ruleset.ts'

/** What becomes of what is known about subscribers: kept as it is, converted as far as it goes, or begun anew. */
export type Carry = 'keep' | 'migrate' | 'reset'

/** State of a factor under a changed definition. */
export function carryOf(before: Factor, after: Factor): Carry {
  if (contentOf(kept(before)) !== contentOf(kept(after))) return 'reset'
  return contentOf(before.window) === contentOf(after.window) ? 'keep' : 'migrate'
}

/** What a factor counts, without what people call it and over which window. */
function kept({ title: _, class: __, category: ___, location: ____, window: _____, ...definition }: Factor): object {
  return definition
}

/**
 * State of a rule under a changed definition: when it last fired is always kept. What waits for an absence goes on when
 * the same is waited for; with another length its deadline is computed anew.
 */
export function carryOfRule({ trigger: before }: Rule, { trigger: after }: Rule): Carry {
  if (before.kind !== after.kind) return 'reset'
  if (contentOf(before) === contentOf(after)) return 'keep'
  // Nothing waits for a condition.
  if (before.kind === 'condition') return 'keep'
  return contentOf(timeless(before)) === contentOf(timeless(after)) ? 'migrate' : 'reset'
}

/** A trigger without its lengths and times of day. */
function timeless(trigger: Trigger): object {
  return Object.fromEntries(Object.entries(trigger).filter(([, value]) => typeof value !== 'number'))
}
