import { describe, expect, test } from 'vitest'
import { marketing, problemsOf, rule, wrongFiles } from './wrong-file.ts'

const when = (condition: string, on = 'cdr') => rule(`on: ${on}`, `when: ${condition}`, marketing)
const pattern = (steps: string, ...more: string[]) => rule(`pattern: [${steps}]`, marketing, ...more)
const special = (date: string) => rule(`date: ${date}`, marketing).replace('moment: change', 'moment: special')
const edge = (becomes: string, rearm: string) =>
  rule('on: cdr', `becomes: ${quoted(becomes)}`, `rearm: ${quoted(rearm)}`, marketing)
const quoted = (condition: string) => (condition.startsWith('!') ? `"${condition}"` : condition)
const quiet = (open: string, close: string, ...more: string[]) =>
  rule(`open: ${open}`, `close: ${close}`, 'longest: 1d', 'code: do-not-disturb', ...more).replace(
    'moment: change',
    'moment: do-not-disturb',
  )

describe('what can never be true', () => {
  wrongFiles('rules/r.yaml', [
    [
      'KM_RULE_IMPOSSIBLE',
      when('calls_24h < 0 || event.duration_s > 3'),
      "5:7  KM_RULE_IMPOSSIBLE  'calls_24h < 0' is never true: calls_24h is 0 or more",
    ],
    [
      'KM_RULE_IMPOSSIBLE',
      when('calls_24h > 5 && event.duration_s > 3 && calls_24h < 3'),
      "5:48  KM_RULE_IMPOSSIBLE  'calls_24h < 3' is never true together with what stands before it: no calls_24h meets both",
    ],
    [
      'KM_RULE_IMPOSSIBLE',
      when('calls_24h > 5 && calls_24h < 6'),
      "5:24  KM_RULE_IMPOSSIBLE  'calls_24h < 6' is never true together with what stands before it: no calls_24h meets both",
    ],
    [
      'KM_RULE_IMPOSSIBLE',
      when('event.kind == "voice" && event.kind == "sms"'),
      '5:32  KM_RULE_IMPOSSIBLE  \'event.kind == "sms"\' is never true together with what stands before it: no event.kind meets both',
    ],
    [
      'KM_RULE_IMPOSSIBLE',
      when('event.kind != "voice" && !(event.kind in ["x"]) && calls_24h > 1').replace(
        '!(event.kind in ["x"])',
        'event.kind != "sms" && event.kind != "mms"',
      ),
      '5:55  KM_RULE_IMPOSSIBLE  \'event.kind != "mms"\' is never true together with what stands before it: no event.kind meets both',
    ],
    [
      'KM_RULE_IMPOSSIBLE',
      when('logged_in && !logged_in'),
      "5:20  KM_RULE_IMPOSSIBLE  '!logged_in' is never true together with what stands before it: no logged_in meets both",
    ],
    [
      'KM_RULE_IMPOSSIBLE',
      when('event.duration_s > 3000000'),
      "5:7  KM_RULE_IMPOSSIBLE  'event.duration_s > 3000000' is never true: event.duration_s is between 0 and 604800",
    ],
    [
      'KM_RULE_IMPOSSIBLE',
      when('now.weekday == 0'),
      "5:7  KM_RULE_IMPOSSIBLE  'now.weekday == 0' is never true: now.weekday is between 1 and 7",
    ],
    [
      'KM_RULE_IMPOSSIBLE',
      when('event.local_hour in [24, 25]'),
      "5:7  KM_RULE_IMPOSSIBLE  'event.local_hour in [24, 25]' is never true: event.local_hour is between 0 and 23",
    ],
    [
      'KM_RULE_CONSTANT',
      when('calls_24h >= 0'),
      '5:7  KM_RULE_CONSTANT  is always true, whatever happens; it must depend on a field or a factor',
    ],
  ])
})

test.each([
  when('calls_24h > 5 || calls_24h < 3'),
  when('data_mb_7d > 1.0 && data_mb_7d < 1.0000001'),
  when('calls_24h >= 5 && calls_24h <= 5'),
  when('"!(calls_24h > 5 && event.duration_s > 3)"'),
  when('data_mb_7d - double(calls_24h) < 0.0'),
  when('data_mb_7d >= 0.0 && calls_24h > 2'),
  when('(event.kind == "voice" || event.kind == "sms") && event.kind != "sms"'),
  when('"known(logged_in) ? logged_in : calls_24h > 1"'),
  when('max(calls_24h, 1) > 1'),
  pattern('{ a: { on: bill } }, { b: { on: bill } }', 'within: 1h', 'once: 1h'),
  pattern('{ a: { on: bill, where: status == "overdue" } }, { b: { on: bill } }', 'within: 1h'),
  pattern('{ a: { on: bill, times: 3 } }', 'within: 1h'),
  pattern('{ a: { on: cdr } }, { not: { on: cdr, for: 48h } }'),
])('looks odd, and is right: %s', (text) => {
  expect(problemsOf({ path: 'rules/r.yaml', text })).toEqual([])
})

describe('what undoes itself', () => {
  const notOver =
    "rearm holds whenever becomes does, so that the rule fires again at every evaluation; say from where on it is over, as 'balance >= 700' behind 'balance < 500'"
  const atOnce =
    'each event that opens closes at once, so that nothing is ever silenced; say in where what tells the two apart, or how long it lingers'
  wrongFiles('rules/r.yaml', [
    ['KM_RULE_REARM', edge('calls_24h > 10', 'calls_24h > 5'), `6:8  KM_RULE_REARM  ${notOver}`],
    ['KM_RULE_REARM', edge('calls_24h > 10', '!(calls_24h < 3)'), `6:8  KM_RULE_REARM  ${notOver}`],
    ['KM_RULE_REARM', edge('calls_24h > 10 && logged_in', 'logged_in'), `6:8  KM_RULE_REARM  ${notOver}`],
    ['KM_RULE_NEVER', quiet('{ on: contact }', '{ on: contact }'), `5:8  KM_RULE_NEVER  ${atOnce}`],
    [
      'KM_RULE_NEVER',
      quiet('{ on: network, where: severity > 3 }', '{ on: [network, cdr] }'),
      `5:8  KM_RULE_NEVER  ${atOnce}`,
    ],
    [
      'KM_RULE_NEVER',
      quiet('{ on: network, where: severity > 3 }', '{ on: network, where: severity > 2 }'),
      `5:8  KM_RULE_NEVER  ${atOnce}`,
    ],
    [
      'KM_CATALOGUE_REPEATED',
      when('event.kind in ["voice", "sms", "voice"]'),
      '5:38  KM_CATALOGUE_REPEATED  "voice" stands in the list twice; leave one out, or write what was meant',
    ],
  ])
})

test.each([
  edge('calls_24h > 10', 'calls_24h < 12'),
  edge('calls_24h > 10 || logged_in', 'calls_24h > 5'),
  edge('calls_24h > 10', 'logged_in'),
  quiet('{ on: network, where: severity > 2 }', '{ on: network, where: severity > 3 }'),
  quiet('{ on: contact }', '{ on: contact }', 'lingers: 2h'),
  quiet('{ on: [network, contact] }', '{ on: contact }'),
])('may be meant so: %s', (text) => {
  expect(problemsOf({ path: 'rules/r.yaml', text })).toEqual([])
})

describe('triggers', () => {
  wrongFiles('rules/r.yaml', [
    [
      'KM_CATALOGUE_VALUE',
      rule('on: cdr', 'when: calls_24h > 3', 'becomes: calls_24h > 3', marketing),
      '6:10  KM_CATALOGUE_VALUE  when fires each time it is true, becomes where it turns true; a rule has one of them',
    ],
    [
      'KM_CATALOGUE_VALUE',
      rule('on: cdr', 'every: day', 'at: "09:00"', 'when: calls_24h > 3', marketing),
      '5:8  KM_CATALOGUE_VALUE  a change rule has on and when (or becomes), or every, at and when (or becomes), or a segment, or a pattern; not both on and every',
    ],
    [
      'KM_CATALOGUE_VALUE',
      rule('on: cdr', 'when: calls_24h > 3', 'within: 1h', marketing),
      "6:9  KM_CATALOGUE_VALUE  'within' does not go with 'on'; it takes on, when, becomes, rearm, initial",
    ],
    [
      'KM_RULE_UNKNOWN_FIELD',
      rule('on: cdr', 'when: calls_24h > 3', 'only: event.duration_s > 3', marketing),
      "6:13  KM_RULE_UNKNOWN_FIELD  there is no event here of which to read 'duration_s'; read a factor that keeps it",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      pattern('{ a: { on: cdr, where: now.hour > 3, times: 2 } }', 'within: 1h'),
      '4:38  KM_RULE_UNSUPPORTED  an event is judged at its own time: local_hour in place of now.hour',
    ],
    [
      'KM_RULE_HISTORY',
      rule('on: app-usage', 'when: event.login', 'history: { tag: a, warm_up: 30d }', marketing).replace(
        'change',
        'first',
      ),
      '6:10  KM_RULE_HISTORY  history is known in one way: history: { tag: NAME }, { warm_up: 30d }, { known: CONDITION }, or none',
    ],
    [
      'KM_RULE_DATE',
      special('{ field: birth_date, festival: spring, at: "09:00" }'),
      '4:7  KM_RULE_DATE  a date goes by one of field, festival, day_set, billing_day',
    ],
    [
      'KM_RULE_DATE',
      special('{ field: contract_end, leap_day: "03-01", at: "09:00" }'),
      "4:40  KM_RULE_DATE  'leap_day' does not go with what is the date itself, once",
    ],
    [
      'KM_RULE_DATE',
      special('{ billing_day: true, each: day, at: "09:00" }'),
      "4:34  KM_RULE_DATE  'each' does not go with billing_day; it takes at, offset_days, billing_day",
    ],
  ])
})

describe('patterns', () => {
  wrongFiles('rules/r.yaml', [
    [
      'KM_PATTERN_STEPS',
      pattern('{ a: { on: cdr } }'),
      '4:11  KM_PATTERN_STEPS  a pattern of one event is a condition: write on and when; or say times: N, or what must not follow',
    ],
    [
      'KM_PATTERN_STEPS',
      pattern('{ not: { on: cdr, for: 1h } }'),
      '4:11  KM_PATTERN_STEPS  a pattern needs an event: - name: { on: cdr }',
    ],
    [
      'KM_PATTERN_STEPS',
      pattern(Array.from({ length: 9 }, (_, i) => `{ a${i}: { on: cdr } }`).join(', '), 'within: 1h'),
      '4:11  KM_PATTERN_STEPS  9 events are too many; a pattern has up to 8, some may be times: N',
    ],
    [
      'KM_PATTERN_STEPS',
      pattern(
        '{ a: { on: cdr } }, { not: { on: order } }, { not: { on: recharge } }, { b: { on: bill } }',
        'within: 1h',
      ),
      '4:55  KM_PATTERN_STEPS  two absences stand side by side; write one with any: [ … ]',
    ],
    [
      'KM_PATTERN_STEPS',
      pattern('{ a: { on: cdr } }, { a: { on: bill } }', 'within: 1h'),
      "4:31  KM_PATTERN_STEPS  there is another step 'a'; give it a name of its own",
    ],
    [
      'KM_PATTERN_STEPS',
      pattern('{ a: { on: cdr } }, { not: { on: order, for: 1h } }, { b: { on: bill } }', 'within: 1h'),
      '4:56  KM_PATTERN_STEPS  an absence between two events lasts from one to the other; leave for out, within limits the whole',
    ],
    [
      'KM_PATTERN_STEPS',
      pattern('{ not: { on: order, for: 1h, from: start } }, { a: { on: cdr } }'),
      '4:46  KM_PATTERN_STEPS  from: start is of an absence at the end, not in front',
    ],
    [
      'KM_PATTERN_STEPS',
      pattern('{ a: { on: cdr } }, { not: { on: order, for: 1h } }', 'within: 1h'),
      '6:9  KM_PATTERN_STEPS  within is the time from the first to the last event, and there is one only; leave it out',
    ],
    [
      'KM_PATTERN_UNBOUNDED',
      pattern('{ a: { on: cdr, times: 3 } }'),
      '4:10  KM_PATTERN_UNBOUNDED  a pattern of two events or more needs within: how far apart the first and the last may be, as 72h',
    ],
    [
      'KM_PATTERN_UNBOUNDED',
      pattern('{ not: { on: order } }, { a: { on: cdr } }'),
      '4:18  KM_PATTERN_UNBOUNDED  an absence in front needs for: how long nothing must come, as 48h; without it, it never ends',
    ],
    [
      'KM_PATTERN_SELF',
      pattern('{ a: { on: [cdr, bill] } }, { b: { on: bill } }, { c: { on: bill } }', 'within: 1h'),
      '4:60  KM_PATTERN_SELF  every further event of this kind completes the pattern again, without end: say how often it may fire (once: 7d), or what tells the steps apart',
    ],
    [
      'KM_PATTERN_NEVER',
      pattern('{ a: { on: cdr } }, { b: { on: bill } }, { c: { on: order } }', 'within: 1h', 'unless: { on: bill }'),
      "7:9  KM_PATTERN_NEVER  unless cancels each 'b', so that the pattern never ends",
    ],
    [
      'KM_PATTERN_NEVER',
      pattern('{ a: { on: cdr } }, { not: { on: [cdr, order], for: 1h, from: start } }'),
      "4:31  KM_PATTERN_NEVER  from: start counts 'a' itself, which is what must not come; leave from out",
    ],
    [
      'KM_CATALOGUE_VALUE',
      pattern('{ a: { on: cdr, times: 17 } }', 'within: 1h'),
      "4:34  KM_CATALOGUE_VALUE  'times' must be 16 or less, not 17",
    ],
    [
      'KM_CATALOGUE_UNKNOWN_KEY',
      pattern('{ a: { on: cdr, tims: 2 } }', 'within: 1h'),
      "4:27  KM_CATALOGUE_UNKNOWN_KEY  no key 'tims' here; did you mean 'times'?",
    ],
  ])
})
