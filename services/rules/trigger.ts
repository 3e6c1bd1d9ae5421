import type { EventType } from '../topology.ts'
import type { RawMatch, RawRule } from './raw.ts'
import type { EventMatch, History, MomentKind, Trigger } from './ruleset.ts'
import { fieldScope, type Scope } from './scope.ts'
import type { Path } from './source.ts'
import { day, type Subject, second } from './subject.ts'

/** The keys that belong to each kind of moment, beside those that all have. */
const keysOf = {
  first: ['on', 'when', 'history'],
  change: ['on', 'when', 'pattern'],
  special: ['date'],
  'do-not-disturb': ['open', 'close', 'key', 'longest', 'code', 'channels', 'purposes'],
} as const satisfies Record<MomentKind, readonly (keyof RawRule)[]>

const needed = {
  first: ['on', 'when'],
  change: [],
  special: ['date'],
  'do-not-disturb': ['open', 'close', 'longest', 'code'],
} as const satisfies Record<MomentKind, readonly (keyof RawRule)[]>

/** What makes the moment, or undefined with its faults. `factorScope` gives what `when` may read. */
export function checkTrigger(
  raw: RawRule,
  subject: Subject,
  factorScope: (on: readonly EventType[]) => Scope,
): Trigger | undefined {
  const own: readonly string[] = keysOf[raw.moment]
  let misplaced = false
  for (const key of new Set(Object.values(keysOf).flat())) {
    if (raw[key] === undefined || own.includes(key)) continue
    misplaced = true
    subject.fault('KM_CATALOGUE_VALUE', `'${key}' has no place in a ${raw.moment} rule; it takes ${own.join(', ')}`, [
      key,
    ])
  }
  const missing = needed[raw.moment].filter((key) => raw[key] === undefined)
  for (const key of missing) subject.fault('KM_CATALOGUE_MISSING_KEY', `'${key}' is missing in a ${raw.moment} rule`)
  if (misplaced || missing.length > 0) return undefined
  switch (raw.moment) {
    case 'first':
      return condition(raw, subject, factorScope, checkHistory(raw, subject))
    case 'change':
      return change(raw, subject, factorScope)
    case 'special':
      return raw.date && anniversary(raw.date, subject)
    case 'do-not-disturb':
      return interval(raw, subject)
  }
}

function checkHistory(raw: RawRule, subject: Subject): History | undefined {
  if (raw.history === 'none') return { kind: 'none' }
  if (raw.history) return { kind: 'tag', tag: raw.history.tag }
  const message = `rule '${raw.id}' must say how a habit older than itself is known: history: { tag: NAME }, or none`
  subject.fault('KM_RULE_HISTORY', message)
  return undefined
}

function change(raw: RawRule, subject: Subject, factorScope: (on: readonly EventType[]) => Scope): Trigger | undefined {
  if (!raw.pattern) return condition(raw, subject, factorScope)
  if (raw.on === undefined && raw.when === undefined) return absence(raw.pattern, subject)
  const path = [raw.on === undefined ? 'when' : 'on']
  subject.fault('KM_CATALOGUE_VALUE', 'a change rule has on and when, or a pattern, not both', path)
  return undefined
}

function condition(
  raw: RawRule,
  subject: Subject,
  factorScope: (on: readonly EventType[]) => Scope,
  history?: History,
): Trigger | undefined {
  if (raw.on === undefined || raw.when === undefined) {
    subject.fault('KM_CATALOGUE_MISSING_KEY', 'a change rule has on and when, or a pattern')
    return undefined
  }
  const on = [raw.on].flat()
  const when = subject.condition(raw.when, ['when'], factorScope(on))
  return when && { kind: 'condition', on, when, ...(history && { history }) }
}

function absence([first, second_]: NonNullable<RawRule['pattern']>, subject: Subject): Trigger | undefined {
  const [name = '', start] = Object.entries(first)[0] ?? []
  const after = start && match(start, ['pattern', 0, name], subject)
  const path = ['pattern', 1, 'not']
  const absent = match(second_.not, path, subject)
  const within = subject.duration(second_.not.for, [...path, 'for'], { least: second, most: 366 * day })
  return after && absent && within > 0 ? { kind: 'absence', after, absent, within } : undefined
}

function anniversary(date: NonNullable<RawRule['date']>, subject: Subject): Trigger {
  const minuteOfDay = subject.wallTime(date.at, ['date', 'at'])
  return { kind: 'anniversary', field: date.field, minuteOfDay, leapDay: date.leap_day ?? '02-28' }
}

function interval(raw: RawRule, subject: Subject): Trigger | undefined {
  const { open: rawOpen, close: rawClose, key, code } = raw
  if (!rawOpen || !rawClose || !code) return undefined
  const open = match(rawOpen, ['open'], subject)
  const close = match(rawClose, ['close'], subject)
  const longest = subject.duration(raw.longest ?? '', ['longest'], { least: second, most: 366 * day })
  if (key !== undefined) checkKey(key, [rawOpen.on, rawClose.on].flat(), subject)
  if (!open || !close || longest === 0) return undefined
  const { channels = [], purposes = [] } = raw
  return { kind: 'interval', open, close, ...(key !== undefined && { key }), longest, code, channels, purposes }
}

function checkKey(key: string, on: readonly EventType[], subject: Subject): void {
  const { fields } = fieldScope(on)
  if (fields.get(key)?.type === 'string') return
  const texts = [...fields].filter(([, field]) => field.type === 'string').map(([name]) => name)
  const message = `'${key}' is not a text that the opening and closing events share; those are ${texts.join(', ')}`
  subject.fault('KM_RULE_KEY', message, ['key'])
}

function match(raw: RawMatch, path: Path, subject: Subject): EventMatch | undefined {
  const on = [raw.on].flat()
  if (raw.where === undefined) return { on }
  const where = subject.condition(raw.where, [...path, 'where'], fieldScope(on))
  return where && { on, where }
}
