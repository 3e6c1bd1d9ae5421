/** A condition or value after the check: typed, names resolved, ready to be compiled or explained. A subset of CEL. */
export type ValueType = 'int' | 'double' | 'bool' | 'string'

/**
 * Unknown is a value (a missing field, a factor without data): it passes through operators, `false && unknown` is false,
 * `true || unknown` is true, and a condition that ends unknown is false.
 */
export type Expression =
  | { readonly kind: 'literal'; readonly type: ValueType; readonly value: number | boolean | string }
  /** A field of the event in hand. */
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

export type BinaryOperator = '&&' | '||' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%'
