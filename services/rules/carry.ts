import { contentOf } from './content.ts'
import { edgeKey } from './engine/layout.ts'
import { keyOf, specOf, type TrackSpec } from './engine/track-kinds.ts'
import type { FactorContents } from './factor-contents.ts'
import type { Factor, Rule, Trigger } from './ruleset.ts'

/** What becomes of what is known about subscribers: kept as it is, converted as far as it goes, or begun anew. */
export type Carry = 'keep' | 'migrate' | 'reset'

/** State of a factor under a changed definition. A derived factor has none of its own. */
export function carryOf({ definition: before }: Factor, { definition: after }: Factor): Carry {
  if (before.kind === 'derived' && after.kind === 'derived') return 'keep'
  if (before.kind !== 'events' || after.kind !== 'events') {
    return contentOf(before) === contentOf(after) ? 'keep' : 'reset'
  }
  const [kept, wanted] = [specOf(before), specOf(after)]
  if (keyOf(0, before, kept) !== keyOf(0, after, wanted) || !isKeptFor(wanted, kept)) return 'reset'
  return contentOf(kept) === contentOf(wanted) ? 'keep' : 'migrate'
}

/** Whether anything of what a track keeps says what is asked of the other one: counts say nothing of sums. */
function isKeptFor({ parameters: wanted }: TrackSpec, { parameters: kept }: TrackSpec): boolean {
  if ('columns' in wanted && 'columns' in kept) {
    return wanted.columns.every(({ key, kind }) => kept.columns.some((own) => own.key === key && own.kind === kind))
  }
  return !('last' in wanted && 'last' in kept) || wanted.last === 'no' || wanted.last === kept.last
}

/**
 * State of a rule under a changed definition: when it last fired is always kept. What waits for an absence goes on when
 * the same is waited for; with another length its deadline is computed anew.
 */
export function carryOfRule(old: Rule, present: Rule, factors?: FactorsOfVersions): Carry {
  const [{ trigger: before }, { trigger: after }] = [old, present]
  if (before.kind !== after.kind) return 'reset'
  // Where an edge stands is known of its own conditions only, and of what they read.
  const edges = [edgeKey(old, factors?.before ?? none), edgeKey(present, factors?.after ?? none)]
  if (edges[0] !== edges[1]) return 'reset'
  // Nothing waits for a condition.
  if (before.kind === 'condition' || contentOf(before) === contentOf(after)) return 'keep'
  return contentOf(timeless(before)) === contentOf(timeless(after)) ? 'migrate' : 'reset'
}

/** What the factors are, on either side. */
interface FactorsOfVersions {
  readonly before: FactorContents
  readonly after: FactorContents
}

const none: FactorContents = new Map()

const lengths = new Set(['length', 'within', 'longest', 'lingers', 'minuteOfDay'])

/** A trigger without its lengths and times of day. */
const timeless = (trigger: Trigger): unknown =>
  JSON.parse(JSON.stringify(trigger, (key, value: unknown) => (lengths.has(key) ? undefined : value)))
