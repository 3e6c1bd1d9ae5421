import { expect, test } from 'vitest'
import { checkCondition, checkExpression } from '../../services/rules/condition.ts'
import { evaluate, type Value } from '../../services/rules/evaluate.ts'
import { toJavaScript, valueToJavaScript } from '../../services/rules/javascript.ts'
import { createFactorScopes, fieldScope } from '../../services/rules/scope.ts'

const factors = new Map([
  ['n', 'int'],
  ['x', 'double'],
  ['b', 'bool'],
] as const)
const scope = createFactorScopes(factors)(['cdr'])
const most = Number.MAX_SAFE_INTEGER

/** What is known, and what the expression is then; `?` is unknown. */
const table: readonly (readonly [expression: string, known: Readonly<Record<string, Value>>, result: Value | '?'])[] = [
  ['n + 1 > 3', { n: 3 }, true],
  ['n + 1 > 3', {}, '?'],
  ['n > 3 && b', { b: false }, false],
  ['n > 3 && b', { b: true }, '?'],
  ['n > 3 || b', { b: true }, true],
  ['n > 3 || b', { b: false }, '?'],
  ['!(n > 3)', {}, '?'],
  ['!(n > 3 && b)', { b: false }, true],
  ['n != 3', {}, '?'],
  ['b == (n > 3)', { b: false, n: 1 }, true],
  ['b ? n > 1 : n > 5', { b: true, n: 3 }, true],
  ['b ? n > 1 : true', {}, '?'],
  ['n in [-1, 2]', { n: -1 }, true],
  ['n in [-1, 2]', {}, '?'],
  ['event.kind == "voice"', { kind: 'voice' }, true],
  ['event.roaming_country != "CN"', {}, '?'],
  ['event.roaming_country in ["FR", "DE"]', { roaming_country: 'DE' }, true],
  ['has(event.roaming_country)', {}, false],
  ['has(event.roaming_country) && event.roaming_country != "CN"', {}, false],
  ['event.balance_after < 1000', { balance_after: 999 }, true],
  ['n / 2', { n: -7 }, -3],
  ['n % 3', { n: -7 }, -1],
  ['n / (n - n)', { n: 1 }, '?'],
  ['x / (x - x)', { x: 1 }, '?'],
  ['n % (n - n)', { n: 1 }, '?'],
  ['n + 1', { n: most - 1 }, most],
  ['n + 1', { n: most }, '?'],
  ['n * n', { n: 94_906_266 }, '?'],
  ['n * n', { n: 94_906_265 }, 9_007_199_136_250_225],
  ['0 - n - 1', { n: most }, '?'],
  ['int(x)', { x: -2.7 }, -2],
  ['int(x)', { x: 1e16 }, '?'],
  ['double(n) * 0.5', { n: 3 }, 1.5],
  ['n + 1 > 3 || n < 0', { n: most }, '?'],
]

test.each(table)('%s with %o is %s', (source, known, result) => {
  const faults: string[] = []
  const expression = checkExpression(source, scope, ['int', 'double', 'bool'], (fault) => faults.push(fault.message))
  expect(faults).toEqual([])
  if (!expression) throw new Error('not checked')
  const expected = result === '?' ? undefined : result
  expect(evaluate(expression, { field: (name) => known[name], factor: (id) => known[id] })).toBe(expected)

  const words = Object.values(known).filter((value) => typeof value === 'string')
  const number = (name: string) => {
    const value = known[name]
    return value === undefined ? 'NaN' : String(typeof value === 'string' ? words.indexOf(value) : Number(value))
  }
  const names = {
    field: (name: string) => `(${number(name)})`,
    factor: (id: string) => `(${number(id)})`,
    has: (name: string) => String(known[name] !== undefined),
    word: (_field: string, literal: string) => `(${words.indexOf(literal)})`,
  }
  const run = (generate: typeof toJavaScript) => new Function(`return ${generate(expression, names).source}`)()
  expect(run(valueToJavaScript)).toEqual(expected === undefined ? Number.NaN : Number(expected))
  if (expression.type === 'bool') expect(run(toJavaScript)).toBe(expected === true)
})

test('generated code is about as long as the condition, however deep bools are compared', () => {
  let source = 'b'
  for (let depth = 0; depth < 15; depth++) source = `((${source}) == (n > ${depth}) ? (${source.length} > n) : b) != b`
  const expression = checkCondition(source, scope, (fault) => expect(fault).toBeUndefined())
  if (!expression) throw new Error('not checked')
  const names = { field: () => 'f', factor: () => 'k', has: () => 'h', word: () => '1' }
  expect(toJavaScript(expression, names).source.length).toBeLessThan(source.length * 20)
})

test('several types of event give the fields that all of them have', () => {
  const common = fieldScope(['cdr', 'app-usage']).fields
  expect([...common.keys()]).toEqual([
    'event_id',
    'subscriber_id',
    'event_time',
    'source',
    'duration_s',
    'cell_id',
    'roaming_country',
  ])
  expect(common.get('roaming_country')).toEqual({ type: 'string', optional: true })
  // In network `kind` is another list of words, and a condition may name any of both.
  expect(fieldScope(['cdr', 'network']).fields.get('kind')?.values).toEqual([
    'voice',
    'sms',
    'mms',
    'outage',
    'degraded',
    'restored',
    'slow-line',
  ])
  // An order always has an action, one of four words; a reply may have one, and then any.
  expect(fieldScope(['order', 'reply']).fields.get('action')).toEqual({ type: 'string', optional: true })
})
