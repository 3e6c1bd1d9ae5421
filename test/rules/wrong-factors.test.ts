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
      'KM_FACTOR_KIND',
      factor('profile: plan', 'previous: true', 'unchanged: days'),
      '5:12  KM_FACTOR_KIND  a factor is one of previous and unchanged, not both',
    ],
    [
      'KM_FACTOR_VALUE',
      factor('profile: status', 'became: bared', 'window: { rolling: 90d }'),
      "4:9  KM_FACTOR_VALUE  'status' is never 'bared'; did you mean 'barred'?",
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('profile: status', 'window: { rolling: 90d }'),
      '4:9  KM_FACTOR_WINDOW  only became takes a window',
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
      'KM_CATALOGUE_DURATION',
      factor('from: cdr', 'aggregate: count', 'window: { rolling: 10s, pane: 500ms }'),
      "5:31  KM_CATALOGUE_DURATION  '500ms' is no length of time; write it like 90s, 10m, 48h, 30d",
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: last', 'value: duration_s', 'window: { days: 7 }'),
      '6:9  KM_FACTOR_WINDOW  last takes lifetime or { since: { on: recharge } }; civil periods do not fit',
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: count', 'window: { days: 3650 }'),
      '5:9  KM_FACTOR_WINDOW  3650 days; a window reaches back 96 days at most, take a longer unit',
    ],
    [
      'KM_CATALOGUE_VALUE',
      factor('from: cdr', 'aggregate: count', 'window: ever'),
      "5:9  KM_CATALOGUE_VALUE  'window' must be 'lifetime', not 'ever'; or write it like { days: 7 } or { rolling: 168h }",
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

  test('factors computed one behind the other end somewhere, whatever their order', () => {
    const chain = (length: number) =>
      Array.from(
        { length },
        (_, i) => `- { id: f${i}, title: { en: F }, derive: ${i === 0 ? 'calls_24h' : `f${i - 1}`} + 1 }`,
      )
    expect(problemsOf({ path: 'factors/f.yaml', text: chain(50).reverse().join('\n') })).toEqual([])
    expect(problemsOf({ path: 'factors/f.yaml', text: chain(60).join('\n') })).toEqual([
      "factors/f.yaml:51:40  KM_RULE_TOO_COMPLEX  'f50' is computed through 51 factors, one behind the other; 50 at most",
    ])
  })

  test('each circle is told once, and who reads one is not blamed', () => {
    const text = [
      'id: a, derive: a + 1',
      'id: b, derive: d && c',
      'id: c, from: cdr, aggregate: streak, window: { months: 3 }, while: "b && value > 3"',
      'id: d, derive: c > 1',
      'id: e, derive: a + 1',
    ]
    const found = problemsOf({
      path: 'factors/f.yaml',
      text: text.map((line) => `- { title: { en: F }, ${line} }`).join('\n'),
    })
    expect(found).toEqual([
      "factors/f.yaml:1:38  KM_FACTOR_CYCLE  'a' is computed from itself: a → a; break the circle",
      "factors/f.yaml:2:38  KM_FACTOR_CYCLE  'b' is computed from itself: b → d → c → b; break the circle",
    ])
  })

  test('names of JavaScript are no names of the catalogue', () => {
    const text = [
      'id: constructor, derive: calls_24h + 1',
      'id: f, derive: toString + hasOwnProperty',
      'id: g, profile: constructor',
      'id: h, from: cdr, value: valueOf, aggregate: last',
    ]
    const found = problemsOf({
      path: 'factors/f.yaml',
      text: text.map((line) => `- { title: { en: F }, ${line} }`).join('\n'),
    })
    expect(found.map((line) => line.replace(/;.*/, ''))).toEqual([
      "factors/f.yaml:2:38  KM_RULE_UNKNOWN_FACTOR  no factor 'toString'",
      "factors/f.yaml:2:49  KM_RULE_UNKNOWN_FACTOR  no factor 'hasOwnProperty'",
      "factors/f.yaml:3:39  KM_RULE_UNKNOWN_FIELD  a profile has no value 'constructor'",
      "factors/f.yaml:4:48  KM_RULE_UNKNOWN_FIELD  cdr has no field 'valueOf'",
    ])
  })

  test('rules which read a faulty factor are not blamed for it', () => {
    const faulty = { path: 'factors/f.yaml', text: factor('from: cdr', 'aggregate: count') }
    const reader = { path: 'rules/r.yaml', text: rule('on: cdr', 'when: f > 3', marketing, 'evidence: [f]') }
    expect(problemsOf(faulty, reader).map((line) => line.split('  ')[1])).toEqual(['KM_FACTOR_WINDOW'])
  })
})
