import { describe } from 'vitest'
import { marketing, rule, wrongFiles } from './wrong-file.ts'

describe('the shape of rules', () => {
  wrongFiles('rules/r.yaml', [
    ['KM_CATALOGUE_TYPE', 'just text\n', '1:1  KM_CATALOGUE_TYPE  this must be a mapping, not text'],
    [
      'KM_CATALOGUE_UNKNOWN_KEY',
      rule('on: cdr', 'wen: calls_24h > 3', marketing),
      "5:1  KM_CATALOGUE_UNKNOWN_KEY  no key 'wen' here; did you mean 'when'?",
    ],
    [
      'KM_CATALOGUE_MISSING_KEY',
      'id: r\nmoment: special\non: cdr\nwhen: calls_24h > 3\npurpose: care\n',
      "1:1  KM_CATALOGUE_MISSING_KEY  'title' is missing",
    ],
    [
      'KM_CATALOGUE_MISSING_KEY',
      rule(marketing),
      '1:1  KM_CATALOGUE_MISSING_KEY  a change rule has on and when (or becomes), or every, at and when (or becomes), or a segment, or a pattern',
    ],
    [
      'KM_CATALOGUE_MISSING_KEY',
      rule('on: cdr', marketing),
      "4:5  KM_CATALOGUE_MISSING_KEY  a rule with 'on' needs when (each time it is true) or becomes",
    ],
    [
      'KM_CATALOGUE_VALUE',
      'id: r\nmoment: chnge\ntitle: { en: R }\non: cdr\nwhen: calls_24h > 3\npurpose: care\n',
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
      "6:7  KM_CATALOGUE_VALUE  'date' has no place in a change rule; it takes on, when, becomes, rearm, initial, every, at, segment, pattern, within, key, unless",
    ],
    [
      'KM_CATALOGUE_TYPE',
      rule('on: cdr', 'when: 5', marketing),
      "5:7  KM_CATALOGUE_TYPE  'when' must be text, not a number",
    ],
    [
      'KM_CATALOGUE_TYPE',
      rule('on: cdr', 'when: calls_24h > 3', 'once: 7', marketing),
      "6:7  KM_CATALOGUE_TYPE  'once' must be text, not a number; a length of time has a unit, like 90s, 48h, 30d",
    ],
    [
      'KM_CATALOGUE_TYPE',
      rule('on: cdr', 'when: calls_24h > 3', 'expires: 24', marketing),
      "6:10  KM_CATALOGUE_TYPE  'expires' must be text, not a number; a length of time has a unit, like 90s, 48h, 30d",
    ],
    [
      'KM_CATALOGUE_UNKNOWN_KEY',
      'id: r\nmoment: change\ntitle: { en: Low, no top-up }\non: cdr\nwhen: calls_24h > 3\npurpose: marketing\n',
      "3:19  KM_CATALOGUE_UNKNOWN_KEY  no key 'no top-up' here; a text with a comma stands in quotes",
    ],
    [
      'KM_CATALOGUE_VALUE',
      rule('on: []', 'when: calls_24h > 3', marketing),
      "4:5  KM_CATALOGUE_VALUE  'on' must not be empty",
    ],
    [
      'KM_RULE_PURPOSE',
      rule('on: cdr', 'when: calls_24h > 3'),
      "1:1  KM_RULE_PURPOSE  rule 'r' needs a purpose: marketing, care, service or regulatory; it says which policy applies",
    ],
    [
      'KM_RULE_HISTORY',
      'id: r\nmoment: first\ntitle: { en: R }\non: app-usage\nwhen: event.login\npurpose: marketing\n',
      "1:1  KM_RULE_HISTORY  rule 'r' must say how a habit older than itself is known: history: { tag: NAME }, { warm_up: 30d }, { known: CONDITION }, or none",
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
      '4:32  KM_CATALOGUE_WALL_TIME  \'24:00\' is no time of day; midnight is "00:00"',
    ],
    [
      'KM_CATALOGUE_DUPLICATE_ID',
      `- { id: r, moment: change, title: { en: R }, on: cdr, when: calls_24h > 3, purpose: care }\n- { id: r, moment: change, title: { en: R }, on: cdr, when: calls_24h > 4, purpose: care }\n`,
      "2:9  KM_CATALOGUE_DUPLICATE_ID  there is another rule 'r'; ids are used once, rename one of them",
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
      "6:6  KM_RULE_KEY  'ticket_id' is not a text that the opening and closing events share (complaint, contact); those are event_id, subscriber_id, source",
    ],
  ])
})
