import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { offers, policy } from './catalogue-files.ts'

const notUtf8 = Buffer.concat([Buffer.from('id: bad\ntitle: { en: '), Buffer.from([0xff]), Buffer.from(' }\n')])

const files: readonly SourceFile[] = [
  {
    path: 'factors/a.yaml',
    text: `
- { id: a, title: { en: A }, derive: b + 1 }
- { id: b, title: { en: B }, derive: c * 2 }
- { id: c, title: { en: C }, ratio: { of: a, to: calls } }
- { id: calls, title: { en: Calls }, from: cdr, aggregate: count, window: { days: 7 } }
- { id: ten_years, title: { en: T }, from: cdr, aggregate: count, window: { rolling: 3650d } }
- { id: many_months, title: { en: M }, from: cdr, aggregate: count, window: { months: 90, ago: 10 } }
- { id: many, title: { en: M }, from: cdr, value: duration_s, aggregate: max, window: { last: 100 } }
- { id: entropy_exact, title: { en: E }, from: cdr, value: other_party, aggregate: entropy, window: { rolling: 24h } }
- { id: monthly_rate, title: { en: R }, from: cdr, aggregate: rate, per: 1d, window: { months: 1 } }
- { id: no_half_life, title: { en: H }, from: cdr, aggregate: baseline, window: { weeks: 4 } }
- { id: two_kinds, title: { en: T }, from: cdr, aggregate: count, window: lifetime, derive: calls + 1 }
- { id: wrong_key, title: { en: W }, from: cdr, aggregate: count, window: lifetime, per: 1d }
- { id: untold, title: { en: U }, tag: churn_scor }
- { id: unfielded, title: { en: U }, profile: products }
- { id: rate, title: { en: R }, ratio: { of: calls, to: cals } }
- { id: streak, title: { en: S }, from: cdr, aggregate: streak, window: { months: 3 }, while: value > 1.5 }
- { id: now, title: { en: N }, derive: calls + 1 }
`,
  },
  { path: 'factors/broken.yaml', text: notUtf8 },
  {
    path: 'rules/r.yaml',
    text: `
- { id: twice, moment: change, title: { en: R }, on: cdr, when: calls > 3, purpose: care }
- { id: twice, moment: change, title: { en: R }, on: cdr, when: calls > 4, purpose: care }
- { id: negative, moment: change, title: { en: R }, on: cdr, when: calls < 0, purpose: care }
- { id: contradiction, moment: change, title: { en: R }, on: cdr, when: calls > 5 && calls < 3, purpose: care }
- { id: beyond, moment: change, title: { en: R }, on: complaint, when: event.severity > 4, purpose: care }
- { id: later, moment: change, title: { en: R }, every: week, when: calls > 3, purpose: care }
- { id: eventless, moment: change, title: { en: R }, every: day, at: "09:00", when: event.duration_s > 3, purpose: care }
- id: unbounded
  moment: change
  title: { en: R }
  pattern: [{ first: { on: cdr } }, { second: { on: recharge } }]
  purpose: care
- id: self
  moment: change
  title: { en: R }
  pattern: [{ first: { on: cdr } }, { second: { on: cdr } }]
  within: 1h
  purpose: care
- id: endless
  moment: change
  title: { en: R }
  pattern: [{ first: { on: cdr } }, { not: { on: recharge } }]
  purpose: care
- id: keyless
  moment: change
  title: { en: R }
  pattern: [{ first: { on: network } }, { second: { on: recharge } }]
  within: 1h
  key: cell_id
  purpose: care
- { id: unarmed, moment: change, title: { en: R }, on: cdr, when: calls > 3, rearm: calls < 2, purpose: care }
- { id: feast, moment: special, title: { en: R }, date: { festival: spring-fest, at: "09:00" }, purpose: care }
- { id: purposeless, moment: change, title: { en: R }, on: cdr, when: calls > 3, offers: [data-boost] }
`,
  },
  {
    path: 'segments/s.yaml',
    text: `
- { id: rest, dimension: value, title: { en: Rest }, when: "true" }
- { id: high, dimension: value, title: { en: High }, when: calls > 100 }
`,
  },
  { path: 'tags/t.yaml', text: '{ id: churn_score, title: { en: Churn }, type: double, values: [low] }\n' },
  offers,
  {
    ...policy,
    text: String(policy.text).replace('default_language: zh', 'default_language: zh\ndefault_calendar: chna'),
  },
  { path: 'notes.yaml', text: 'a: b\n' },
]

test('a catalogue with more than thirty mistakes of all kinds tells all of them in one run, each with its place and what to do', () => {
  const found = (loadCatalogue(files).problems ?? []).map(String)
  expect(found).toMatchInlineSnapshot(`
    [
      "factors/a.yaml:2:38  KM_FACTOR_CYCLE  'a' is computed from itself: a → b → c → a; break the circle",
      "factors/a.yaml:6:75  KM_FACTOR_WINDOW  3650d is more than 92d; a longer window goes by civil periods, as { months: 12 }",
      "factors/a.yaml:7:77  KM_FACTOR_WINDOW  90 months 10 ago reach back 100; a window reaches back 96 months at most, take a longer unit",
      "factors/a.yaml:8:87  KM_FACTOR_WINDOW  the newest 100 events are more than are kept; a window has 1 to 32",
      "factors/a.yaml:9:101  KM_FACTOR_WINDOW  entropy takes lifetime, { rolling: 168h, pane: 1h }, { days: 7 } or { last: 5 }; an exact rolling window keeps no distribution, give it a pane",
      "factors/a.yaml:10:86  KM_FACTOR_WINDOW  rate needs a window of a fixed length: rolling, hours, days or weeks",
      "factors/a.yaml:11:63  KM_FACTOR_VALUE  baseline needs half_life: in periods; one of that age weighs half",
      "factors/a.yaml:12:93  KM_FACTOR_KIND  a factor is made by one thing, not by from and derive",
      "factors/a.yaml:13:90  KM_FACTOR_VALUE  'per' goes with rate, not with count",
      "factors/a.yaml:14:40  KM_TAG_UNKNOWN  no tag 'churn_scor' is declared in tags/*.yaml; did you mean 'churn_score'?",
      "factors/a.yaml:15:47  KM_RULE_UNKNOWN_FIELD  a profile has no value 'products'; write product: NAME",
      "factors/a.yaml:16:57  KM_RULE_UNKNOWN_FACTOR  no factor 'cals'; did you mean 'calls'?",
      "factors/a.yaml:17:101  KM_RULE_TYPE  '>' mixes int with double; write double(value)",
      "factors/a.yaml:18:9  KM_FACTOR_ID  'now' means something else in conditions; choose another name",
      "factors/broken.yaml:2:14  KM_YAML_ENCODING  not UTF-8 from here on; save the file as UTF-8",
      "notes.yaml:1:1  KM_CATALOGUE_UNEXPECTED_FILE  a catalogue has factors/*.yaml, rules/*.yaml, offers/*.yaml, campaigns/*.yaml, segments/*.yaml, tags/*.yaml, calendars/*.yaml, examples/*.yaml and policy.yaml; move or rename it",
      "policy.yaml:3:19  KM_CATALOGUE_CALENDAR  no calendar 'chna' in calendars/*.yaml",
      "rules/r.yaml:3:9  KM_CATALOGUE_DUPLICATE_ID  there is another rule 'twice'; ids are used once, rename one of them",
      "rules/r.yaml:4:68  KM_RULE_IMPOSSIBLE  'calls < 0' is never true: calls is 0 or more",
      "rules/r.yaml:5:86  KM_RULE_IMPOSSIBLE  'calls < 3' is never true together with what stands before it: no calls meets both",
      "rules/r.yaml:6:72  KM_RULE_IMPOSSIBLE  'event.severity > 4' is never true: event.severity is between 1 and 4",
      "rules/r.yaml:7:57  KM_CATALOGUE_MISSING_KEY  every needs at: the time of day, as "09:00"",
      "rules/r.yaml:8:91  KM_RULE_UNKNOWN_FIELD  there is no event here of which to read 'duration_s'; read a factor that keeps it",
      "rules/r.yaml:12:12  KM_PATTERN_UNBOUNDED  a pattern of two events or more needs within: how far apart the first and the last may be, as 72h",
      "rules/r.yaml:17:37  KM_PATTERN_SELF  every further event of this kind completes the pattern again, without end: say how often it may fire (once: 7d), or what tells the steps apart",
      "rules/r.yaml:23:44  KM_PATTERN_UNBOUNDED  an absence at the end needs for: how long nothing must come, as 48h; without it, it never ends",
      "rules/r.yaml:30:8  KM_RULE_KEY  'cell_id' is not a text that the events of the pattern share (network, recharge); those are event_id, subscriber_id, source",
      "rules/r.yaml:32:85  KM_CATALOGUE_VALUE  'rearm' goes with becomes, not with when",
      "rules/r.yaml:33:69  KM_RULE_DATE  no calendar in calendars/*.yaml has a festival 'spring-fest'; add one",
      "rules/r.yaml:34:3  KM_RULE_PURPOSE  rule 'purposeless' needs a purpose: marketing, care, service or regulatory; it says which policy applies",
      "rules/r.yaml:34:91  KM_RULE_UNKNOWN_OFFER  no offer 'data-boost'; did you mean 'data-booster'?",
      "segments/s.yaml:3:60  KM_SEGMENT_UNREACHABLE  'rest' before it takes everybody of value who is left; move it behind this one",
      "tags/t.yaml:1:64  KM_CATALOGUE_VALUE  values are of tags of type text, not double",
    ]
  `)
  expect(found.length).toBeGreaterThanOrEqual(30)
  for (const line of found) expect(line).toMatch(/^[^:]+:\d+:\d+ {2}KM_[A-Z_]+ {2}\S/)
  const codes = new Set(found.map((line) => line.split('  ')[1]))
  for (const code of [
    'KM_CATALOGUE_DUPLICATE_ID',
    'KM_YAML_ENCODING',
    'KM_FACTOR_CYCLE',
    'KM_FACTOR_WINDOW',
    'KM_PATTERN_UNBOUNDED',
    'KM_PATTERN_SELF',
  ])
    expect(codes).toContain(code)
})
