import type { BinaryOperator, NowField } from '../services/rules/expression.ts'
import { functions } from '../services/rules/lower-call.ts'
import { textSearches } from '../services/rules/lower-search.ts'
import { type ProblemCode, problemCodes } from '../services/rules/problem.ts'
import { virtualFields } from '../services/rules/virtual-fields.ts'
import { aggregateTable, costTable } from './aggregate-tables.ts'
import { keysTable } from './schema-tables.ts'
import { capital, code, table } from './table.ts'

type FunctionName = keyof typeof functions

const functionWords: Readonly<Record<FunctionName, readonly [written: string, meaning: string]>> = {
  has: ['has(event.x)', 'the event has the field x'],
  known: ['known(x)', 'x has a value; never unknown itself'],
  double: ['double(x)', 'an int as double'],
  int: ['int(x)', 'a double as int, cut toward zero'],
  abs: ['abs(x)', 'x without its sign'],
  min: ['min(a, b)', 'the lesser of two numbers of one type'],
  max: ['max(a, b)', 'the greater of two numbers of one type'],
  segment: [
    'segment("id")',
    'the subscriber is in this segment; in rules, and in segments of other dimensions; never unknown itself',
  ],
}

const operatorWords: Readonly<Record<BinaryOperator, string>> = {
  '&&': 'both; false where one is false, though the other is unknown',
  '||': 'one of them; true where one is true, though the other is unknown',
  '==': 'equal',
  '!=': 'not equal',
  '<': 'less (numbers)',
  '<=': 'less or equal (numbers)',
  '>': 'greater (numbers)',
  '>=': 'greater or equal (numbers)',
  '+': 'sum; ints and doubles are not mixed',
  '-': 'difference, or the opposite of one number',
  '*': 'product',
  '/': 'quotient; of ints cut toward zero; unknown over 0',
  '%': 'rest of ints; unknown over 0',
}

const nowWords: Readonly<Record<NowField, string>> = {
  date: 'local date, as days since 1970-01-01',
  month: '1 to 12',
  day_of_month: '1 to 31',
  weekday: '1 (Monday) to 7',
  hour: '0 to 23',
  minute_of_day: '0 to 1439',
  workday: "a day on which people work, by the subscriber's calendar; unknown without one, and past its end",
}

/** What the blocks of docs/language.md hold. */
export const languageBlocks = (): Readonly<Record<string, string>> => ({
  'keys-of-factors': keysTable('factor', 'factor'),
  aggregates: aggregateTable(),
  windows: keysTable('factor', 'window'),
  cost: costTable(),
  operators: table(
    ['operator', 'meaning'],
    Object.entries(operatorWords).map(([name, meaning]) => [code(name), capital(meaning)]),
  ),
  functions: table(
    ['function', 'meaning'],
    [
      ...Object.keys(functions).map((name) => {
        const [written, meaning] = functionWords[name as FunctionName]
        return [code(written), meaning]
      }),
      ...Object.entries(textSearches).map(([name, meaning]) => [
        code(`event.x.${name}("…")`),
        `the text field x ${meaning} this one, letter by letter`,
      ]),
    ],
  ),
  'virtual-fields': table(
    ['in `where` and `value`', 'over factors', 'meaning'],
    Object.entries(nowWords).map(([name, meaning]) => {
      if (!virtualFields.has(`local_${name}`)) throw new Error(`no event has local_${name}`)
      return [code(`local_${name}`), code(`now.${name}`), capital(meaning)]
    }),
  ),
  'keys-of-rules': keysTable('rule', 'rule'),
  matches: keysTable('rule', 'match'),
  'steps-of-patterns': keysTable('rule', 'eventStep'),
  'absences-of-patterns': keysTable('rule', 'absence'),
  dates: keysTable('rule', 'date'),
  'keys-of-segments': keysTable('segment', 'segment'),
  'keys-of-tags': keysTable('tag', 'tag'),
  'keys-of-offers': keysTable('offer', 'offer'),
  'keys-of-campaigns': keysTable('campaign', 'campaign'),
  'keys-of-calendars': keysTable('calendar', 'calendar'),
  festivals: keysTable('calendar', 'festival'),
  'day-sets': keysTable('calendar', 'daySet'),
  'keys-of-policy': keysTable('policy', 'policy'),
  problems: table(
    ['code', 'meaning'],
    Object.entries(problemCodes).map(([name, meaning]) => [code(name as ProblemCode), `${capital(meaning)}.`]),
  ),
})
