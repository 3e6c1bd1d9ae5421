import { describe, expect, test } from 'vitest'
import { factor, marketing, problemsOf, rule, wrongFiles } from './wrong-file.ts'

describe('factors', () => {
  wrongFiles('factors/f.yaml', [
    [
      'KM_FACTOR_ID',
      'id: event\ntitle: { en: F }\nfrom: cdr\naggregate: count\nwindow: lifetime\n',
      "1:5  KM_FACTOR_ID  'event' means something else in conditions; choose another name",
    ],
    [
      'KM_FACTOR_VALUE',
      factor('from: recharge', 'aggregate: count', 'value: amount', 'window: lifetime'),
      '5:8  KM_FACTOR_VALUE  count counts events and takes no value; did you mean sum?',
    ],
    [
      'KM_FACTOR_VALUE',
      factor('from: recharge', 'aggregate: sum', 'window: lifetime'),
      '4:12  KM_FACTOR_VALUE  sum needs a value over the fields of recharge: event_id, subscriber_id, event_time, source, amount, currency, method, balance_after',
    ],
    [
      'KM_RULE_TYPE',
      factor('from: recharge', 'aggregate: max', 'value: method', 'window: lifetime'),
      '5:8  KM_RULE_TYPE  gives string; must give int or double',
    ],
    [
      'KM_RULE_TYPE',
      factor('from: app-usage', 'aggregate: sum', 'value: bytes_up / 1048576.0', 'window: lifetime'),
      "5:17  KM_RULE_TYPE  '/' mixes int with double; write double(bytes_up)",
    ],
    [
      'KM_RULE_UNKNOWN_FIELD',
      factor('from: cdr', 'aggregate: count', 'where: bearer != "wifi"', 'window: { days: 7 }'),
      "5:8  KM_RULE_UNKNOWN_FIELD  cdr has no field 'bearer'",
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: count'),
      '4:12  KM_FACTOR_WINDOW  count needs a window: lifetime, { rolling: 168h }, { rolling: 168h, pane: 1h }, { days: 7 }, { last: 5 } or { since: { on: recharge } }',
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: count', 'window: { days: 7, rolling: 24h }'),
      '5:9  KM_FACTOR_WINDOW  a window has one of rolling, hours, days, weeks, months, billing_months, last, since',
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: count', 'window: { rolling: 25h, pane: 2h }'),
      '5:9  KM_FACTOR_WINDOW  25h is not a whole number of panes of 2h',
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: count', 'window: { rolling: 168h, pane: 1h }'),
      '5:9  KM_FACTOR_WINDOW  168h is 168 panes of 1h; a window has 1 to 96',
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: count', 'window: { days: 3650 }'),
      '5:9  KM_FACTOR_WINDOW  3650 days; a window reaches back 96 days at most, take a longer unit',
    ],
    [
      'KM_CATALOGUE_VALUE',
      factor('from: cdr', 'aggregate: count', 'window: ever'),
      "5:9  KM_CATALOGUE_VALUE  'window' must be 'lifetime', not 'ever'",
    ],
    [
      'KM_CATALOGUE_DUPLICATE_ID',
      'id: calls_24h\ntitle: { en: F }\nfrom: cdr\naggregate: count\nwindow: lifetime\n',
      "1:5  KM_CATALOGUE_DUPLICATE_ID  there is another factor 'calls_24h'; ids are used once, rename one of them",
    ],
  ])

  test('a factor that holds itself is a fault and no endless loop', () => {
    const [found] = problemsOf({ path: 'factors/f.yaml', text: 'id: f\nx: &x { y: *x }\n' })
    expect(found).toMatch(/^factors\/f\.yaml:1:1 {2}KM_CATALOGUE_MISSING_KEY/)
  })

  test('rules which read a faulty factor are not blamed for it', () => {
    const faulty = { path: 'factors/f.yaml', text: factor('from: cdr', 'aggregate: count') }
    const reader = { path: 'rules/r.yaml', text: rule('on: cdr', 'when: f > 3', marketing, 'evidence: [f]') }
    expect(problemsOf(faulty, reader).map((line) => line.split('  ')[1])).toEqual(['KM_FACTOR_WINDOW'])
  })
})
