import { describe, expect, test } from 'vitest'
import { catalogue, failures, read } from './timelines-under-test.ts'

const granted = 'profile consent={sms: {care: {state: granted, since: "2026-03-01T00:00:00Z", source: app}}}'
const calls = '09:00 cdr\n09:01 cdr\n09:02 cdr => three-calls'

describe('decisions pass', () => {
  test.each([
    ['that hold back', `${calls}, suppressed consent`],
    ['that send', `08:00 ${granted}\n${calls}, command thanks`],
    ['whose offer is not said', `08:00 ${granted}\n${calls}, command`],
    ['of others', `08:00 a: ${granted}\n${calls.replaceAll('cdr', 'a: cdr')}, a: command thanks`],
    ['which nobody asks for', calls],
    ['with what was said before a restart', `08:00 ${granted}\n08:30 restart\n${calls}, command`],
    ['with what was said while it was away', `08:00 down\n08:10 ${granted}\n08:30 up\n${calls}, command`],
    ['once for a moment that comes twice', `${calls}, suppressed consent\n09:03 again => duplicate`],
  ])('%s', (_, lines) => {
    expect(failures(lines)).toEqual([])
  })
})

describe('decisions fail', () => {
  test.each([
    [
      'of another outcome',
      `${calls}, command`,
      /KM_TIMELINE_DIFFERENT .*decide says 'suppressed consent'; expected: 'command'/,
    ],
    [
      'for another reason',
      `${calls}, suppressed cap`,
      /KM_TIMELINE_DIFFERENT .*'suppressed consent'; expected: 'suppressed cap'/,
    ],
    [
      'of another offer',
      `08:00 ${granted}\n${calls}, command more`,
      /KM_TIMELINE_DIFFERENT .*'command thanks channel=sms text="Thanks"'; expected: 'command more'/,
    ],
    [
      'of another text',
      `08:00 ${granted}\n${calls}, command thanks text="Many thanks"`,
      /KM_TIMELINE_DIFFERENT .*'command thanks channel=sms text="Thanks"'; expected: 'command thanks text="Many thanks"'/,
    ],
    ['that do not come', '09:00 cdr => command', /KM_TIMELINE_MISSING .*decide says nothing more; expected: 'command'/],
    [
      'that nobody expects, where one is',
      `08:00 ${granted}\n${calls}, command\n15:01 cdr\n15:02 cdr\n15:03 cdr => three-calls`,
      /KM_TIMELINE_UNEXPECTED .*'command thanks channel=sms text="Thanks"' for three-calls at day 1 15:03.* was not expected/,
    ],
  ])('%s', (_, lines, message) => {
    expect(failures(lines)).toEqual([expect.stringMatching(message)])
  })
})

test.each([
  ['=> suppressed', /KM_TIMELINE_LINE {2}which reason\? as in 'suppressed quiet-hours'/],
  ['=> suppressed concent', /KM_TIMELINE_LINE {2}no reason 'concent'; did you mean 'consent'\?/],
  ['=> command thanks at 10:00', /KM_TIMELINE_LINE {2}behind 'command' comes an offer/],
  [
    '=> suppressed consent at 10:00',
    /KM_TIMELINE_LINE {2}behind 'suppressed' comes a code, \+code of others and 'until TIME'/,
  ],
])('%s is told at its place', (line, problem) => {
  const { problems } = read(`title: it\ntimeline: |\n  09:00  cdr  ${line}\n${catalogue}`)
  expect(problems).toEqual([expect.stringMatching(problem)])
})
