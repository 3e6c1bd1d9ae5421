import { expect, test } from 'vitest'
import { problemsOf } from './wrong-file.ts'

/** What is said about one file, without the file's name. */
const said = (path: string, text: string) => problemsOf({ path, text }).map((line) => line.slice(path.length + 1))

test('thirty mistakes in six items are told in one run: none hides another', () => {
  const files = [
    {
      path: 'factors/f.yaml',
      text: `
- id: Big
  title: {}
  form: cdr
  from: cdr
  where: duration_s > "x"
  aggregate: smu
  value: charge +
  window: { days: 0 }
  unit: ''
  titel: { en: B }
  category: Plan Fit
- { id: calls_24h, title: { en: C }, from: [cdr, cdrr], where: duratoin_s > 1, aggregate: count, window: { rolling: 3650d } }
- { id: calls_24h, title: { en: C }, from: cdr, where: kind == 3, aggregate: count, window: lifetime }
`,
    },
    {
      path: 'rules/r.yaml',
      text: `
id: r
moment: chnge
title: { en: R }
pattern:
  - first: { on: cdr, times: 0, where: duration_s > "x" }
  - second: { on: [bill, bill], where: amuont > 5 }
  - not: { on: rechrge, for: 48 }
within: 2 hours
once: 30
expires: 90d
purpose: markting
only: calls_24 > 3
evidence: [calls_24]
offers: [data-bosster]
---
id: s
moment: change
title: { en: S }
every: dya
when: calls_24h > 1.5
rearm: known(calls_24hh)
at: "25:61"
purpose: care
key: cell
---
id: s
moment: change
title: { en: S }
on: cdr
when: duration_s > 3
purpose: care
`,
    },
    {
      path: 'policy.yaml',
      text: `default_time_zone: Asia/Shangai
default_language: english
quiet_hours: [{ id: night, channels: [smss], start: "22:00", end: "24:30" }]
caps: [{ id: week, purposes: [marketing, marketing], window: { rolling: soon }, most: -1 }]
gaps: { marketing: 1 day }
`,
    },
  ]
  const found = problemsOf(...files)
  expect(found).toMatchInlineSnapshot(`
    [
      "factors/f.yaml:2:7  KM_CATALOGUE_VALUE  'id' must be a name of small letters, digits and _, a letter first, as calls_24h, not 'Big'",
      "factors/f.yaml:3:10  KM_CATALOGUE_MISSING_KEY  'en' is missing in 'title'",
      "factors/f.yaml:4:3  KM_CATALOGUE_UNKNOWN_KEY  no key 'form' here; did you mean 'from'?",
      "factors/f.yaml:6:21  KM_RULE_TYPE  '>' mixes int with string",
      "factors/f.yaml:7:14  KM_CATALOGUE_VALUE  'aggregate' must be one of count, sum, avg, min, max, distinct, last, first, previous, rate, share, streak, days-since, baseline, trend, cadence, entropy, top-share, mode, not 'smu'; did you mean 'sum'?",
      "factors/f.yaml:8:18  KM_RULE_SYNTAX  ends where a value or a closing bracket is still to come",
      "factors/f.yaml:9:19  KM_CATALOGUE_VALUE  'days' must be 1 or more, not 0",
      "factors/f.yaml:10:9  KM_CATALOGUE_VALUE  'unit' must not be empty",
      "factors/f.yaml:11:3  KM_CATALOGUE_UNKNOWN_KEY  no key 'titel' here; did you mean 'title'?",
      "factors/f.yaml:12:13  KM_CATALOGUE_VALUE  'category' must be a name of small letters, digits and -, a letter first, as low-balance, not 'Plan Fit'",
      "factors/f.yaml:13:9  KM_CATALOGUE_DUPLICATE_ID  there is another factor 'calls_24h'; ids are used once, rename one of them",
      "factors/f.yaml:13:50  KM_CATALOGUE_VALUE  item 2 must be one of cdr, recharge, complaint, app-usage, order, bill, network, contact, reply, profile, not 'cdrr'; did you mean 'cdr'?",
      "factors/f.yaml:13:64  KM_RULE_UNKNOWN_FIELD  cdr has no field 'duratoin_s'; did you mean 'duration_s'?",
      "factors/f.yaml:13:106  KM_FACTOR_WINDOW  3650d is more than 92d; a longer window goes by civil periods, as { months: 12 }",
      "factors/f.yaml:14:9  KM_CATALOGUE_DUPLICATE_ID  there is another factor 'calls_24h'; ids are used once, rename one of them",
      "factors/f.yaml:14:61  KM_RULE_TYPE  '==' mixes string with int",
      "policy.yaml:1:20  KM_CATALOGUE_TIME_ZONE  'Asia/Shangai' is no IANA time zone; write it like Asia/Shanghai",
      "policy.yaml:2:19  KM_CATALOGUE_VALUE  'default_language' must be a language in two small letters, as en, not 'english'",
      "policy.yaml:3:39  KM_CATALOGUE_VALUE  item 1 must be one of sms, ivr, push, desk, task, not 'smss'; did you mean 'sms'?",
      "policy.yaml:3:67  KM_CATALOGUE_WALL_TIME  '24:30' is no time of day; write it like "09:00", with quotes",
      "policy.yaml:4:42  KM_CATALOGUE_REPEATED  'marketing' stands in 'purposes' twice, as item 1 and item 2; leave one out",
      "policy.yaml:4:73  KM_CATALOGUE_DURATION  'soon' is no length of time; write it like 90s, 10m, 48h, 30d",
      "policy.yaml:4:87  KM_CATALOGUE_VALUE  'most' must be 1 or more, not -1",
      "policy.yaml:5:20  KM_CATALOGUE_DURATION  '1 day' is no length of time; write it like 90s, 10m, 48h, 30d",
      "rules/r.yaml:3:9  KM_CATALOGUE_VALUE  'moment' must be one of first, change, special, do-not-disturb, not 'chnge'; did you mean 'change'?",
      "rules/r.yaml:6:30  KM_CATALOGUE_VALUE  'times' must be 1 or more, not 0",
      "rules/r.yaml:6:51  KM_RULE_TYPE  '>' mixes int with string",
      "rules/r.yaml:7:26  KM_CATALOGUE_REPEATED  'bill' stands in 'on' twice, as item 1 and item 2; leave one out",
      "rules/r.yaml:7:40  KM_RULE_UNKNOWN_FIELD  bill has no field 'amuont'; did you mean 'amount'?",
      "rules/r.yaml:8:16  KM_CATALOGUE_VALUE  'on' must be one of cdr, recharge, complaint, app-usage, order, bill, network, contact, reply, profile, not 'rechrge'; did you mean 'recharge'?",
      "rules/r.yaml:8:30  KM_CATALOGUE_TYPE  'for' must be text, not a number; a length of time has a unit, like 90s, 48h, 30d",
      "rules/r.yaml:9:9  KM_CATALOGUE_DURATION  '2 hours' is no length of time; write it like 90s, 10m, 48h, 30d",
      "rules/r.yaml:10:7  KM_CATALOGUE_TYPE  'once' must be text, not a number; a length of time has a unit, like 90s, 48h, 30d",
      "rules/r.yaml:11:10  KM_RULE_EXPIRES  '90d' is more than 7d; what was seen is remembered that long",
      "rules/r.yaml:12:10  KM_CATALOGUE_VALUE  'purpose' must be one of marketing, care, service, regulatory, not 'markting'; did you mean 'marketing'?",
      "rules/r.yaml:13:7  KM_RULE_UNKNOWN_FACTOR  no factor 'calls_24'; did you mean 'calls_24h'?",
      "rules/r.yaml:14:12  KM_RULE_UNKNOWN_FACTOR  no factor 'calls_24'; did you mean 'calls_24h'?",
      "rules/r.yaml:15:10  KM_RULE_UNKNOWN_OFFER  no offer 'data-bosster'; did you mean 'data-booster'?",
      "rules/r.yaml:20:8  KM_CATALOGUE_VALUE  'every' must be one of day, week, month, billing-month, not 'dya'; did you mean 'day'?",
      "rules/r.yaml:21:17  KM_RULE_TYPE  '>' mixes int with double; write double(calls_24h)",
      "rules/r.yaml:22:8  KM_CATALOGUE_VALUE  'rearm' goes with becomes, not with when",
      "rules/r.yaml:22:14  KM_RULE_UNKNOWN_FACTOR  no factor 'calls_24hh'; did you mean 'calls_24h'?",
      "rules/r.yaml:23:5  KM_CATALOGUE_WALL_TIME  '25:61' is no time of day; write it like "09:00", with quotes",
      "rules/r.yaml:25:6  KM_CATALOGUE_VALUE  'key' does not go with 'every'; it takes every, at, when, becomes, rearm, initial",
      "rules/r.yaml:27:5  KM_CATALOGUE_DUPLICATE_ID  there is another rule 's'; ids are used once, rename one of them",
      "rules/r.yaml:31:7  KM_RULE_UNKNOWN_FACTOR  no factor 'duration_s'; the event's field is event.duration_s",
    ]
  `)
  expect(found.length).toBeGreaterThanOrEqual(30)
})

test('what follows from a key that is wrong itself is not told beside it', () => {
  const on = 'one of cdr, recharge, complaint, app-usage, order, bill, network, contact, reply, profile'
  const rule = (...lines: string[]) => ['id: r', 'title: { en: R }', ...lines, ''].join('\n')
  expect(said('rules/r.yaml', rule('moment: change', 'on: cdr', 'when: 5', 'purpose: []'))).toEqual([
    "5:7  KM_CATALOGUE_TYPE  'when' must be text, not a number",
    "6:10  KM_CATALOGUE_VALUE  'purpose' must be one of marketing, care, service, regulatory, not '[]'",
  ])
  const first = rule('moment: first', 'on: 7', 'when: event.duration_s > 3', 'purpose: care', 'history: 3')
  expect(said('rules/r.yaml', first)).toEqual([
    `4:5  KM_CATALOGUE_VALUE  'on' must be ${on}, not '7'`,
    "7:10  KM_CATALOGUE_TYPE  'history' must be a mapping, not a number",
  ])
  const sum = '{ id: f, title: { en: F }, from: cdr, aggregate: sum, value: 7, window: 7 }\n'
  expect(said('factors/f.yaml', sum)).toEqual([
    "1:62  KM_CATALOGUE_TYPE  'value' must be text, not a number",
    "1:73  KM_CATALOGUE_TYPE  'window' must be a mapping, not a number",
  ])
})
