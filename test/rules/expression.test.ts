import { expect, test } from 'vitest'
import { checkCondition, checkExpression } from '../../services/rules/condition.ts'
import { evaluate, type Value } from '../../services/rules/evaluate.ts'
import type { TextSearch } from '../../services/rules/expression.ts'
import { toJavaScript, valueToJavaScript } from '../../services/rules/javascript.ts'
import { createFactorScopes, fieldScope } from '../../services/rules/scope.ts'
import { textHash } from '../../services/rules/text-hash.ts'
import { virtualFields } from '../../services/rules/virtual-fields.ts'

const scopes = createFactorScopes([
  ['n', { type: 'int' }],
  ['x', { type: 'double' }],
  ['b', { type: 'bool' }],
  ['plan', { type: 'string' }],
  ['plan_before', { type: 'string' }],
])
const scope = scopes.scope(['cdr'])
/** Of a streak: no event, but the value of a period. */
const periodScope = scopes.scope([], 'double')
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
  ['known(n)', { n: 0 }, true],
  ['known(n)', {}, false],
  ['!known(n)', {}, true],
  ['known(n / n)', { n: 0 }, false],
  ['known(event.roaming_country)', { roaming_country: 'DE' }, true],
  ['known(n) && n > 3 || b', { b: false }, false],
  ['known(n) ? n > 3 : b', { b: true }, true],
  ['min(n, 5)', { n: 7 }, 5],
  ['max(n, 5)', { n: 7 }, 7],
  ['max(n, 5)', {}, '?'],
  ['abs(n)', { n: -7 }, 7],
  ['min(x, 0.5) + abs(x)', { x: -1.5 }, 0],
  ['min(n, 5) > 3 && abs(x) < 2.0', { n: 9, x: -1 }, true],
  ['plan == "gold"', { plan: 'gold' }, true],
  ['plan != "gold"', { plan: 'silver' }, true],
  ['plan == "gold"', {}, '?'],
  ['"gold" == plan', { plan: 'gold' }, true],
  ['plan in ["gold", "金卡"]', { plan: '金卡' }, true],
  ['plan == plan_before', { plan: 'gold', plan_before: 'gold' }, true],
  ['plan != plan_before', { plan: 'gold', plan_before: 'silver' }, true],
  ['plan != plan_before', { plan: 'gold' }, '?'],
  ['plan == event.roaming_country', { plan: 'DE', roaming_country: 'DE' }, true],
  ['event.roaming_country == event.cell_id', { roaming_country: 'DE', cell_id: 'DE' }, true],
  ['event.roaming_country != event.cell_id', { roaming_country: 'DE' }, '?'],
  ['event.cell_id.startsWith("46000-")', { cell_id: '46000-17' }, true],
  ['event.cell_id.startsWith("46000-")', { cell_id: '46001-17' }, false],
  ['event.cell_id.startsWith("46000-")', {}, '?'],
  ['!event.cell_id.endsWith("-17")', { cell_id: '46000-17' }, false],
  ['!event.cell_id.endsWith("-17")', {}, '?'],
  ['event.cell_id.contains("路")', { cell_id: '南京路-1' }, true],
  ['event.cell_id.contains("路") || b', { b: true }, true],
  ['event.cell_id.contains("路") == b', { cell_id: 'x', b: false }, true],
  ['known(event.cell_id.contains("路"))', {}, false],
  ['event.kind.startsWith("v") && n > 1', { kind: 'voice', n: 2 }, true],
  ['known(plan)', { plan: '' }, true],
  ['now.hour >= 22 || now.hour < 6', { 'now.hour': 23 }, true],
  ['now.weekday in [6, 7]', { 'now.weekday': 5 }, false],
  ['now.workday', { 'now.workday': true }, true],
  ['!now.workday', {}, '?'],
  ['now.date - n', { 'now.date': 20_000, n: 19_990 }, 10],
  ['event.local_hour >= 22', { local_hour: 22 }, true],
  ['event.local_workday', {}, '?'],
  ['event.event_time > 1700000000000', { event_time: 1_700_000_000_001 }, true],
  ['value > 1.5 * double(n)', { value: 16, n: 10 }, true],
  ['value > 1.5 * x', { value: 16 }, '?'],
]

test.each(table)('%s with %o is %s', (source, known, result) => {
  const faults: string[] = []
  const where = source.startsWith('value') ? periodScope : scope
  const expression = checkExpression(source, where, ['int', 'double', 'bool'], (fault) => faults.push(fault.message))
  expect(faults).toEqual([])
  if (!expression) throw new Error('not checked')
  const expected = result === '?' ? undefined : result
  const environment = {
    field: (name: string) => known[name],
    factor: (id: string) => known[id],
    now: (name: string) => known[`now.${name}`],
    value: known.value,
  }
  expect(evaluate(expression, environment)).toBe(expected)

  const words = Object.values(known).filter((value) => typeof value === 'string')
  const number = (name: string) => {
    const value = known[name]
    return value === undefined ? 'NaN' : String(typeof value === 'string' ? words.indexOf(value) : Number(value))
  }
  const hash = (name: string) => {
    const value = known[name]
    return `(${typeof value === 'string' ? textHash(value) : number(name)})`
  }
  const names = {
    field: (name: string) => `(${number(name)})`,
    fieldHash: hash,
    factor: hash,
    now: (name: string) => `(${number(`now.${name}`)})`,
    value: () => `(${number('value')})`,
    has: (name: string) => String(known[name] !== undefined),
    word: (_field: string, literal: string) => `(${words.indexOf(literal)})`,
    search: (name: string, how: TextSearch, text: string) => {
      const value = known[name]
      return typeof value === 'string' ? `(${Number(value[how === 'contains' ? 'includes' : how](text))})` : '(NaN)'
    },
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
  const letter = (text: string) => () => text
  const names = {
    field: letter('f'),
    fieldHash: letter('t'),
    factor: letter('k'),
    has: letter('h'),
    word: letter('1'),
    now: letter('n'),
    value: letter('v'),
    search: letter('s'),
  }
  expect(toJavaScript(expression, names).source.length).toBeLessThan(source.length * 20)
})

test('a factor keeps no letters that could be asked', () => {
  const faults: string[] = []
  const tell = ({ code, message, offset }: { code: string; message: string; offset: number }) =>
    void faults.push(`${offset} ${code}  ${message}`)
  expect(checkCondition('n > 1 && plan.startsWith("5G")', scope, tell)).toBeUndefined()
  expect(faults).toEqual([
    '9 KM_RULE_UNSUPPORTED  startsWith() asks a field of the event; make a factor whose value asks it, as value: plan.startsWith("…")',
  ])
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
    ...virtualFields.keys(),
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
