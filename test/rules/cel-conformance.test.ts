import { expect, test } from 'vitest'
import { checkExpression } from '../../services/rules/condition.ts'
import { evaluate, type Value } from '../../services/rules/evaluate.ts'
import type { ValueType } from '../../services/rules/expression.ts'
import { valueToJavaScript } from '../../services/rules/javascript.ts'
import { createFactorScopes } from '../../services/rules/scope.ts'
import { textHash } from '../../services/rules/text-hash.ts'
import conformance from './cel-conformance/cases.json' with { type: 'json' }

interface Case {
  readonly name: string
  readonly expr: string
  readonly types?: Readonly<Record<string, string | undefined>>
  readonly values?: Readonly<Record<string, string | number | boolean | undefined>>
}

function check({ expr, types = {} }: Case) {
  const known = Object.entries(types).map(([name, type]) => [name, { type: type as ValueType }] as const)
  const faults: string[] = []
  const expression = checkExpression(
    expr,
    createFactorScopes(known).scope(),
    ['int', 'double', 'bool', 'string'],
    ({ code, message }) => faults.push(`${code}  ${message}`),
  )
  return { expression, faults }
}

function run(given: Case): { readonly interpreted: Value; readonly generated: unknown } {
  const { expression, faults } = check(given)
  if (!expression) throw new Error(`${given.name}: ${faults}`)
  const { values = {} } = given
  const environment = { field: () => undefined, factor: (id: string) => values[id] }
  const none = () => 'NaN'
  const numberOf = (id: string) => (typeof values[id] === 'string' ? textHash(values[id]) : Number(values[id]))
  const factor = (id: string) => `(${numberOf(id)})`
  const names = { field: none, fieldHash: none, has: none, word: none, now: none, value: none, search: none, factor }
  const { source } = valueToJavaScript(expression, names)
  return { interpreted: evaluate(expression, environment), generated: new Function(`return ${source}`)() }
}

/** What JSON has no word for. */
const special = { unknown: undefined, infinity: Number.POSITIVE_INFINITY, '-infinity': Number.NEGATIVE_INFINITY }
const isSpecial = (result: unknown): result is keyof typeof special =>
  typeof result === 'string' && Object.hasOwn(special, result)

test('every case of the CEL conformance data within our subset has the same result', () => {
  expect(conformance.cases.length).toBeGreaterThan(140)
  for (const given of conformance.cases) {
    const { interpreted, generated } = run(given)
    const expected = isSpecial(given.result) ? special[given.result] : given.result
    expect(interpreted, `${given.name}: ${given.expr}`).toEqual(expected)
    const asNumber = typeof expected === 'string' ? textHash(expected) : expected === undefined ? Number.NaN : expected
    expect(Number(generated) + 0, `${given.name}: ${given.expr}, generated`).toBe(Number(asNumber) + 0)
  }
})

test('a division by zero is unknown, where CEL has infinity and NaN', () => {
  for (const given of conformance.differing) {
    expect(run(given), given.expr).toEqual({ interpreted: undefined, generated: Number.NaN })
  }
})

test.each(conformance.outside)('outside of our subset, and refused: $why', ({ cases }) => {
  for (const given of cases) {
    const { expression, faults } = check(given)
    expect(expression, `${given.name}: ${given.expr}`).toBeUndefined()
    expect(faults.join(), `${given.name}: ${given.expr}`).toMatch(/^KM_RULE_\w+ {2}\S/)
  }
})
