import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { problemCodes } from '../../services/rules/problem.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { catalogueWith, factors, offers, policy } from './catalogue-files.ts'

/** Of each problem: what `keymoment catalogue check` prints. */
const problemsOf = (...files: SourceFile[]): string[] =>
  (loadCatalogue(catalogueWith(...files)).problems ?? []).map((problem) => problem.toString())

type Case = readonly [code: string, yaml: string, ...problems: string[]]

/** Each case: the file as it is written, and what is said about it, without the file's name. */
function table(path: string, cases: readonly Case[]): void {
  const rows = cases.map(([code, yaml, ...expected]) => ({ title: expected[0] ?? code, code, yaml, expected }))
  test.each(rows)('$title', ({ code, yaml, expected }) => {
    const found = problemsOf({ path, text: yaml })
    expect(found).toEqual(expected.map((line) => `${path}:${line}`))
    expect(found.join('\n')).toContain(`  ${code}  `)
  })
}

const rule = (...lines: string[]): string => ['id: r', 'moment: change', 'title: { en: R }', ...lines, ''].join('\n')
const marketing = 'purpose: marketing'
const when = (condition: string, on = 'app-usage') => rule(`on: ${on}`, `when: ${condition}`, marketing)
const factor = (...lines: string[]): string => ['id: f', 'title: { en: F }', ...lines, ''].join('\n')

describe('YAML', () => {
  table('rules/r.yaml', [
    [
      'KM_YAML_SYNTAX',
      'id: [a, b',
      '1:10  KM_YAML_SYNTAX  flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['KM_YAML_DUPLICATE_KEY', rule('moment: first'), '4:1  KM_YAML_DUPLICATE_KEY  map keys must be unique'],
    ['KM_YAML_TAB', 'id: r\ntitle:\n\ten: R\n', '3:1  KM_YAML_TAB  tabs are not allowed as indentation'],
    ['KM_YAML_TAG', 'id: !!js/function r\n', '1:5  KM_YAML_TAG  unresolved tag: tag:yaml.org,2002:js/function'],
    [
      'KM_CATALOGUE_EMPTY_FILE',
      '',
      '1:1  KM_CATALOGUE_EMPTY_FILE  the file holds nothing; delete it, or was it saved half?',
    ],
    [
      'KM_CATALOGUE_EMPTY_FILE',
      '# nothing yet\n',
      '1:1  KM_CATALOGUE_EMPTY_FILE  the file holds nothing; delete it, or was it saved half?',
    ],
  ])

  test('KM_YAML_ENCODING names the first byte that is not UTF-8', () => {
    const text = Buffer.concat([Buffer.from('id: r\ntitle: { zh: 流'), Buffer.from([0xd6, 0xd0]), Buffer.from(' }\n')])
    expect(problemsOf({ path: 'rules/r.yaml', text })).toEqual([
      'rules/r.yaml:2:15  KM_YAML_ENCODING  not UTF-8 from here on; save the file as UTF-8',
    ])
  })

  test('KM_YAML_TOO_LARGE', () => {
    expect(problemsOf({ path: 'rules/r.yaml', text: `# ${'x'.repeat(1_048_576)}` })).toEqual([
      'rules/r.yaml:1:1  KM_YAML_TOO_LARGE  larger than 1048576 bytes; split the file',
    ])
  })

  test('KM_YAML_ALIASES: an alias bomb is refused without being expanded', () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const content =
        level === 0
          ? '"lol"'
          : Array(9)
              .fill(`*a${level - 1}`)
              .join(', ')
      return `a${level}: &a${level} [${content}]`
    })
    const [found, ...more] = problemsOf({ path: 'rules/r.yaml', text: `${levels.join('\n')}\n` })
    expect(more).toEqual([])
    expect(found).toMatch(/^rules\/r\.yaml:\d+:\d+ {2}KM_YAML_ALIASES {2}aliases repeat more than 100 times/)
  })

  test('nesting without end is a fault of the file, not of the process', () => {
    const [found] = problemsOf({ path: 'rules/r.yaml', text: '['.repeat(100_000) })
    expect(found).toMatch(/^rules\/r\.yaml:1:\d+ {2}KM_YAML_SYNTAX/)
  })
})

describe('the shape of rules', () => {
  table('rules/r.yaml', [
    ['KM_CATALOGUE_TYPE', 'just text\n', '1:1  KM_CATALOGUE_TYPE  this must be a mapping, not text'],
    [
      'KM_CATALOGUE_UNKNOWN_KEY',
      rule('on: cdr', 'wen: calls_24h > 3', marketing),
      "5:1  KM_CATALOGUE_UNKNOWN_KEY  no key 'wen' here; did you mean 'when'?",
    ],
    ['KM_CATALOGUE_MISSING_KEY', 'id: r\nmoment: special\n', "1:1  KM_CATALOGUE_MISSING_KEY  'title' is missing"],
    [
      'KM_CATALOGUE_MISSING_KEY',
      rule('on: cdr', marketing),
      '1:1  KM_CATALOGUE_MISSING_KEY  a change rule has on and when, or a pattern',
    ],
    [
      'KM_CATALOGUE_VALUE',
      'id: r\nmoment: chnge\ntitle: { en: R }\n',
      "2:9  KM_CATALOGUE_VALUE  'moment' must be one of first, change, special, do-not-disturb, not 'chnge'; did you mean 'change'?",
    ],
    [
      'KM_CATALOGUE_VALUE',
      rule('on: cdrs', 'when: calls_24h > 3', marketing),
      "4:5  KM_CATALOGUE_VALUE  'on' must be one of cdr, recharge, complaint, app-usage, order, bill, network, contact, reply, profile, not 'cdrs'; did you mean 'cdr'?",
    ],
    [
      'KM_CATALOGUE_VALUE',
      rule('on: cdr', 'when: calls_24h > 3', 'date: { field: birth_date, at: "09:00" }', marketing),
      "6:7  KM_CATALOGUE_VALUE  'date' has no place in a change rule; it takes on, when, pattern",
    ],
    [
      'KM_CATALOGUE_TYPE',
      rule('on: cdr', 'when: 5', marketing),
      "5:7  KM_CATALOGUE_TYPE  'when' must be text, not a number",
    ],
    [
      'KM_RULE_PURPOSE',
      rule('on: cdr', 'when: calls_24h > 3'),
      "1:1  KM_RULE_PURPOSE  rule 'r' needs a purpose: marketing, care, service or regulatory; it says which policy applies",
    ],
    [
      'KM_RULE_HISTORY',
      'id: r\nmoment: first\ntitle: { en: R }\non: app-usage\nwhen: event.login\npurpose: marketing\n',
      "1:1  KM_RULE_HISTORY  rule 'r' must say how a habit older than itself is known: history: { tag: NAME }, or none",
    ],
    [
      'KM_RULE_EXPIRES',
      rule('on: cdr', 'when: calls_24h > 3', marketing, 'expires: 8d'),
      "7:10  KM_RULE_EXPIRES  '8d' is more than 7d; what was seen is remembered that long",
    ],
    [
      'KM_CATALOGUE_DURATION',
      rule('on: cdr', 'when: calls_24h > 3', marketing, 'once: 30 days'),
      "7:7  KM_CATALOGUE_DURATION  '30 days' is no length of time; write it like 90s, 10m, 48h, 30d",
    ],
    [
      'KM_CATALOGUE_DURATION',
      rule(
        'pattern:',
        '  - low: { on: cdr, where: balance_after < 1000 }',
        '  - not: { on: recharge, for: 400d }',
        marketing,
      ),
      "6:31  KM_CATALOGUE_DURATION  '400d' must be 1s to 366d",
    ],
    [
      'KM_CATALOGUE_WALL_TIME',
      'id: r\nmoment: special\ntitle: { en: R }\ndate: { field: birth_date, at: "24:00" }\npurpose: care\n',
      '4:32  KM_CATALOGUE_WALL_TIME  \'24:00\' is no time of day; write it like "09:00", with quotes',
    ],
    [
      'KM_CATALOGUE_DUPLICATE_ID',
      `- { id: r, moment: change, title: { en: R }, on: cdr, when: calls_24h > 3, purpose: care }\n- { id: r, moment: change, title: { en: R }, on: cdr, when: calls_24h > 4, purpose: care }\n`,
      "2:9  KM_CATALOGUE_DUPLICATE_ID  there is another rule 'r'",
    ],
    [
      'KM_RULE_UNKNOWN_OFFER',
      rule('on: cdr', 'when: calls_24h > 3', marketing, 'offers: [data-boster]'),
      "7:10  KM_RULE_UNKNOWN_OFFER  no offer 'data-boster'; did you mean 'data-booster'?",
    ],
    [
      'KM_RULE_UNKNOWN_FACTOR',
      rule('on: cdr', 'when: calls_24h > 3', marketing, 'evidence:', '  - calls_24h', '  - calls_24'),
      "9:5  KM_RULE_UNKNOWN_FACTOR  no factor 'calls_24'; did you mean 'calls_24h'?",
    ],
    [
      'KM_RULE_KEY',
      'id: r\nmoment: do-not-disturb\ntitle: { en: R }\nopen: { on: complaint, where: status == "opened" }\nclose: { on: contact, where: phase == "ended" }\nkey: ticket_id\nlongest: 30d\ncode: open-issue\n',
      "6:6  KM_RULE_KEY  'ticket_id' is not a text that the opening and closing events share; those are event_id, subscriber_id, source",
    ],
  ])
})

describe('conditions', () => {
  table('rules/r.yaml', [
    [
      'KM_RULE_UNKNOWN_FACTOR',
      when('data_mb_7days < 4.0'),
      "5:7  KM_RULE_UNKNOWN_FACTOR  no factor 'data_mb_7days'; did you mean 'data_mb_7d'?",
    ],
    [
      'KM_RULE_UNKNOWN_FACTOR',
      when('login'),
      "5:7  KM_RULE_UNKNOWN_FACTOR  no factor 'login'; the event's field is event.login",
    ],
    [
      'KM_RULE_UNKNOWN_FIELD',
      when('data_mb_7d > 4.0 && event.logon'),
      "5:33  KM_RULE_UNKNOWN_FIELD  app-usage has no field 'logon'; did you mean 'login'?",
    ],
    [
      'KM_RULE_UNKNOWN_FIELD',
      when('event.login', '[app-usage, cdr]'),
      "5:13  KM_RULE_UNKNOWN_FIELD  app-usage, cdr have no common field 'login'",
    ],
    ['KM_RULE_SYNTAX', when('data_mb_7d >'), '5:19  KM_RULE_SYNTAX  unexpected token: EOF'],
    ['KM_RULE_SYNTAX', when('data_mb_7d = 4.0'), '5:18  KM_RULE_SYNTAX  unexpected character: ='],
    ['KM_RULE_TYPE', when('data_mb_7d > 500'), "5:18  KM_RULE_TYPE  '>' mixes double with int; write 500.0"],
    [
      'KM_RULE_TYPE',
      when('calls_24h * 2.5 > 5.0'),
      "5:17  KM_RULE_TYPE  '*' mixes int with double; write double(calls_24h)",
    ],
    ['KM_RULE_TYPE', when('calls_24h'), '5:7  KM_RULE_TYPE  gives int; must give bool'],
    ['KM_RULE_TYPE', when('calls_24h && event.login'), "5:17  KM_RULE_TYPE  '&&' takes bool, not int"],
    ['KM_RULE_TYPE', when('"!calls_24h"'), "5:8  KM_RULE_TYPE  '!' takes bool, not int"],
    [
      'KM_RULE_NUMBER',
      when('calls_24h > 9007199254740992'),
      '5:19  KM_RULE_NUMBER  9007199254740992 is beyond 2^53 - 1',
    ],
    [
      'KM_RULE_IMPOSSIBLE_VALUE',
      when('event.bearer == "5G"'),
      "5:23  KM_RULE_IMPOSSIBLE_VALUE  'bearer' is never '5G'; it is one of 2g, 3g, 4g, 5g, wifi; did you mean '5g'?",
    ],
    [
      'KM_RULE_IMPOSSIBLE_VALUE',
      when('\'event.bearer in ["4g", "6g"]\''),
      "5:31  KM_RULE_IMPOSSIBLE_VALUE  'bearer' is never '6g'; it is one of 2g, 3g, 4g, 5g, wifi",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.app.startsWith("video")'),
      "5:17  KM_RULE_UNSUPPORTED  'startsWith()' is not supported; text is compared with ==, != and in",
    ],
    ['KM_RULE_UNSUPPORTED', when('size(event.app) > 3'), "5:7  KM_RULE_UNSUPPORTED  'size()' is not supported"],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.app < "m"'),
      "5:17  KM_RULE_UNSUPPORTED  '<' is not supported on text; use ==, != or in",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.app == event.app_category'),
      '5:17  KM_RULE_UNSUPPORTED  text is compared as a field with a literal',
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.cell_id == null'),
      '5:24  KM_RULE_UNSUPPORTED  null is not supported; a missing field is unknown, ask has(event.x)',
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.event_time > 5'),
      "5:13  KM_RULE_UNSUPPORTED  'event_time' is a time, which conditions cannot read",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('has(calls_24h)'),
      '5:7  KM_RULE_UNSUPPORTED  has() asks for a field of the event: has(event.x)',
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('"[1, 2].exists(x, x > calls_24h)"'),
      "5:15  KM_RULE_UNSUPPORTED  'exists()' is not supported; text is compared with ==, != and in",
    ],
    [
      'KM_RULE_CONSTANT',
      when('1 < 2'),
      '5:7  KM_RULE_CONSTANT  is always true, whatever happens; it must depend on a field or a factor',
    ],
    [
      'KM_RULE_CONSTANT',
      when('calls_24h > 3 && false'),
      '5:7  KM_RULE_CONSTANT  is always false, whatever happens; it must depend on a field or a factor',
    ],
    [
      'KM_RULE_TOO_COMPLEX',
      when(Array(150).fill('1<2').join(' && ')),
      '5:709  KM_RULE_TOO_COMPLEX  too large (exceeded maxAstNodes (400)); move parts of it into factors',
    ],
    // Where it stands inside folded, literal and quoted scalars:
    [
      'KM_RULE_TYPE',
      when('>-\n  event.login &&\n    data_mb_7d\n  > 500'),
      "8:3  KM_RULE_TYPE  '>' mixes double with int; write 500.0",
    ],
    [
      'KM_RULE_TYPE',
      when('|\n  event.login\n  // a comment\n  && data_mb_7d > 500\n'),
      "8:17  KM_RULE_TYPE  '>' mixes double with int; write 500.0",
    ],
    [
      'KM_RULE_TYPE',
      when("'event.app == \"it''s\" && data_mb_7d > 500'"),
      "5:43  KM_RULE_TYPE  '>' mixes double with int; write 500.0",
    ],
    [
      'KM_RULE_TYPE',
      when('"event.app == \\"x\\" && data_mb_7d > 500"'),
      "5:41  KM_RULE_TYPE  '>' mixes double with int; write 500.0",
    ],
    // Two faults of one condition are both told:
    [
      'KM_RULE_UNKNOWN_FACTOR',
      when('data_mb_7x > 1.0 || calls_24x > 1'),
      "5:7  KM_RULE_UNKNOWN_FACTOR  no factor 'data_mb_7x'; did you mean 'data_mb_7d'?",
      "5:27  KM_RULE_UNKNOWN_FACTOR  no factor 'calls_24x'; did you mean 'calls_24h'?",
    ],
  ])
})

describe('factors', () => {
  table('factors/f.yaml', [
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
      factor('from: recharge', 'aggregate: last', 'value: method'),
      '5:8  KM_RULE_TYPE  gives string; must give int or double or bool',
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
      '4:12  KM_FACTOR_WINDOW  count needs a window: { days: 7 }, { rolling: 168h } or lifetime',
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: count', 'window: { days: 7, rolling: 24h }'),
      '5:9  KM_FACTOR_WINDOW  a window has either days or rolling',
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: count', 'window: { rolling: 25h, pane: 2h }'),
      '5:9  KM_FACTOR_WINDOW  25h is not a whole number of panes of 2h',
    ],
    [
      'KM_FACTOR_WINDOW',
      factor('from: cdr', 'aggregate: count', 'window: { rolling: 168h, pane: 1h }'),
      '5:9  KM_FACTOR_WINDOW  168h is 168 panes of 1h; a window has 2 to 96',
    ],
    [
      'KM_CATALOGUE_VALUE',
      factor('from: cdr', 'aggregate: count', 'window: { days: 93 }'),
      "5:17  KM_CATALOGUE_VALUE  'days' must be <= 92",
    ],
    [
      'KM_CATALOGUE_VALUE',
      factor('from: cdr', 'aggregate: count', 'window: ever'),
      "5:9  KM_CATALOGUE_VALUE  'window' must be 'lifetime', not 'ever'",
    ],
    [
      'KM_CATALOGUE_DUPLICATE_ID',
      'id: calls_24h\ntitle: { en: F }\nfrom: cdr\naggregate: count\nwindow: lifetime\n',
      "1:5  KM_CATALOGUE_DUPLICATE_ID  there is another factor 'calls_24h'",
    ],
  ])

  test('rules which read a faulty factor are not blamed for it', () => {
    const faulty = { path: 'factors/f.yaml', text: factor('from: cdr', 'aggregate: count') }
    const reader = { path: 'rules/r.yaml', text: rule('on: cdr', 'when: f > 3', marketing, 'evidence: [f]') }
    expect(problemsOf(faulty, reader).map((line) => line.split('  ')[1])).toEqual(['KM_FACTOR_WINDOW'])
  })
})

describe('offers and policy', () => {
  table('offers/o.yaml', [
    [
      'KM_CATALOGUE_MISSING_KEY',
      'id: o\ntitle: { en: O }\nmessage: { zh: 你好 }\n',
      "3:10  KM_CATALOGUE_MISSING_KEY  'en' is missing in 'message'",
    ],
    [
      'KM_CATALOGUE_VALUE',
      'id: o\ntitle: { en: O }\nmessage: { en: Hello, english: Hello }\n',
      "3:23  KM_CATALOGUE_VALUE  'english' cannot be a key here",
    ],
  ])
  const policyWith = (from: string, to: string) => String(policy.text).replace(from, to)
  table('policy.yaml', [
    [
      'KM_CATALOGUE_TIME_ZONE',
      policyWith('Asia/Shanghai', 'China'),
      "1:20  KM_CATALOGUE_TIME_ZONE  'China' is no IANA time zone; write it like Asia/Shanghai",
    ],
    [
      'KM_CATALOGUE_WALL_TIME',
      policyWith('"22:00"', '"10pm"'),
      '3:52  KM_CATALOGUE_WALL_TIME  \'10pm\' is no time of day; write it like "09:00", with quotes',
    ],
    ['KM_CATALOGUE_TYPE', policyWith('"22:00"', '22'), "3:52  KM_CATALOGUE_TYPE  'start' must be text, not a number"],
    [
      'KM_CATALOGUE_VALUE',
      policyWith('"22:00"', '"08:00"'),
      '3:15  KM_CATALOGUE_VALUE  start and end are the same: is it quiet never or always?',
    ],
    [
      'KM_CATALOGUE_NO_POLICY',
      `${policy.text}---\n${policy.text}`,
      '7:1  KM_CATALOGUE_NO_POLICY  there is a second policy; keep one',
    ],
  ])

  test('KM_CATALOGUE_NO_POLICY', () => {
    const found = loadCatalogue([factors, offers]).problems?.map(String)
    expect(found).toEqual(['KM_CATALOGUE_NO_POLICY  there is no policy.yaml; add one'])
  })

  test('KM_CATALOGUE_UNEXPECTED_FILE', () => {
    expect(problemsOf({ path: 'rule/r.yaml', text: 'id: r' })).toEqual([
      'rule/r.yaml:1:1  KM_CATALOGUE_UNEXPECTED_FILE  a catalogue has factors/*.yaml, rules/*.yaml, offers/*.yaml and policy.yaml; move or rename it',
    ])
  })
})

test('all problems of a catalogue are told at once, in the order of the files', () => {
  const rules = Array.from(
    { length: 28 },
    (_, index) =>
      `- { id: r${index}, moment: change, title: { en: R }, on: cdr, when: call_24h > ${index}, purpose: care }`,
  )
  const found = problemsOf(
    { path: 'rules/many.yaml', text: `${rules.join('\n')}\n` },
    { path: 'rules/broken.yaml', text: 'id: [' },
    { path: 'offers/o.yaml', text: 'id: O!\ntitle: { en: O }\nmessage: { en: Hello }\n' },
  )
  expect(found).toHaveLength(30)
  expect(found.map((line) => line.split(':').slice(0, 2).join(':'))).toEqual([
    'offers/o.yaml:1',
    'rules/broken.yaml:1',
    ...rules.map((_, index) => `rules/many.yaml:${index + 1}`),
  ])
})

test('every code has a meaning', () => {
  for (const [code, meaning] of Object.entries(problemCodes)) {
    expect(code).toMatch(/^KM_[A-Z_]+$/)
    expect(meaning).not.toBe('')
  }
})
