import { implies } from './demands.ts'
import type { Expression } from './expression.ts'
import { checkHistory, checkKnownBefore } from './history.ts'
import { checkInterval } from './interval.ts'
import { checkPattern } from './pattern.ts'
import type { RawRule } from './raw.ts'
import type { Known } from './rules.ts'
import type { Edge, MomentKind, Trigger } from './ruleset.ts'
import type { Scope } from './scope.ts'
import { checkSegmentChange } from './segment-changes.ts'
import { checkDate } from './special-date.ts'
import type { Subject } from './subject.ts'

/** The ways in which a rule can be triggered, by the key that makes it this way, and what goes with each. */
const ways = {
  on: ['on', 'when', 'becomes', 'rearm', 'initial'],
  every: ['every', 'at', 'when', 'becomes', 'rearm', 'initial'],
  segment: ['segment', 'every', 'at'],
  pattern: ['pattern', 'within', 'key', 'unless'],
  date: ['date'],
  open: ['open', 'close', 'key', 'longest', 'lingers', 'code', 'channels', 'purposes'],
} as const satisfies Readonly<Record<string, readonly (keyof RawRule)[]>>
type Way = keyof typeof ways

/** The ways that each kind of moment takes, and what it has beside. */
const kinds = {
  first: { ways: ['on', 'pattern'], beside: ['history'] },
  change: { ways: ['on', 'every', 'segment', 'pattern'], beside: [] },
  special: { ways: ['date', 'on', 'every'], beside: [] },
  'do-not-disturb': { ways: ['open'], beside: [] },
} as const satisfies Readonly<Record<MomentKind, { ways: readonly Way[]; beside: readonly (keyof RawRule)[] }>>

const triggerKeys = [...new Set([...Object.values(ways).flat(), 'history' as const])]

/** What makes the moment, or undefined with its faults. */
export function checkTrigger(raw: RawRule, subject: Subject, known: Known): Trigger | undefined {
  const way = wayOf(raw, subject)
  if (!way) return undefined
  switch (way) {
    case 'on':
    case 'every':
      return checkCondition(raw, way, subject, known)
    case 'segment': {
      const schedule = raw.every && { every: raw.every, minuteOfDay: checkTimeOfDay(raw, subject) ?? 0 }
      if (!schedule && raw.at !== undefined) {
        subject.fault('KM_CATALOGUE_MISSING_KEY', 'at needs every: day, week, month or billing-month', ['at'])
      }
      return raw.segment && checkSegmentChange(raw.segment, schedule, subject, known.segments)
    }
    case 'pattern': {
      const history = raw.moment === 'first' ? checkHistory(raw, subject, known) : undefined
      const pattern = checkPattern(raw, subject)
      return pattern && { ...pattern, ...(history && { history }) }
    }
    case 'date':
      return raw.date && checkDate(raw.date, ['date'], subject, known)
    case 'open':
      return checkInterval(raw, subject, known)
  }
}

/** The one way that the keys tell, or undefined where they tell none, or several; those that have no place with it are told. */
function wayOf(raw: RawRule, subject: Subject): Way | undefined {
  const kind: { readonly ways: readonly Way[]; readonly beside: readonly string[] } = kinds[raw.moment]
  const own: readonly string[] = [...new Set([...kind.ways.flatMap((way) => ways[way]), ...kind.beside])]
  const misplaced = triggerKeys.filter((key) => raw[key] !== undefined && !own.includes(key))
  for (const key of misplaced) {
    const message = `'${key}' has no place in a ${raw.moment} rule; it takes ${own.join(', ')}`
    subject.fault('KM_CATALOGUE_VALUE', message, [key])
  }
  // A change of segment may be looked for every so often.
  const given = kind.ways.filter((way) => raw[way] !== undefined && !(way === 'every' && raw.segment !== undefined))
  const [way] = given
  const said = kind.ways.map((each) => sayings[each])
  if (way === undefined) {
    if (misplaced.length === 0) {
      const message = `a ${raw.moment} rule has ${said.join(', or ')}`
      subject.fault('KM_CATALOGUE_MISSING_KEY', message)
    }
    return undefined
  }
  if (given.length > 1) {
    const message = `a ${raw.moment} rule has ${said.join(', or ')}; not both ${given.join(' and ')}`
    subject.fault('KM_CATALOGUE_VALUE', message, [given[1] ?? way])
    return undefined
  }
  const others = kind.ways.flatMap((each): readonly (keyof RawRule)[] => ways[each])
  const ownOfWay: readonly (keyof RawRule)[] = ways[way]
  const wrong = others.filter((key) => raw[key] !== undefined && !ownOfWay.includes(key))
  for (const key of new Set(wrong)) {
    const message = `'${key}' does not go with '${way}'; it takes ${ownOfWay.join(', ')}`
    subject.fault('KM_CATALOGUE_VALUE', message, [key])
  }
  return way
}

const sayings: Readonly<Record<Way, string>> = {
  on: 'on and when (or becomes)',
  every: 'every, at and when (or becomes)',
  segment: 'a segment',
  pattern: 'a pattern',
  date: 'a date',
  open: 'open, close, longest and code',
}

function checkCondition(raw: RawRule, way: 'on' | 'every', subject: Subject, known: Known): Trigger | undefined {
  const on = [raw.on ?? []].flat()
  const scope = known.scopes.scope(on)
  const history = raw.moment === 'first' ? checkHistory(raw, subject, known) : undefined
  const said = raw.becomes === undefined ? 'when' : 'becomes'
  const source = raw[said]
  let whole = true
  if (source === undefined) {
    subject.fault('KM_CATALOGUE_MISSING_KEY', `a rule with '${way}' needs when (each time it is true) or becomes`, [
      way,
    ])
    whole = false
  } else if (raw.becomes !== undefined && raw.when !== undefined) {
    const message = 'when fires each time it is true, becomes where it turns true; a rule has one of them'
    subject.fault('KM_CATALOGUE_VALUE', message, ['becomes'])
    whole = false
  }
  const when = source === undefined ? undefined : subject.condition(source, [said], scope)
  if (when && way === 'on') checkKnownBefore(history, when, scope, subject)
  const edge = checkEdge(raw, when, subject, scope)
  const minuteOfDay = way === 'every' ? checkTimeOfDay(raw, subject) : 0
  if (!when || !edge.right || !whole || minuteOfDay === undefined) return undefined
  const joint = { when, ...(edge.edge && { edge: edge.edge }) }
  if (way === 'on') return { kind: 'condition', on, ...joint, ...(history && { history }) }
  return { kind: 'schedule', every: raw.every ?? 'day', minuteOfDay, ...joint }
}

function checkTimeOfDay({ at }: RawRule, subject: Subject): number | undefined {
  if (at !== undefined) return subject.wallTime(at, ['at'])
  subject.fault('KM_CATALOGUE_MISSING_KEY', 'every needs at: the time of day, as "09:00"', ['every'])
  return undefined
}

function checkEdge(
  raw: RawRule,
  becomes: Expression | undefined,
  subject: Subject,
  scope: Scope,
): { readonly edge?: Edge; readonly right: boolean } {
  const rearm = raw.rearm === undefined ? undefined : subject.condition(raw.rearm, ['rearm'], scope)
  if (raw.becomes === undefined) {
    const wrong = (['rearm', 'initial'] as const).filter((key) => raw[key] !== undefined)
    for (const key of wrong) subject.fault('KM_CATALOGUE_VALUE', `'${key}' goes with becomes, not with when`, [key])
    return { right: wrong.length === 0 }
  }
  const initial = raw.initial ?? false
  if (raw.rearm === undefined) return { edge: { initial }, right: true }
  if (becomes && rearm && implies(becomes, rearm, scope)) {
    const message =
      "rearm holds whenever becomes does, so that the rule fires again at every evaluation; say from where on it is over, as 'balance >= 700' behind 'balance < 500'"
    subject.fault('KM_RULE_REARM', message, ['rearm'])
    return { right: false }
  }
  return rearm ? { edge: { rearm, initial }, right: true } : { right: false }
}
