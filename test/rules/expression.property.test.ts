import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkExpression } from '../../services/rules/condition.ts'
import { type Environment, evaluate, type Value } from '../../services/rules/evaluate.ts'
import type { Expression, ValueType } from '../../services/rules/expression.ts'
import { toJavaScript, valueToJavaScript } from '../../services/rules/javascript.ts'
import { createFactorScopes } from '../../services/rules/scope.ts'

/** Factors of every type, and the fields of network: kind and cell_id (text), severity (int), value (double). */
const factorTypes = new Map<string, ValueType>([
  ['i1', 'int'],
  ['i2', 'int'],
  ['d1', 'double'],
  ['d2', 'double'],
  ['b1', 'bool'],
  ['b2', 'bool'],
])
const scope = createFactorScopes(factorTypes)(['network'])

/** A CEL text of a type, at most `depth` deep. `ints` and `doubles` are the literals in it. */
function cel(type: ValueType, depth: number, ints: fc.Arbitrary<string>, doubles: fc.Arbitrary<string>) {
  const { int, double, bool } = fc.letrec<{ int: string; double: string; bool: string }>((tie) => {
    const operators = (side: 'int' | 'double', signs: string[]) =>
      fc.tuple(tie(side), fc.constantFrom(...signs), tie(side)).map(([a, sign, b]) => `(${a} ${sign} ${b})`)
    const choice = (side: 'int' | 'double' | 'bool') =>
      fc.tuple(tie('bool'), tie(side), tie(side)).map(([c, a, b]) => `(${c} ? ${a} : ${b})`)
    const compared = (side: 'int' | 'double' | 'bool', signs: string[]) =>
      fc.tuple(tie(side), fc.constantFrom(...signs), tie(side)).map(([a, sign, b]) => `(${a} ${sign} ${b})`)
    const order = ['<', '<=', '>', '>=', '==', '!=']
    const depthSize = { maxDepth: depth, depthIdentifier: 'cel', depthSize: 'large' } as const
    return {
      int: fc.oneof(
        depthSize,
        fc.oneof(ints, fc.constantFrom('event.severity', 'i1', 'i2')),
        operators('int', ['+', '-', '*', '/', '%']),
        tie('int').map((a) => `(-${a})`),
        tie('double').map((a) => `int(${a})`),
        choice('int'),
      ),
      double: fc.oneof(
        depthSize,
        fc.oneof(doubles, fc.constantFrom('event.value', 'd1', 'd2')),
        operators('double', ['+', '-', '*']),
        fc.tuple(tie('double'), doubles).map(([a, b]) => `(${a} / ${b})`),
        tie('double').map((a) => `(-${a})`),
        tie('int').map((a) => `double(${a})`),
        choice('double'),
      ),
      bool: fc.oneof(
        depthSize,
        fc.constantFrom('b1', 'b2', 'true', 'false', 'has(event.value)', 'has(event.cell_id)', 'has(event.severity)'),
        fc.constantFrom(
          '(event.kind == "outage")',
          '("outage" != event.kind)',
          '(event.kind in ["degraded", "restored"])',
        ),
        fc.constantFrom('(event.cell_id == "c1")', '(event.cell_id != "c2")', '(event.cell_id in ["c1", "c3"])'),
        fc.tuple(tie('int'), fc.array(ints, { minLength: 1, maxLength: 3 })).map(([a, list]) => `(${a} in [${list}])`),
        compared('int', order),
        compared('double', order),
        compared('bool', ['==', '!=']),
        tie('bool').map((a) => `!${a}`),
        fc.tuple(tie('bool'), fc.constantFrom('&&', '||'), tie('bool')).map(([a, sign, b]) => `(${a} ${sign} ${b})`),
        choice('bool'),
      ),
    }
  })
  return { int, double, bool, string: bool }[type]
}

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 3 })

const worlds = (ints: fc.Arbitrary<number>, doubles: fc.Arbitrary<number>) =>
  fc.record({
    kind: fc.constantFrom('outage', 'degraded', 'restored', 'slow-line'),
    cell_id: maybe(fc.constantFrom('c1', 'c2', 'c3', 'elsewhere')),
    severity: ints,
    value: maybe(doubles),
    i1: maybe(ints),
    i2: maybe(ints),
    d1: maybe(doubles),
    d2: maybe(doubles),
    b1: maybe(fc.boolean()),
    b2: maybe(fc.boolean()),
  })
type World = Readonly<Record<string, Value>>

function checked(source: string, type: ValueType): Expression {
  const faults: string[] = []
  const expression = checkExpression(source, scope, [type], (fault) => faults.push(`${fault.code} ${fault.message}`))
  expect(faults, source).toEqual([])
  if (!expression) throw new Error(`no expression for ${source}`)
  return expression
}

const environmentOf = (world: World): Environment => ({ field: (name) => world[name], factor: (id) => world[id] })

const words = ['', 'outage', 'degraded', 'restored', 'slow-line', 'c1', 'c2', 'c3']

/** As numbers, the way in which generated code is handed its inputs. */
function numbersOf(world: World): Record<string, number> {
  return Object.fromEntries(
    Object.entries(world).map(([name, value]) => {
      if (typeof value === 'string') return [name, Math.max(0, words.indexOf(value))]
      return [name, value === undefined ? Number.NaN : Number(value)]
    }),
  )
}

function runGenerated(generate: typeof toJavaScript, expression: Expression, world: World): unknown {
  const { source } = generate(expression, {
    field: (name) => `w.${name}`,
    factor: (id) => `w.${id}`,
    has: (name) => `(w.${name} === w.${name})`,
    word: (_field, literal) => String(words.indexOf(literal)),
  })
  return new Function('w', `return ${source}`)(numbersOf(world))
}

/** The library's answer; what it throws over is unknown. */
function runLibrary(source: string, world: World): Value {
  const context: Record<string, unknown> = {}
  const event: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(world)) {
    if (value === undefined) continue
    const isInt = name === 'severity' || factorTypes.get(name) === 'int'
    const target = factorTypes.has(name) ? context : event
    target[name] = isInt ? BigInt(Number(value)) : value
  }
  try {
    const result: unknown = scope.environment.evaluate(source, { ...context, event })
    return typeof result === 'bigint' ? Number(result) : (result as Value)
  } catch {
    return undefined
  }
}

const asNumber = (value: Value): number => (value === undefined ? Number.NaN : Number(value))
const types = ['int', 'double', 'bool'] as const

// Small enough that no product of 2^4 of them comes near 2^53, where the library goes on and Keymoment does not.
const smallInts = fc.integer({ min: 0, max: 9 })
const smallDoubles = fc.integer({ min: 2, max: 18 }).map((half) => half / 2)

test.each(types)('the CEL library, the interpreter and the generated code agree: %s', (type) => {
  const sources = cel(
    type,
    4,
    smallInts.map(String),
    smallDoubles.map((double) => double.toFixed(1)),
  )
  const signed = <T extends number>(values: fc.Arbitrary<T>) =>
    fc.tuple(values, fc.constantFrom(1, -1)).map(([a, b]) => a * b)
  fc.assert(
    fc.property(sources, worlds(signed(smallInts), signed(smallDoubles)), (source, world) => {
      const expression = checked(source, type)
      const value = evaluate(expression, environmentOf(world))
      const library = runLibrary(source, world)
      expect(asNumber(value) + 0, `${source} by the interpreter`).toBe(asNumber(library) + 0)
      expect(Number(runGenerated(valueToJavaScript, expression, world)) + 0, source).toBe(asNumber(value) + 0)
      if (type === 'bool') expect(runGenerated(toJavaScript, expression, world), source).toBe(value === true)
    }),
    { numRuns: 3000 },
  )
})

const wideInts = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
)
const wideDoubles = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, 0.5, 1e308, 2 ** 53))

test.each(types)(
  'the interpreter and the generated code agree on large numbers and on division by zero: %s',
  (type) => {
    const literals = fc.nat().map(String)
    const sources = cel(type, 5, literals, fc.constantFrom('0.0', '1.5', '1e300', 'd1', 'd2'))
    fc.assert(
      fc.property(sources, worlds(wideInts, wideDoubles), (source, world) => {
        const expression = checked(source, type)
        const value = evaluate(expression, environmentOf(world))
        expect(Number(runGenerated(valueToJavaScript, expression, world)) + 0, source).toBe(asNumber(value) + 0)
        if (type === 'bool') expect(runGenerated(toJavaScript, expression, world), source).toBe(value === true)
      }),
      { numRuns: 3000 },
    )
  },
)
