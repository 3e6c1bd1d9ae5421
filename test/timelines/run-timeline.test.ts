import { describe, expect, test } from 'vitest'
import { failures, read, run, timelineOf } from './timelines-under-test.ts'

describe('passes', () => {
  test.each([
    ['a moment on the line of its event', '09:00 cdr\n09:01 cdr\n09:02 cdr => three-calls'],
    ['with evidence', '09:00 cdr\n09:01 cdr\n09:02 cdr balance_after=700 => three-calls calls_1h=3 balance=700'],
    ['with evidence that is unknown', '09:00 cdr\n09:01 cdr\n09:02 cdr => three-calls balance=unknown'],
    ['with its occurrence', '09:00 cdr\n09:01 cdr\n09:02 cdr event_id=x => three-calls occurrence=x'],
    ['on a line of its own', '09:00 cdr\n09:01 cdr\n09:02 cdr\n=> three-calls'],
    ['a deadline, noticed after the grace', '09:00 cdr balance_after=1\n+48h => low-balance'],
    ['a deadline and when it is noticed', '09:00 cdr balance_after=1\n+48h10m => low-balance at +48h'],
    [
      'an interval',
      '09:00 complaint => ticket open key=T1 until day 31 09:00\n10:00 complaint status=resolved => ticket closed',
    ],
    ['two intervals at one instant', '09:00 complaint\n09:00 complaint ticket_id=T2 => ticket key=T2, ticket key=T1'],
    [
      'others apart',
      '09:00 a: cdr\n09:01 b: cdr\n09:02 a: cdr\n09:03 a: cdr => three-calls\n09:04 => a: calls_1h=3, b: calls_1h=1',
    ],
    ['a moment behind the end is not its matter', '09:00 cdr balance_after=1\n+48h-1ms nothing'],
    ['again changes nothing', '09:00 cdr\n09:01 cdr\n09:02 again'],
    ['again of an id', '09:00 cdr event_id=a\n09:01 cdr\n09:02 again a => duplicate\n09:03 => calls_1h=2'],
    ['a restart', '09:00 cdr\n09:01 cdr\n09:02 restart\n09:03 cdr => three-calls\n09:04 restart\n09:05 cdr'],
    [
      'a time away: what was due comes once, on the way back',
      '09:00 cdr balance_after=1\n10:00 down\nday 4 08:00 up\n=> low-balance at day 3 09:00\nday 5 10:00 restart',
    ],
    [
      'a time away: what arrived counts as if it had been there',
      '09:00 cdr balance_after=1\n10:00 down\n+47h recharge\nday 4 10:00 up',
    ],
    [
      'a time away: too late is too late',
      '09:00 cdr balance_after=1\n10:00 down\n+49h recharge\nday 4 08:00 up => low-balance at +48h',
    ],
    [
      'a time away: events are taken by event time',
      '09:00 down\n09:30 cdr event_id=b at 09:20\n09:31 cdr event_id=a at 09:19\n09:32 cdr at 09:00\n10:00 up => three-calls at 09:20 occurrence=b calls_1h=3',
    ],
    [
      'a time away: what was due more than seven days ago does not come',
      '09:00 cdr balance_after=1\n10:00 down\nday 12 09:00 up => nothing',
    ],
    ['a rule on trial', '09:00 recharge amount=7 => trial shadow'],
    ['late', '09:00 cdr\n09:20 cdr at 09:09:59.999 => late'],
    ['from the future', '09:00 cdr at 09:05:00.001 => dead-letter'],
  ])('%s', (_, lines) => {
    expect(failures(lines)).toEqual([])
  })

  test('a profile stands at the start, and birthdays come by it', () => {
    expect(
      failures('2026-03-04 09:00 => birthday occurrence=2026-03-04', 'profile: { birth_date: 1990-03-04 }'),
    ).toEqual([])
  })
  test('what comes behind the last line is not its matter', () => {
    expect(failures('2026-03-04 08:55 nothing', 'profile: { birth_date: 1990-03-04 }')).toEqual([])
    expect(failures('2026-03-04 09:00 nothing', 'profile: { birth_date: 1990-03-04 }')).toHaveLength(1)
  })
  test('a zone is that of the subscribers, unless their profile says otherwise', () => {
    const lines = (time: string) => `2026-03-04 ${time} => birthday`
    const born = 'birth_date: 1990-03-04'
    expect(failures(lines('09:00'), `zone: Europe/Berlin\nprofile: { ${born} }`)).toEqual([])
    expect(failures(lines('02:00'), `zone: Europe/Berlin\nprofile: { ${born}, time_zone: Asia/Shanghai }`)).toEqual([])
  })
  test('a grace by type', () => {
    expect(failures('09:00 cdr\n10:00 cdr at 09:00\n10:00:00.001 cdr at 09:00 => late', 'grace: { cdr: 1h }')).toEqual(
      [],
    )
  })
  test('defaults by type', () => {
    expect(failures('09:00 cdr balance_after=700 => balance=700', 'defaults: { cdr: { balance_after: 3 } }')).toEqual(
      [],
    )
    expect(failures('09:00 cdr => balance=3', 'defaults: { cdr: { balance_after: 3 } }')).toEqual([])
  })
})

describe('fails, and says how', () => {
  const three = '09:00 cdr\n09:01 cdr balance_after=700\n09:02 cdr'
  test.each([
    [
      'a moment that did not come',
      '09:00 cdr\n09:01 cdr => three-calls',
      [
        'KM_TIMELINE_MISSING  no three-calls at day 1 09:01 (2026-03-02); it came: none\n    as of then: calls_1h=2 balance=unknown',
      ],
    ],
    [
      'at another time',
      `${three}\n09:03 => three-calls`,
      [
        'KM_TIMELINE_UNEXPECTED  three-calls at day 1 09:02 (2026-03-02) was not expected (occurrence e0003)\n    as of then: calls_1h=3 balance=700',
        'KM_TIMELINE_MISSING  no three-calls at day 1 09:03 (2026-03-02); it came: at day 1 09:02 (2026-03-02)\n    as of then: calls_1h=3 balance=700',
      ],
    ],
    [
      'of somebody else',
      '09:00 a: cdr\n09:01 a: cdr\n09:02 a: cdr\n09:02 => three-calls',
      [/^KM_TIMELINE_MISSING {2}no three-calls .*it came: none/, /^KM_TIMELINE_UNEXPECTED {2}a: three-calls at/],
    ],
    [
      'a deadline that nobody expected',
      '09:00 cdr balance_after=1\n+49h nothing',
      [
        /^KM_TIMELINE_UNEXPECTED {2}low-balance at day 3 09:00 \(2026-03-04\), noticed day 3 09:10 \(2026-03-04\) was not/,
      ],
    ],
    [
      'evidence',
      `${three} => three-calls calls_1h=4 cells=1`,
      [
        "KM_TIMELINE_DIFFERENT  three-calls at day 1 09:02 (2026-03-02): calls_1h is 3; expected: 4, no evidence 'cells'; it has calls_1h, balance",
      ],
    ],
    ['an occurrence', `${three} => three-calls occurrence=x`, [/: occurrence is e0003; expected: x$/]],
    ['a key', '09:00 complaint => ticket key=T2', [/: key is T1; expected: T2$/]],
    ['an end', '09:00 complaint => ticket until +1d', [/: until is day 31 09:00 .*; expected: day 2 09:00/]],
    ['a phase', '09:00 complaint => ticket closed', [/MISSING {2}no ticket closed/, /UNEXPECTED {2}ticket open at/]],
    [
      'a moment of a rule on trial, taken for one that is sent',
      '09:00 recharge amount=7 => trial',
      [/: it is recorded and never sent: its rule is on trial .*; write 'shadow' behind it, or take it live$/],
    ],
    [
      'a moment that is sent, taken for one on trial',
      `${three} => three-calls shadow`,
      [/: it is sent, its rule being no more on trial; take 'shadow' from behind it, or give the rule mode: shadow$/],
    ],
    ['one on trial that nobody expected', '09:00 recharge amount=7', [/UNEXPECTED {2}trial shadow at day 1 09:00/]],
    [
      'when it was noticed',
      '09:00 cdr balance_after=1\n+48h9m => low-balance at +48h',
      [/: the time when it was noticed is day 3 09:10 .*; expected: day 3 09:09/],
    ],
    ['a factor', '09:00 cdr => calls_1h=2', ['KM_TIMELINE_FACTOR  calls_1h is 1; expected: 2']],
    ['a factor that no rule reads', '09:00 cdr => calls=2', [/calls is not known: does a rule read it\?; expected: 2/]],
    [
      'an event that is late',
      '09:00 cdr\n09:20 cdr at 09:09',
      [/FATE {2}the event is late; expected: neither late nor/],
    ],
    ['one that is not', '09:00 cdr => late', [/FATE {2}the event is neither late nor refused; expected: late/]],
    [
      'a refused one',
      '09:00 cdr at 10:00',
      [/FATE {2}the event is dead-letter KM_EVENT_FUTURE: event_time is .*; expected: neither/],
    ],
    ['another reason', '09:00 cdr at 10:00 => dead-letter KM_X', [/expected: dead-letter KM_X/]],
    ['no duplicate', '09:00 cdr => duplicate', [/expected: duplicate/]],
  ] as const)('%s', (_, lines, expected) => {
    expect(failures(lines)).toEqual(expected.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))))
  })

  test('at the line that says otherwise, by file, line and column', () => {
    const { failures: found } = run(timelineOf('09:00 cdr\n09:01 cdr => three-calls\n09:02 => calls_1h=9'))
    expect(found.map(({ location }) => location)).toEqual([
      { file: 'a.yaml', line: 5, column: 16 },
      { file: 'a.yaml', line: 6, column: 12 },
    ])
  })
})

test('of rules that it is not about, moments may come', () => {
  const lines = '09:00 cdr\n09:01 cdr\n09:02 cdr\n09:03 complaint'
  expect(failures(lines)).toHaveLength(2)
  expect(failures(lines, 'rule: birthday')).toEqual([])
  expect(failures(lines, 'rule: [birthday, ticket]')).toHaveLength(1)
  expect(failures(`${lines}\n09:04 nothing\n09:05 complaint ticket_id=T2 => ticket`, 'rule: birthday')).toHaveLength(1)
})

test('timelines know nothing of each other, however often they run', () => {
  const timeline = timelineOf('09:00 cdr\n09:01 cdr => calls_1h=2')
  const restarting = timelineOf('09:00 cdr\n09:01 restart\n09:02 cdr => calls_1h=2')
  for (const one of [timeline, restarting, timeline, timeline, restarting]) expect(run(one).failures).toEqual([])
})

test('another catalogue takes over from its line on', () => {
  const { timelines, problems } = read(`
factors: [{ id: calls_1h, title: { en: C }, from: cdr, aggregate: count, window: { rolling: 1h } }]
rules:
  - { id: calls, moment: change, title: { en: A }, on: cdr, when: calls_1h >= 2, purpose: care, offers: [thanks] }
  - { id: first, moment: change, title: { en: A }, on: cdr, when: calls_1h >= 1, purpose: care, offers: [thanks], once: 30d }
catalogues:
  stricter:
    rules: [{ id: calls, moment: change, title: { en: A }, on: cdr, when: calls_1h >= 4, purpose: care, offers: [thanks] }]
    without: { rules: [first] }
timelines:
  - title: both
    timeline: |
      09:00  a: cdr   => first
      09:01  a: cdr   => calls
      09:02  catalogue stricter
      09:03  a: cdr
      09:04  b: cdr
      09:05  a: cdr   => calls
`)
  expect(problems).toEqual([])
  expect(timelines.map((timeline) => run(timeline).failures.map(String))).toEqual([[]])
})

test('what is no member of what the other catalogue replaces is told', () => {
  const { problems } = read(`title: a
timeline: 09:00 nothing
factors: []
catalogues:
  quiet:
    without:
      rules: [nonsense]
`)
  expect(problems).toEqual([
    expect.stringMatching(/^7:15 {2}KM_CATALOGUE_VALUE {2}nothing below has a rule 'nonsense'/),
  ])
})
