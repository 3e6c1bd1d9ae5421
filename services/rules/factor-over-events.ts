import { eventFields } from './event-fields.ts'
import type { Expression, ValueType } from './expression.ts'
import { aggregates } from './factor-aggregates.ts'
import { average, type Made, type Parts, rate, share, sinceDays } from './factor-desugar.ts'
import { checkWindow, isAlways } from './factor-window.ts'
import { anything, atLeastZero, hull, rangeOf, rangeOfSum, valuesOf } from './ranges.ts'
import type { RawAggregate, RawFactor } from './raw.ts'
import type { Aggregate, Window } from './ruleset.ts'
import { type FactorScopes, fieldScope, type KnownFactor, type Scope } from './scope.ts'
import { day, type Subject, second } from './subject.ts'

/** A factor over events from its raw form, or undefined with its faults. */
export function checkOverEvents(raw: RawFactor, subject: Subject, scopes: FactorScopes): Made | undefined {
  const { aggregate } = raw
  if (!aggregate) {
    const message = `say how the events are aggregated: aggregate: ${Object.keys(aggregates).join(', ')}`
    subject.fault('KM_FACTOR_VALUE', message, ['from'])
    return undefined
  }
  const keysFit = checkKeys(raw, aggregate, subject)
  const from = [raw.from ?? []].flat()
  const scope = fieldScope(from)
  const where = raw.where === undefined ? undefined : subject.condition(raw.where, ['where'], scope)
  const value = checkValue(raw, aggregate, scope, subject)
  const { windows, fallback, shift } = aggregates[aggregate]
  const window = checkWindow(raw, subject, { fallback, taken: windows, shift })
  const own = checkOwnKeys(
    raw,
    aggregate,
    { scope, scopes, value: value === 'faulty' ? undefined : value, window },
    subject,
  )
  if (!keysFit || (raw.where !== undefined && !where) || value === 'faulty' || !window || !own) return undefined
  const parts: Parts = { id: raw.id, from, ...(where && { where }), ...(value && { value }), window, scope }
  return own(parts)
}

const ownKeys = ['per', 'of', 'half_life', 'at_least', 'measure', 'while'] as const

function checkKeys(raw: RawFactor, aggregate: RawAggregate, subject: Subject): boolean {
  const wrong = ownKeys.filter((key) => raw[key] !== undefined && !aggregates[aggregate].keys.includes(key))
  for (const key of wrong) {
    const owners = Object.entries(aggregates).filter(([, { keys }]) => keys.includes(key))
    const message = `'${key}' goes with ${owners.map(([name]) => name).join(', ')}, not with ${aggregate}`
    subject.fault('KM_FACTOR_VALUE', message, [key])
  }
  return wrong.length === 0
}

function checkValue(
  raw: RawFactor,
  aggregate: RawAggregate,
  scope: Scope,
  subject: Subject,
): Expression | undefined | 'faulty' {
  const { values, needsValue } = aggregates[aggregate]
  if (raw.value === undefined) {
    if (!needsValue) return undefined
    const fields = Object.keys(eventFields[scope.on[0] ?? 'cdr']).filter((name) => scope.fields.has(name))
    const message = `${aggregate} needs a value over the fields of ${scope.on.join(', ')}: ${fields.join(', ')}`
    subject.fault('KM_FACTOR_VALUE', message, ['aggregate'])
    return 'faulty'
  }
  if (values.length > 0) return subject.expression(raw.value, ['value'], scope, values) ?? 'faulty'
  const message =
    aggregate === 'count'
      ? 'count counts events and takes no value; did you mean sum?'
      : `${aggregate} goes by the times of events and takes no value`
  subject.fault('KM_FACTOR_VALUE', message, ['value'])
  return 'faulty'
}

interface Context {
  readonly scope: Scope
  readonly scopes: FactorScopes
  readonly value: Expression | undefined
  readonly window: Window | undefined
}

/** What makes the factor of its parts once they are right, or undefined with the faults of the aggregate's own keys. */
function checkOwnKeys(
  raw: RawFactor,
  aggregate: RawAggregate,
  { scope, scopes, value, window }: Context,
  subject: Subject,
): ((parts: Parts) => Made) | undefined {
  const missing = (key: keyof RawFactor, what: string) => {
    subject.fault('KM_FACTOR_VALUE', `${aggregate} needs ${key}: ${what}`, ['aggregate'])
    return undefined
  }
  switch (aggregate) {
    case 'avg':
      return average
    case 'days-since':
      return sinceDays
    case 'rate': {
      if (raw.per === undefined) return missing('per', 'the length of time that it is told for, as 1d')
      const per = subject.duration(raw.per, ['per'], { least: second, most: 366 * day })
      return per > 0 && window ? rate(per, window, subject) : undefined
    }
    case 'share': {
      if (raw.of === undefined) return missing('of', 'a condition over the event, which the part meets')
      const of = subject.condition(raw.of, ['of'], scope)
      return of && ((parts) => share(of, parts))
    }
    case 'streak': {
      if (raw.while === undefined) return missing('while', 'a condition over value, the count or sum of a period')
      const type = value?.type === 'double' ? 'double' : 'int'
      const when = subject.condition(raw.while, ['while'], scopes.scope([], type))
      return when && ((parts) => single(parts, { kind: 'streak', when }))
    }
    case 'baseline': {
      if (raw.half_life === undefined) return missing('half_life', 'in periods; one of that age weighs half')
      const { half_life: halfLife } = raw
      const least = atLeast(raw, periodsOf(window), 1, subject)
      return least === undefined ? undefined : (parts) => single(parts, { kind: 'baseline', halfLife, least })
    }
    case 'trend': {
      const least = atLeast(raw, periodsOf(window), 2, subject)
      return least === undefined ? undefined : (parts) => single(parts, { kind: 'trend', least })
    }
    case 'cadence': {
      const measure = raw.measure ?? 'median'
      const gaps = window?.kind === 'last' ? window.events - 1 : undefined
      const least = atLeast(raw, gaps, 1, subject, measure === 'last' ? 1 : undefined)
      return least === undefined ? undefined : (parts) => single(parts, { kind: 'cadence', measure, least })
    }
    case 'previous':
      if (window?.kind !== 'last' || window.events === 2) return (parts) => single(parts, { kind: 'previous' })
      subject.fault('KM_FACTOR_WINDOW', 'previous is the newest value but one: leave the window out', ['window'])
      return undefined
    default:
      return (parts) => single(parts, { kind: aggregate })
  }
}

const periodsOf = (window: Window | undefined): number | undefined =>
  window?.kind === 'civil' ? window.periods : undefined

/** How many periods or gaps there must be; all of the window where it isn't said. undefined after a fault. */
function atLeast(
  raw: RawFactor,
  most: number | undefined,
  least: number,
  subject: Subject,
  fallback = most,
): number | undefined {
  if (most === undefined || fallback === undefined) return undefined
  if (most < least) {
    const message = `${raw.aggregate} needs ${least} ${raw.aggregate === 'cadence' ? 'gap' : 'periods'} at least; take a longer window`
    subject.fault('KM_FACTOR_WINDOW', message, raw.window === undefined ? ['aggregate'] : ['window'])
    return undefined
  }
  const given = raw.at_least ?? fallback
  if (given >= least && given <= most) return given
  subject.fault('KM_FACTOR_VALUE', `at_least must be ${least} to ${most}, which is all of the window`, ['at_least'])
  return undefined
}

/** What is known of changes is asked of fields of the profile only. */
type OverEvents = Exclude<Aggregate, { readonly kind: 'current' | 'before' | 'change-date' | 'change-age' | 'became' }>

/** A factor which is one aggregate. */
function single(parts: Parts, aggregate: OverEvents): Made {
  const { id, scope: _scope, ...kept } = parts
  const known = knownOf(parts, aggregate)
  return { factors: [{ id, type: known.type, definition: { kind: 'events', ...kept, aggregate } }], known }
}

function knownOf(parts: Parts, aggregate: OverEvents): KnownFactor {
  const { value, window, scope, where } = parts
  const range = value && isNumber(value.type) ? rangeOf(value, scope) : anything
  const always = isAlways(window)
  switch (aggregate.kind) {
    case 'count':
      // What was kept since an event may begin behind the one in hand.
      return always && window.kind !== 'last'
        ? { type: 'int', range: atLeastZero, always, counts: { on: scope.on, ...(where && { where }) } }
        : { type: 'int', range: atLeastZero, always }
    case 'distinct':
      return { type: 'int', range: atLeastZero, always }
    case 'sum':
      return { type: value?.type ?? 'int', range: rangeOfSum(range), always }
    case 'min':
    case 'max':
      return { type: value?.type ?? 'int', range }
    case 'last':
    case 'first':
    case 'previous':
    case 'mode': {
      const values = value && valuesOf(value, scope)
      return { type: value?.type ?? 'int', range, ...(values && { values }) }
    }
    case 'streak':
      return { type: 'int', range: { low: 0, high: window.kind === 'civil' ? window.periods : 0 } }
    case 'baseline':
      return { type: 'double', range: value ? hull([rangeOfSum(range), { low: 0, high: 0 }]) : atLeastZero }
    case 'trend':
      return { type: 'double' }
    case 'cadence':
    case 'entropy':
      return { type: 'double', range: atLeastZero }
    case 'top-share':
      return { type: 'double', range: { low: 0, high: 1 } }
    case 'last-time':
      return { type: 'int' }
  }
}

const isNumber = (type: ValueType): boolean => type === 'int' || type === 'double'
