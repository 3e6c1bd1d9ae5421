import { describe, expect, test } from 'vitest'
import { catalogue, read } from './timelines-under-test.ts'

/** Lines of a timeline begin at line 3. */
const problemsOf = (lines: string) => read(`title: it\ntimeline: |\n${lines}${catalogue}`).problems

describe('a line', () => {
  test.each([
    ['  09:00  crd', "3:10  KM_TIMELINE_EVENT_TYPE  nothing is called 'crd'; did you mean 'cdr'?"],
    ['  09:00  cdr duration=3', "3:14  KM_TIMELINE_FIELD  cdr has no field 'duration'; did you mean 'duration_s'?"],
    ['  09:00  cdr duration_s=long', '3:25  KM_TIMELINE_FIELD  duration_s is a string, not a whole number'],
    ['  09:00  cdr end_cause=lost', /^3:24 {2}KM_TIMELINE_FIELD {2}end_cause is none of normal, dropped/],
    ['  09:00  cdr event_time=1', /^3:14 {2}KM_TIMELINE_FIELD {2}event_time is given by the line/],
    ['  09:00  cdr dropped', /^3:14 {2}KM_TIMELINE_LINE {2}an event has field=value/],
    ['  09:00  cdr at ten', "3:17  KM_TIMELINE_LINE  behind 'at' comes a time"],
    ['  09:00  profile tags={a: 1', "3:23  KM_TIMELINE_LINE  the value of 'tags' does not end"],
    ['  09:00  cdr cell_id=a,b', '3:23  KM_TIMELINE_LINE  a comma has no place here; quote a value that holds one'],
    ['  09:00  anna:', "3:10  KM_TIMELINE_LINE  what happens to 'anna'?"],
    ['  09:00  again', "3:10  KM_TIMELINE_LINE  'subscriber' has no event before: what is to come again?"],
    ['  09:00  cdr\n  09:01  again e7', /^4:10 {2}KM_TIMELINE_LINE {2}no event before has event_id=e7/],
    ['  09:00  restart now', "3:18  KM_TIMELINE_LINE  'restart' takes nothing more"],
    ['  09:00  catalogue other', /^3:20 {2}KM_TIMELINE_CATALOGUE {2}no catalogue 'other' under 'catalogues'/],
    ['  09:00  => thre-calls', "3:13  KM_TIMELINE_RULE  no rule 'thre-calls'; did you mean 'three-calls'?"],
    ['  09:00  => three-calls loud', /^3:25 {2}KM_TIMELINE_LINE {2}behind a rule come/],
    ['  09:00  => late', /^3:3 {2}KM_TIMELINE_LINE {2}'late' is said of an event; there is none above/],
    ['  09:00  cdr => late today', "3:22  KM_TIMELINE_LINE  'late' takes nothing more"],
    ['  09:00  =>', /KM_TIMELINE_LINE {2}behind => comes a rule, factor=value/],
    ['  09:00  => calls_1h=[1]', /^3:13 {2}KM_TIMELINE_LINE {2}a factor is a number/],
    [
      '  09:00  cdr\n  08:59  cdr',
      "4:3  KM_TIMELINE_BACKWARDS  this line is of day 1 08:59 (2026-03-02), the line above of day 1 09:00 (2026-03-02); name the day of a later one, as in 'day 2 09:00'",
    ],
    ['  09:00  up', "3:3  KM_TIMELINE_LINE  'up' comes behind 'down'"],
    ['  09:00  down', "3:3  KM_TIMELINE_LINE  it stays down: a line with 'up' is missing"],
    [
      '  09:00  down\n  09:01  => calls_1h=1\n  09:02  up',
      "4:13  KM_TIMELINE_LINE  the engine is down: say 'up' first",
    ],
    ['  # nothing at all', /KM_TIMELINE_LINE {2}the timeline has no line/],
  ] as const)('%s', (lines, problem) => {
    const problems = problemsOf(lines)
    expect(problems).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)])
  })

  test('every wrong line is told in one reading', () => {
    expect(problemsOf('  09:00  crd\n  10:00  => x\n  11:00  cdr a=1\n  noon   cdr')).toHaveLength(4)
  })
})

describe('a mapping', () => {
  test.each([
    ['title: a\n', "1:1  KM_TIMELINE_KEY  'timeline' is missing"],
    ['timeline: 09:00 nothing\n', "1:1  KM_TIMELINE_KEY  'title' is missing"],
    [
      'title: a\ntimelin: x\ntimeline: 09:00 nothing\n',
      "2:1  KM_TIMELINE_KEY  no key 'timelin' here; did you mean 'timeline'?",
    ],
    ['title: 7\ntimeline: 09:00 nothing\n', "1:8  KM_TIMELINE_VALUE  'title' must be text"],
    [
      'title: a\nrule: tree-calls\ntimeline: 09:00 nothing\n',
      "2:7  KM_TIMELINE_RULE  no rule 'tree-calls'; did you mean 'three-calls'?",
    ],
    [
      'title: a\nzone: Peking\ntimeline: 09:00 nothing\n',
      "2:7  KM_TIMELINE_VALUE  'Peking' is no IANA time zone; write it like Asia/Shanghai",
    ],
    [
      'title: a\nstart: tomorrow\ntimeline: 09:00 nothing\n',
      "2:8  KM_TIMELINE_VALUE  'start' must be a date like 2026-03-02",
    ],
    ['title: a\ngrace: { cdr: 1 hour }\ntimeline: 09:00 nothing\n', /^2:15 {2}KM_TIMELINE_VALUE {2}a length of time/],
    [
      'title: a\ngrace: { crd: 1h }\ntimeline: 09:00 nothing\n',
      "2:10  KM_TIMELINE_EVENT_TYPE  no type of event is called 'crd'; did you mean 'cdr'?",
    ],
    [
      'title: a\nprofile: { born: 1990-01-01 }\ntimeline: 09:00 nothing\n',
      /^2:12 {2}KM_TIMELINE_FIELD {2}profile has no field 'born'/,
    ],
    ['title: a\nprofile: { birth_date: soon }\ntimeline: 09:00 nothing\n', /^2:24 {2}KM_TIMELINE_FIELD {2}birth_date/],
    [
      'title: a\ndefaults: { cdr: { cel: c7 } }\ntimeline: 09:00 nothing\n',
      /^2:20 {2}KM_TIMELINE_FIELD {2}cdr has no field 'cel'/,
    ],
    ['timelines: []\n', "1:12  KM_TIMELINE_VALUE  'timelines' must be a list of timelines"],
    [
      'timelines:\n- title: a\n  timeline: 09:00 nothing\n  rules: []\n',
      /^4:3 {2}KM_TIMELINE_KEY {2}no key 'rules' here/,
    ],
  ] as const)('%s', (text, problem) => {
    expect(read(`${text}${catalogue}`).problems).toEqual([
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    ])
  })

  test('a catalogue inside the file is blamed where it stands', () => {
    const text = `title: a
timeline: 09:00 nothing
rules:
  - id: r
    moment: change
    title: { en: A }
    on: cdr
    when: calls_1hour >= 3
    purpose: care
`
    expect(read(text).problems).toEqual([expect.stringMatching(/^8:11 {2}KM_RULE_UNKNOWN_FACTOR/)])
  })

  test('without any catalogue there is nothing to try', () => {
    expect(read('title: a\ntimeline: 09:00 nothing\n').problems).toEqual([
      '1:1  KM_TIMELINE_KEY  no catalogue to try: give factors and rules here, or a folder',
    ])
  })

  test.each([
    ['- a\n', /KM_TIMELINE_VALUE {2}a timeline is a mapping/],
    ['title: [\n', /KM_CATALOGUE_HALF_SAVED/],
    ['title: a\ntitle: b\ntimeline: x\n', /KM_YAML_DUPLICATE_KEY/],
  ])('%s', (text, problem) => {
    expect(read(text).problems[0]).toMatch(problem)
  })
})
