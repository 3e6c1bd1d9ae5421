import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkExpression } from '../../services/rules/condition.ts'
import { conditionTree, toCel } from '../../services/rules/condition-tree.ts'
import { evaluate } from '../../services/rules/evaluate.ts'
import type { BinaryOperator, Expression, ValueType } from '../../services/rules/expression.ts'
import { createFactorScopes } from '../../services/rules/scope.ts'

const factorTypes = { i: 'int', d: 'double', b: 'bool', t: 'string' } as const
const scope = createFactorScopes(Object.entries(factorTypes).map(([id, type]) => [id, { type }] as const)).scope(
  ['network'],
  'int',
)

type Literal = number | boolean | string
const literal = (type: ValueType, value: Literal): Expression => ({ kind: 'literal', type, value })
const factor = (id: keyof typeof factorTypes): Expression => ({ kind: 'factor', type: factorTypes[id], id })
const field = (type: ValueType, name: string, optional: boolean): Expression => ({
  kind: 'field',
  type,
  name,
  optional,
})

const ints = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(0, -1)).map((value) => value + 0)
const doubles = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -2, 1e21, -1e21, 5e-324, 0.1, 1e15, 123456789012345680000),
)
// A minus in front of a literal is part of it, and of zero there is one.
const plain = (value: number): number => value + 0
const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('金卡', "it's", 'a"b', '\\', '\n\t'))

const binary =
  (type: ValueType) =>
  ([left, operator, right]: [Expression, BinaryOperator, Expression]): Expression => ({
    kind: 'binary',
    type,
    operator,
    left,
    right,
  })

/** Trees of every shape, whatever would be written in front of or behind each other. */
const { bool } = fc.letrec<Record<'int' | 'double' | 'bool' | 'text', Expression>>((tie) => {
  const size = { maxDepth: 5, depthSize: 'small', depthIdentifier: 'tree' } as const
  const isNoLiteral = ({ kind }: Expression) => kind !== 'literal'
  const conditional = (side: 'int' | 'double' | 'bool') =>
    fc
      .tuple(tie('bool'), tie(side), tie(side))
      .map(
        ([condition, then, otherwise]): Expression => ({ kind: 'conditional', type: side, condition, then, otherwise }),
      )
  const numbers = (side: 'int' | 'double', signs: BinaryOperator[]) => [
    fc.tuple(tie(side), fc.constantFrom(...signs), tie(side)).map(binary(side)),
    tie(side)
      .filter(isNoLiteral)
      .map((operand): Expression => ({ kind: 'negate', type: side, operand })),
    fc
      .record({ name: fc.constantFrom('min', 'max'), operands: fc.tuple(tie(side), tie(side)) })
      .map((parts): Expression => ({ kind: 'call', type: side, ...parts })),
    tie(side).map((operand): Expression => ({ kind: 'call', type: side, name: 'abs', operands: [operand] })),
    conditional(side),
  ]
  const membership = (side: 'int' | 'double', values: fc.Arbitrary<number>) =>
    fc
      .record({ operand: tie(side), values: fc.uniqueArray(values, { minLength: 1, maxLength: 3 }) })
      .map((parts): Expression => ({ kind: 'in', type: 'bool', ...parts }))
  const order: BinaryOperator[] = ['<', '<=', '>', '>=', '==', '!=']
  return {
    int: fc.oneof(
      size,
      fc.oneof(
        ints.map((value) => literal('int', plain(value))),
        fc.constantFrom<Expression>(
          factor('i'),
          field('int', 'severity', false),
          field('int', 'local_hour', false),
          { kind: 'now', type: 'int', name: 'day_of_month' },
          { kind: 'value', type: 'int' },
        ),
      ),
      ...numbers('int', ['+', '-', '*', '/', '%']),
      tie('double').map((operand): Expression => ({ kind: 'convert', type: 'int', operand })),
    ),
    double: fc.oneof(
      size,
      fc.oneof(
        doubles.map((value) => literal('double', plain(value))),
        fc.constantFrom(factor('d'), field('double', 'value', true)),
      ),
      ...numbers('double', ['+', '-', '*', '/']),
      tie('int').map((operand): Expression => ({ kind: 'convert', type: 'double', operand })),
    ),
    text: fc.constantFrom(factor('t'), field('string', 'cell_id', true), field('string', 'source', false)),
    bool: fc.oneof(
      size,
      fc.constantFrom<Expression>(
        factor('b'),
        literal('bool', true),
        literal('bool', false),
        { kind: 'now', type: 'bool', name: 'workday' },
        { kind: 'has', type: 'bool', name: 'cell_id' },
      ),
      fc.tuple(tie('bool'), fc.constantFrom<BinaryOperator>('&&', '||', '==', '!='), tie('bool')).map(binary('bool')),
      tie('bool').map((operand): Expression => ({ kind: 'not', type: 'bool', operand })),
      fc.tuple(tie('int'), fc.constantFrom(...order), tie('int')).map(binary('bool')),
      fc.tuple(tie('double'), fc.constantFrom(...order), tie('double')).map(binary('bool')),
      fc
        .tuple(
          tie('text'),
          fc.constantFrom<BinaryOperator>('==', '!='),
          texts.map((value) => literal('string', value)),
        )
        .map(binary('bool')),
      membership('int', ints.map(plain)),
      membership('double', doubles.map(plain)),
      fc
        .record({ operand: tie('text'), values: fc.uniqueArray(texts, { minLength: 1, maxLength: 3 }) })
        .map((parts): Expression => ({ kind: 'in', type: 'bool', ...parts })),
      fc
        .oneof(tie('int'), tie('double'), tie('text'))
        .map((operand): Expression => ({ kind: 'known', type: 'bool', operand })),
      conditional('bool'),
    ),
  }
})

test('what is written of an expression reads as the same expression again', () => {
  fc.assert(
    fc.property(bool, (expression) => {
      const text = toCel(expression)
      const faults: string[] = []
      const again = checkExpression(text, scope, ['bool'], ({ code, message }) => faults.push(`${code} ${message}`))
      fc.pre(!faults.some((fault) => fault.includes('KM_RULE_TOO_COMPLEX')))
      expect(faults, text).toEqual([])
      expect(again, text).toEqual(expression)
    }),
    { numRuns: 3_000 },
  )
})

test('the tree of a condition has its value at the top, and no part that is a literal', () => {
  const world = { i: 3, d: 0.5, b: undefined, t: '金卡' } as const
  const environment = {
    factor: (id: string) => world[id as keyof typeof world],
    field: () => undefined,
    now: () => 7,
    value: 2,
  }
  fc.assert(
    fc.property(bool, (expression) => {
      const tree = conditionTree(expression, environment)
      expect(tree.value).toBe(evaluate(expression, environment) ?? null)
      expect(tree.text).toBe(toCel(expression))
      const walk = ({ text, parts }: typeof tree): void => {
        expect(text).not.toMatch(/^(-?\d+(\.\d+)?|true|false|".*")$/)
        parts.forEach(walk)
      }
      tree.parts.forEach(walk)
    }),
  )
})
