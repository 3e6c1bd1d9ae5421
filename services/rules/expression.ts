/** A condition or value after the check: typed, names resolved, ready to be compiled or explained. A subset of CEL. */
export type ValueType = 'int' | 'double' | 'bool' | 'string'

/**
 * Unknown is a value (a missing field, a factor without data): it passes through operators, `false && unknown` is false,
 * `true || unknown` is true, and a condition that ends unknown is false.
 */
export type Expression =
  | { readonly kind: 'literal'; readonly type: ValueType; readonly value: number | boolean | string }
  /** A field of the event in hand. A date reads as days since 1970-01-01, a time as milliseconds since 1970. */
  | { readonly kind: 'field'; readonly type: ValueType; readonly name: string; readonly optional: boolean }
  | { readonly kind: 'factor'; readonly type: ValueType; readonly id: string }
  | { readonly kind: 'not' | 'negate'; readonly type: ValueType; readonly operand: Expression }
  | {
      readonly kind: 'binary'
      readonly type: ValueType
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
    }
  /** Membership in a list of literals of the operand's type. */
  | {
      readonly kind: 'in'
      readonly type: 'bool'
      readonly operand: Expression
      readonly values: readonly (number | boolean | string)[]
    }
  | {
      readonly kind: 'conditional'
      readonly type: ValueType
      readonly condition: Expression
      readonly then: Expression
      readonly otherwise: Expression
    }
  /** `double(x)` or `int(x)` (toward zero). */
  | { readonly kind: 'convert'; readonly type: 'int' | 'double'; readonly operand: Expression }
  /** `has(event.field)`. */
  | { readonly kind: 'has'; readonly type: 'bool'; readonly name: string }
  /** `known(x)`: a factor has a value. Never unknown itself. */
  | { readonly kind: 'known'; readonly type: 'bool'; readonly operand: Expression }
  /** `min(a, b)`, `max(a, b)`, `abs(a)` of one number type. */
  | {
      readonly kind: 'call'
      readonly type: 'int' | 'double'
      readonly name: 'min' | 'max' | 'abs'
      readonly operands: readonly Expression[]
    }
  /** `x.startsWith("…")` and its like, of a text field of the event. */
  | {
      readonly kind: 'search'
      readonly type: 'bool'
      readonly name: TextSearch
      readonly operand: Expression
      readonly text: string
    }
  /** `now.<name>`: civil time of the instant of evaluation in the subscriber's zone. */
  | { readonly kind: 'now'; readonly type: 'int' | 'bool'; readonly name: NowField }
  /** `value`: of the period in hand, in the condition of a streak. */
  | { readonly kind: 'value'; readonly type: 'int' | 'double' }

/**
 * date: days since 1970-01-01; day_of_month 1..31; weekday 1 (Monday)..7; hour 0..23; minute_of_day 0..1439; workday: by the
 * subscriber's calendar (the profile's, else the policy's), unknown without one or past its end. Fields of the same
 * names with `local_` before them exist on every event, for its own time.
 */
export type NowField = 'date' | 'month' | 'day_of_month' | 'weekday' | 'hour' | 'minute_of_day' | 'workday'

/** What a text is searched for: at its beginning, at its end, anywhere. Letter by letter, as in CEL. */
export type TextSearch = 'startsWith' | 'endsWith' | 'contains'

export type BinaryOperator = '&&' | '||' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%'
