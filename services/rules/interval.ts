import { checkKey, matchesOf, typesOf } from './match.ts'
import { covers } from './pattern-sense.ts'
import type { RawRule } from './raw.ts'
import type { Known } from './rules.ts'
import type { IntervalTrigger } from './ruleset.ts'
import { checkDate } from './special-date.ts'
import { day, type Subject, second } from './subject.ts'

const needed = ['close', 'longest', 'code'] as const
const range = { least: second, most: 366 * day }

/** Of a do-not-disturb rule, or undefined with its faults. */
export function checkInterval(raw: RawRule, subject: Subject, known: Known): IntervalTrigger | undefined {
  const { open: rawOpen, close: rawClose, key, code } = raw
  const isDate = rawOpen !== undefined && 'date' in rawOpen
  // What a date opens may end by its length alone.
  const missing = needed.filter((name) => raw[name] === undefined && !(isDate && name === 'close'))
  for (const name of missing) {
    subject.fault('KM_CATALOGUE_MISSING_KEY', `'${name}' is missing in a do-not-disturb rule`)
  }
  const open = isDate
    ? checkDate(rawOpen.date, ['open', 'date'], subject, known)
    : rawOpen && matchesOf(rawOpen, ['open'], subject)
  const close = rawClose ? matchesOf(rawClose, ['close'], subject) : []
  const longest = raw.longest === undefined ? 0 : subject.duration(raw.longest, ['longest'], range)
  const lingers = raw.lingers === undefined ? 0 : subject.duration(raw.lingers, ['lingers'], range)
  if (key !== undefined && isDate) {
    subject.fault('KM_RULE_KEY', 'what a date opens has no key: leave it out', ['key'])
  }
  if (key !== undefined && !isDate && rawOpen && rawClose) {
    checkKey(key, [...typesOf(rawOpen), ...typesOf(rawClose)], 'the opening and closing events', subject)
  }
  if (!open || !close || !code || missing.length > 0) return undefined
  // What lingers begins with the closing event, which may well be the opening one.
  if (!('kind' in open) && raw.lingers === undefined && covers(close, open)) {
    const message =
      'each event that opens closes at once, so that nothing is ever silenced; say in where what tells the two apart, ' +
      'or how long it lingers'
    subject.fault('KM_RULE_NEVER', message, ['close'])
    return undefined
  }
  const { channels = [], purposes = [] } = raw
  return {
    kind: 'interval',
    open: 'kind' in open ? open : { kind: 'event', any: open },
    close,
    ...(key !== undefined && { key }),
    longest,
    lingers,
    code,
    channels,
    purposes,
  }
}
