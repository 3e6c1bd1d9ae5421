import type { Expression, ValueType } from './expression.ts'
import { isAlways, lengthOf } from './factor-window.ts'
import { anything, atLeastZero, mayBeUnknown, type Range, rangeOf, rangeOfSum } from './ranges.ts'
import type { EventFactor, Factor, Window } from './ruleset.ts'
import type { KnownFactor, Scope } from './scope.ts'
import type { Subject } from './subject.ts'

/** The parts of a factor over events that most aggregates need. */
export interface Parts {
  readonly id: string
  readonly from: EventFactor['from']
  readonly where?: Expression
  readonly value?: Expression
  readonly window: Window
  readonly scope: Scope
}

/** A factor to be. A hidden one behind `x` is `x$something`, which no condition can name. */
export type MadeFactor = Pick<Factor, 'id' | 'type' | 'definition' | 'quantiles'>

/** The factors which one definition makes, the hidden ones first, and what is known of the one that was asked for. */
export interface Made {
  readonly factors: readonly MadeFactor[]
  readonly known: KnownFactor
}

/** Sum over count of the events whose value is known. */
export function average(parts: Parts): Made {
  const { id, scope, where, value, ...rest } = parts
  if (!value) throw new RangeError('an average has a value')
  const guarded = mayBeUnknown(value, scope)
    ? { kind: 'known' as const, type: 'bool' as const, operand: value }
    : undefined
  const joint = both(where, guarded)
  const filtered = { kind: 'events', ...rest, ...(joint && { where: joint }) } as const
  return {
    factors: [
      { id: `${id}$sum`, type: value.type, definition: { ...filtered, value, aggregate: { kind: 'sum' } } },
      { id: `${id}$count`, type: 'int', definition: { ...filtered, aggregate: { kind: 'count' } } },
      derived(id, quotient(read(`${id}$sum`, value.type), read(`${id}$count`, 'int'))),
    ],
    known: { type: 'double', range: rangeOf(value, scope) },
  }
}

/** Count or sum by a length of time; `per` in milliseconds. undefined, with a fault, where the window has no length. */
export function rate(per: number, window: Window, subject: Subject): ((parts: Parts) => Made) | undefined {
  const length = lengthOf(window)
  if (length === undefined) {
    const message = 'rate needs a window of a fixed length: rolling, hours, days or weeks'
    subject.fault('KM_FACTOR_WINDOW', message, ['window'])
    return undefined
  }
  return ({ id, scope, value, ...rest }) => {
    const aggregate = { kind: value ? 'sum' : 'count' } as const
    const type = value?.type ?? 'int'
    const range: Range = value ? rangeOfSum(rangeOf(value, scope)) : atLeastZero
    return {
      factors: [
        { id: `${id}$all`, type, definition: { kind: 'events', ...rest, ...(value && { value }), aggregate } },
        derived(id, quotient(read(`${id}$all`, type), { kind: 'literal', type: 'double', value: length / per })),
      ],
      known: { type: 'double', range, always: isAlways(window) },
    }
  }
}

/** The part of the events, or of the sum of `value`, which also meets `of`. Unknown over nothing. */
export function share(of: Expression, { id, scope, value, where, ...rest }: Parts): Made {
  const aggregate = { kind: value ? 'sum' : 'count' } as const
  const type = value?.type ?? 'int'
  const whole = { kind: 'events', ...rest, ...(value && { value }), aggregate } as const
  const isPart = !value || rangeOf(value, scope).low >= 0
  const met = both(where, of) ?? of
  return {
    factors: [
      { id: `${id}$part`, type, definition: { ...whole, where: met } },
      { id: `${id}$all`, type, definition: { ...whole, ...(where && { where }) } },
      derived(id, quotient(read(`${id}$part`, type), read(`${id}$all`, type))),
    ],
    known: { type: 'double', range: isPart ? { low: 0, high: 1 } : anything },
  }
}

/** Civil days from the newest event's own local date to today. */
export function sinceDays({ id, from, where, window }: Parts): Made {
  const date: Expression = { kind: 'field', type: 'int', name: 'local_date', optional: false }
  return {
    factors: [
      {
        id: `${id}$date`,
        type: 'int',
        definition: { kind: 'events', from, ...(where && { where }), value: date, aggregate: { kind: 'last' }, window },
      },
      daysFrom(id, `${id}$date`),
    ],
    known: { type: 'int', range: atLeastZero },
  }
}

/** Civil days from the date that another factor is to today. */
export function daysFrom(id: string, date: string): MadeFactor {
  const today: Expression = { kind: 'now', type: 'int', name: 'date' }
  return derived(id, { kind: 'binary', type: 'int', operator: '-', left: today, right: read(date, 'int') })
}

/** `a / b` as doubles. */
export const quotient = (left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  type: 'double',
  operator: '/',
  left: asDouble(left),
  right: asDouble(right),
})

const asDouble = (expression: Expression): Expression =>
  expression.type === 'double' ? expression : { kind: 'convert', type: 'double', operand: expression }

export const derived = (id: string, value: Expression): MadeFactor => ({
  id,
  type: value.type,
  definition: { kind: 'derived', value },
})

const read = (id: string, type: ValueType): Expression => ({ kind: 'factor', type, id })

const both = (left: Expression | undefined, right: Expression | undefined): Expression | undefined =>
  left && right ? { kind: 'binary', type: 'bool', operator: '&&', left, right } : (left ?? right)
