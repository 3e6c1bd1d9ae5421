import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { Rule, Trigger } from '../../services/rules/ruleset.ts'
import { catalogueWith } from './catalogue-files.ts'
import { show, showStep } from './show.ts'

const calendar = {
  path: 'calendars/c.yaml',
  text: `
id: china
title: { en: China }
weekend: [saturday, sunday]
announced: { covers: { from: 2026-01-01, to: 2026-12-31 }, days_off: [], make_up_days: [] }
festivals: [{ id: spring-festival, title: { en: Spring Festival }, lunar: { month: 1, day: 1 } }]
day_sets:
  - { id: gaokao, title: { en: Gaokao }, covers: { from: 2026-01-01, to: 2026-12-31 }, days: [{ from: 2026-06-07, to: 2026-06-09 }] }
`,
}

function ruleOf(moment: string, lines: string): Rule {
  const text = `id: r\nmoment: ${moment}\ntitle: { en: R }\npurpose: care\n${lines}\n`
  const { catalogue, problems } = loadCatalogue(catalogueWith({ path: 'rules/r.yaml', text }, calendar))
  expect(problems?.map(String) ?? []).toEqual([])
  const [rule] = catalogue?.ruleset.rules ?? []
  if (!rule) throw new Error('no rule')
  return rule
}

const hours = (length: number | undefined) => (length === undefined ? '' : ` ${length / 3_600_000}h`)

/** A trigger in lines. */
function showTrigger(trigger: Trigger): string[] {
  switch (trigger.kind) {
    case 'condition':
    case 'schedule': {
      const start = trigger.kind === 'condition' ? trigger.on.join('|') : `${trigger.every} at ${trigger.minuteOfDay}`
      const { edge } = trigger
      return [
        `${start}: ${show(trigger.when)}`,
        ...(edge
          ? [`becomes${edge.initial ? ' initially' : ''}${edge.rearm ? `, rearm ${show(edge.rearm)}` : ''}`]
          : []),
        ...('history' in trigger && trigger.history ? [showHistory(trigger.history)] : []),
      ]
    }
    case 'pattern':
      return [
        ...trigger.steps.map(showStep),
        ...(trigger.within === undefined ? [] : [`within${hours(trigger.within)}`]),
        ...(trigger.key === undefined ? [] : [`key ${trigger.key}`]),
        ...trigger.unless.map(({ on }) => `unless ${on.join('|')}`),
        ...(trigger.history ? [showHistory(trigger.history)] : []),
      ]
    case 'date':
      return [`${trigger.field ?? 'calendar'}: ${JSON.stringify(trigger.date)}`]
    case 'interval': {
      const { open, close, key, longest, lingers, code } = trigger
      const opens = open.kind === 'date' ? showTrigger(open) : open.any.map(({ on }) => on.join('|'))
      return [
        `open ${opens.join(' or ')}`,
        `close ${close.map(({ on }) => on.join('|')).join(' or ')}`,
        `${code}${key === undefined ? '' : ` by ${key}`}, longest${hours(longest)}, lingers${hours(lingers)}`,
      ]
    }
  }
}

function showHistory(history: NonNullable<Extract<Trigger, { kind: 'pattern' }>['history']>): string {
  switch (history.kind) {
    case 'none':
      return 'history none'
    case 'tag':
      return `history tag ${history.tag}`
    case 'warm-up':
      return `history warm-up${hours(history.length)}`
    case 'known':
      return `history known ${show(history.when)}`
  }
}

const birthday = '"offsetDays":0,"minuteOfDay":540'

const table: readonly (readonly [moment: string, lines: string, ...trigger: string[]])[] = [
  ['change', 'on: cdr\nwhen: calls_24h >= 3', 'cdr: (calls_24h >= 3)'],
  ['change', 'on: cdr\nbecomes: calls_24h >= 3', 'cdr: (calls_24h >= 3)', 'becomes'],
  [
    'change',
    'on: [cdr, app-usage]\nbecomes: calls_24h >= 3\nrearm: calls_24h == 0\ninitial: true',
    'cdr|app-usage: (calls_24h >= 3)',
    'becomes initially, rearm (calls_24h == 0)',
  ],
  ['change', 'every: week\nat: "09:00"\nwhen: data_mb_7d == 0.0', 'week at 540: (data_mb_7d == 0.0)'],
  [
    'special',
    'every: month\nat: "00:00"\nbecomes: now.month == 6 && data_mb_7d > 1.0',
    'month at 0: ((now.month == 6) && (data_mb_7d > 1.0))',
    'becomes',
  ],
  ['first', 'on: app-usage\nwhen: event.login\nhistory: none', 'app-usage: event.login', 'history none'],
  ['first', 'on: app-usage\nwhen: event.login\nhistory: { tag: app }', 'app-usage: event.login', 'history tag app'],
  [
    'first',
    'on: app-usage\nwhen: event.login\nhistory: { warm_up: 30d }',
    'app-usage: event.login',
    'history warm-up 720h',
  ],
  [
    'first',
    'on: app-usage\nwhen: event.login\nhistory: { known: logged_in }',
    'app-usage: event.login',
    'history known logged_in',
  ],
  [
    'first',
    'pattern: [{ a: { on: recharge } }, { b: { on: order } }]\nwithin: 1h\nhistory: none',
    'a: recharge',
    'b: order',
    'within 1h',
    'history none',
  ],
  [
    'change',
    'pattern: [{ low: { on: cdr, where: balance_after < 500 } }, { not: { on: recharge, for: 48h } }]',
    'low: cdr where (event.balance_after < 500)',
    'not: recharge for 48h',
  ],
  [
    'change',
    'pattern: [{ bad: { on: network, where: kind == "slow-line", times: 3 } }]\nwithin: 24h',
    'bad: network where (event.kind == "slow-line") x3',
    'within 24h',
  ],
  [
    'change',
    `pattern:
  - not: { any: [{ on: complaint, where: severity == 1 }, { on: complaint, where: severity == 2 }], for: 24h }
  - opened: { on: complaint, where: status == "opened" }
  - not: { on: complaint, where: category == "spam" }
  - again: { any: [{ on: complaint, where: status == "escalated" }, { on: complaint, where: severity == 4 }], times: 2 }
  - not: { on: complaint, where: status == "resolved", for: 72h, from: start }
within: 7d
key: ticket_id
unless: { any: [{ on: complaint, where: status == "withdrawn" }] }`,
    'not: complaint where (event.severity == 1) or complaint where (event.severity == 2) for 24h',
    'opened: complaint where (event.status == "opened")',
    'not: complaint where (event.category == "spam")',
    'again: complaint where (event.status == "escalated") or complaint where (event.severity == 4) x2',
    'not: complaint where (event.status == "resolved") for 72h from start',
    'within 168h',
    'key ticket_id',
    'unless complaint',
  ],
  [
    'special',
    'date: { field: birth_date, at: "09:00" }',
    `birth_date: {"kind":"yearly","fromYears":1,"leapDay":"02-28",${birthday}}`,
  ],
  [
    'special',
    'date: { field: birth_date, at: "09:00", leap_day: "03-01", from_year: 18, offset_days: -3 }',
    'birth_date: {"kind":"yearly","fromYears":18,"leapDay":"03-01","offsetDays":-3,"minuteOfDay":540}',
  ],
  [
    'special',
    'date: { field: contract_end, at: "09:00", offset_days: -30 }',
    'contract_end: {"kind":"once","offsetDays":-30,"minuteOfDay":540}',
  ],
  [
    'special',
    'date: { field: tenure_start, at: "09:00", day: 100 }',
    `tenure_start: {"kind":"nth-day","day":100,"counting":"from-one",${birthday}}`,
  ],
  [
    'special',
    'date: { field: tenure_start, at: "09:00", months: 6 }',
    `tenure_start: {"kind":"every-months","months":6,${birthday}}`,
  ],
  [
    'special',
    'date: { field: birth_date, at: "09:00", repeats: lunar, lunar: { without_leap_month: skip } }',
    `birth_date: {"kind":"lunar-birthday","fromYears":1,"withoutLeapMonth":"skip","withLeapMonth":"first","dayThirty":"last",${birthday}}`,
  ],
  [
    'special',
    'date: { festival: spring-festival, at: "09:00" }',
    `calendar: {"kind":"festival","festival":"spring-festival",${birthday}}`,
  ],
  [
    'special',
    'date: { day_set: gaokao, at: "09:00" }',
    `calendar: {"kind":"day-set","set":"gaokao","each":"run",${birthday}}`,
  ],
  [
    'special',
    'date: { day_set: days-off, each: day, at: "09:00" }',
    `calendar: {"kind":"day-set","set":"days-off","each":"day",${birthday}}`,
  ],
  ['special', 'date: { billing_day: true, at: "09:00" }', `calendar: {"kind":"billing-day",${birthday}}`],
  [
    'do-not-disturb',
    'open: { any: [{ on: complaint, where: status == "opened" }, { on: complaint, where: status == "escalated" }] }\nclose: { on: complaint, where: status == "resolved" }\nkey: ticket_id\nlongest: 30d\nlingers: 3d\ncode: open-issue',
    'open complaint or complaint',
    'close complaint',
    'open-issue by ticket_id, longest 720h, lingers 72h',
  ],
  [
    'do-not-disturb',
    'open: { date: { day_set: gaokao, at: "00:00" } }\nlongest: 3d\ncode: do-not-disturb',
    'open calendar: {"kind":"day-set","set":"gaokao","each":"run","offsetDays":0,"minuteOfDay":0}',
    'close ',
    'do-not-disturb, longest 72h, lingers 0h',
  ],
]

test.each(table)('%s  %s', (moment, lines, ...trigger) => {
  expect(showTrigger(ruleOf(moment, lines).trigger)).toEqual(trigger)
})

test('what a rule is without being told, and what it may be told', () => {
  expect(ruleOf('change', 'on: cdr\nwhen: calls_24h >= 3')).toMatchObject({
    settle: false,
    mode: 'live',
    once: 0,
    expires: 24 * 3_600_000,
  })
  expect(
    ruleOf(
      'change',
      'on: cdr\nwhen: calls_24h >= 3\nonly: logged_in && now.hour < 20\nsettle: grace\nmode: shadow\nonce: 7d\nexpires: 2h\ndescription: { en: Why }',
    ),
  ).toMatchObject({
    settle: true,
    mode: 'shadow',
    once: 7 * 24 * 3_600_000,
    expires: 2 * 3_600_000,
    description: { en: 'Why' },
    only: { kind: 'binary', operator: '&&' },
  })
})
