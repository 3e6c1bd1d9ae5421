import type { EventType } from '../topology.ts'
import type { RawMatch, RawMatches } from './raw.ts'
import type { EventMatch } from './ruleset.ts'
import { fieldScope } from './scope.ts'
import type { Path } from './source.ts'
import type { Subject } from './subject.ts'

/** An event match from its raw form, or undefined with its faults. */
export function matchOf(raw: RawMatch, path: Path, subject: Subject): EventMatch | undefined {
  const on = [raw.on].flat()
  if (raw.where === undefined) return { on }
  const where = subject.condition(raw.where, [...path, 'where'], fieldScope(on))
  return where && { on, where }
}

/** One match or `any` of several; undefined where one of them has a fault. */
export function matchesOf(raw: RawMatches, path: Path, subject: Subject): readonly EventMatch[] | undefined {
  const matches =
    'any' in raw
      ? raw.any.map((match, index) => matchOf(match, [...path, 'any', index], subject))
      : [matchOf(raw, path, subject)]
  return matches.every((match) => match !== undefined) ? matches : undefined
}

export const typesOf = (raw: RawMatches): readonly EventType[] =>
  ('any' in raw ? raw.any : [raw]).flatMap((match) => match.on)

/** Says so where the key isn't a text that all of these events have. */
export function checkKey(key: string, on: readonly EventType[], whose: string, subject: Subject): void {
  const types = [...new Set(on)]
  const { fields } = fieldScope(types)
  if (fields.get(key)?.type === 'string') return
  const texts = [...fields].filter(([, field]) => field.type === 'string').map(([name]) => name)
  const message = `'${key}' is not a text that ${whose} share (${types.join(', ')}); those are ${texts.join(', ')}`
  subject.fault('KM_RULE_KEY', message, ['key'])
}
