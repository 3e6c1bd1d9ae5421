import { describe } from 'vitest'
import { marketing, rule, wrongFiles } from './wrong-file.ts'

const when = (condition: string, on = 'app-usage') => rule(`on: ${on}`, `when: ${condition}`, marketing)

describe('conditions', () => {
  wrongFiles('rules/r.yaml', [
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
      "5:13  KM_RULE_UNKNOWN_FIELD  only app-usage of app-usage, cdr has 'login'; ask has(event.login) beside it",
    ],
    [
      'KM_RULE_SYNTAX',
      when('data_mb_7d >'),
      '5:19  KM_RULE_SYNTAX  ends where a value or a closing bracket is still to come',
    ],
    ['KM_RULE_SYNTAX', when('data_mb_7d = 4.0'), '5:18  KM_RULE_SYNTAX  unexpected character: ='],
    ['KM_RULE_TYPE', when('data_mb_7d > 500'), "5:18  KM_RULE_TYPE  '>' mixes double with int; write 500.0"],
    ['KM_RULE_TYPE', when('calls_24h > 5.0'), "5:17  KM_RULE_TYPE  '>' mixes int with double; write 5"],
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
      when('event.app.startWith("video")'),
      "5:17  KM_RULE_UNSUPPORTED  'startWith()' is not supported; did you mean 'startsWith'?",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.app.matches("video.*")'),
      "5:17  KM_RULE_UNSUPPORTED  'matches()' is not supported; a text is compared with ==, != and in, and takes startsWith, endsWith, contains",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.app.startsWith(event.cell_id)'),
      '5:28  KM_RULE_UNSUPPORTED  startsWith() takes one text in quotes',
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.app.contains("")'),
      '5:26  KM_RULE_UNSUPPORTED  contains() takes a text of 1 to 64 bytes, not 0',
    ],
    ['KM_RULE_TYPE', when('event.login.contains("t")'), '5:7  KM_RULE_TYPE  contains() asks a text, not bool'],
    [
      'KM_RULE_UNSUPPORTED',
      when('segment(calls_24h)'),
      '5:15  KM_RULE_UNSUPPORTED  segment() takes the id of a segment in quotes',
    ],
    [
      'KM_RULE_UNKNOWN_SEGMENT',
      when('segment("high-value") || calls_24h > 3'),
      "5:15  KM_RULE_UNKNOWN_SEGMENT  no segment 'high-value'",
    ],
    [
      'KM_RULE_IMPOSSIBLE_VALUE',
      when('event.bearer.endsWith("G")'),
      "5:29  KM_RULE_IMPOSSIBLE_VALUE  'bearer' never ends with 'G'; it is one of 2g, 3g, 4g, 5g, wifi",
    ],
    [
      'KM_RULE_UNKNOWN_FIELD',
      when('has(event.logon)', '[app-usage, cdr]'),
      "5:17  KM_RULE_UNKNOWN_FIELD  app-usage, cdr have no common field 'logon'",
    ],
    [
      'KM_RULE_UNKNOWN_FIELD',
      when('has(event.login) && event.app == "x"', '[app-usage, cdr]'),
      "5:33  KM_RULE_UNKNOWN_FIELD  only app-usage of app-usage, cdr has 'app'; ask has(event.app) beside it",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('size(event.app) > 3'),
      "5:7  KM_RULE_UNSUPPORTED  'size()' is not supported; known: has, known, double, int, abs, min, max, segment",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.app < "m"'),
      "5:17  KM_RULE_UNSUPPORTED  '<' is not supported on text; use ==, != or in",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.login || "a" == "a"'),
      '5:26  KM_RULE_UNSUPPORTED  a text is compared with a field or a factor',
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.cell_id == null'),
      '5:24  KM_RULE_UNSUPPORTED  null is not supported; a missing field is unknown, ask has(event.x)',
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('event.tags == "x"', 'profile'),
      "5:13  KM_RULE_UNSUPPORTED  'tags' is a map, which conditions cannot read",
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('has(calls_24h)'),
      '5:7  KM_RULE_UNSUPPORTED  has() asks for a field of the event: has(event.x)',
    ],
    [
      'KM_RULE_UNSUPPORTED',
      when('"[1, 2].exists(x, x > calls_24h)"'),
      "5:15  KM_RULE_UNSUPPORTED  'exists()' is not supported; a text is compared with ==, != and in, and takes startsWith, endsWith, contains",
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
