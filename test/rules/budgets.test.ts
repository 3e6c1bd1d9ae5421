import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { catalogueWith } from './catalogue-files.ts'

const offers: SourceFile = {
  path: 'offers/all.yaml',
  text: `
- { id: visit, title: { en: Visit }, category: visits, cost: 300, message: { en: Visit } }
- { id: gift, title: { en: Gift }, category: gifts, message: { en: Gift } }
- { id: unused, title: { en: Unused }, category: gifts, message: { en: Unused } }
`,
}
const rules: SourceFile = {
  path: 'rules/all.yaml',
  text: `
- { id: slow, moment: change, title: { en: A }, on: cdr, when: calls_24h > 1, purpose: care, offers: [visit, gift], campaign: repair }
- { id: told, moment: change, title: { en: A }, on: cdr, when: calls_24h > 2, purpose: service, offers: [gift] }
`,
}
const campaigns: SourceFile = {
  path: 'campaigns/all.yaml',
  text: '- { id: repair, title: { en: Repair } }\n- { id: idle, title: { en: Idle } }\n',
}
const segments: SourceFile = {
  path: 'segments/all.yaml',
  text: `
- { id: gold, dimension: value, title: { en: Gold }, when: calls_24h > 5 }
- { id: rest, dimension: value, title: { en: Rest }, when: "true" }
`,
}
const policy = (budgets: string): SourceFile => ({
  path: 'policy.yaml',
  text: `default_time_zone: Asia/Shanghai
default_language: en
quiet_hours: []
caps: []
gaps: {}
categories: [{ id: visits, title: { en: V } }, { id: gifts, title: { en: G } }]
budgets:
${budgets}
`,
})
const load = (budgets: string) => loadCatalogue(catalogueWith(offers, rules, campaigns, segments, policy(budgets)))

describe('budgets', () => {
  test('are read with all that they say', () => {
    const { catalogue, problems } = load(`
  - id: engineers
    uses: 40
    per: day
    for: { offers: [visit], channels: [sms, task] }
    pacing: even
    hours: "09:00-18:00"
    reserve:
      - { segments: [gold], share: 0.6, until: "15:00" }
  - { id: money, money: 500000, per: life, each: 500, for: { campaigns: [repair] } }`)
    expect(problems).toBeUndefined()
    expect(catalogue?.policy.budgets).toEqual([
      {
        id: 'engineers',
        of: 'uses',
        amount: 40,
        per: 'day',
        draws: { offers: ['visit'], channels: ['sms', 'task'] },
        pacing: 'even',
        hours: { start: 540, end: 1080 },
        reserves: [{ segments: ['gold'], share: 0.6, until: 900 }],
      },
      {
        id: 'money',
        of: 'money',
        amount: 500000,
        per: 'life',
        draws: { campaigns: ['repair'] },
        each: 500,
        pacing: 'none',
        hours: { start: 0, end: 1440 },
        reserves: [],
      },
    ])
  })

  test.each([
    ['{ id: b, uses: 0, per: day }', '8:20  KM_CATALOGUE_VALUE', /'uses' must be 1 or more, not 0/],
    ['{ id: b, money: 0, per: day, each: 1 }', '8:21  KM_CATALOGUE_VALUE', /'money' must be 1 or more, not 0/],
    ['{ id: b, per: day }', '8:5  KM_BUDGET_AMOUNT', /of money or of uses: say one/],
    ['{ id: b, uses: 1, money: 500, per: day }', '8:5  KM_BUDGET_AMOUNT', /say one/],
    ['{ id: b, uses: 1, each: 2, per: day }', '8:29  KM_BUDGET_AMOUNT', /leave each out/],
    ['{ id: b, money: 100, each: 101, per: day }', '8:32  KM_BUDGET_AMOUNT', /could never be used/],
    ['{ id: b, money: 100, per: day, for: { offers: [visit] } }', '8:5  KM_BUDGET_AMOUNT', /'visit' costs 300.*never/],
    ['{ id: b, money: 900, per: day }', '8:5  KM_BUDGET_AMOUNT', /'gift' draws on it and says no cost/],
    ['{ id: b, uses: 1 }', '8:5  KM_CATALOGUE_MISSING_KEY', /'per' is missing/],
    ['{ id: b, uses: 1, per: week, pacing: evn }', '8:42  KM_CATALOGUE_VALUE', /did you mean 'even'/],
    ['{ id: b, uses: 1, per: life, pacing: even }', '8:42  KM_BUDGET_PACING', /no end cannot be paced/],
    ['{ id: b, uses: 1, per: day, hours: "09:00-18:00" }', '8:40  KM_BUDGET_PACING', /add pacing: even/],
    [
      '{ id: b, uses: 1, per: day, pacing: even, hours: "18:00-09:00" }',
      '8:54  KM_BUDGET_PACING',
      /end before they begin/,
    ],
    ['{ id: b, uses: 1, per: day, pacing: even, hours: "9-18" }', '8:54  KM_CATALOGUE_WALL_TIME', /no hours of a day/],
    [
      '{ id: b, uses: 1, per: day, reserve: [{ segments: [gold], share: 0.6 }, { segments: [rest], share: 0.5 }] }',
      '8:42  KM_BUDGET_RESERVE',
      /add up to 1.1, which is more than there is/,
    ],
    [
      '{ id: b, uses: 1, per: day, reserve: [{ segments: [gold], share: 0.6 }, { segments: [gold], share: 0.1 }] }',
      '8:90  KM_BUDGET_RESERVE',
      /a reserve for 'gold' above/,
    ],
    [
      '{ id: b, uses: 1, per: day, reserve: [{ segments: [golden], share: 0.6 }] }',
      '8:56  KM_SEGMENT_UNKNOWN',
      /no segment 'golden'; did you mean 'gold'/,
    ],
    [
      '{ id: b, uses: 1, per: week, reserve: [{ segments: [gold], share: 0.6, until: "15:00" }] }',
      '8:83  KM_BUDGET_RESERVE',
      /ends the reserve of a day, and this budget is per week/,
    ],
    [
      '{ id: b, uses: 1, per: day, pacing: even, hours: "09:00-18:00", reserve: [{ segments: [gold], share: 0.6, until: "09:00" }] }',
      '8:118  KM_BUDGET_RESERVE',
      /would never hold/,
    ],
    ['{ id: b, uses: 1, per: day, for: { offers: [visits] } }', '8:49  KM_RULE_UNKNOWN_OFFER', /did you mean 'visit'/],
    [
      '{ id: b, uses: 1, per: day, for: { campaigns: [repairs] } }',
      '8:52  KM_RULE_UNKNOWN_CAMPAIGN',
      /did you mean 'repair'/,
    ],
    [
      '{ id: b, uses: 1, per: day, for: { categories: [visit] } }',
      '8:53  KM_CATALOGUE_CATEGORY',
      /did you mean 'visits'/,
    ],
    ['{ id: b, uses: 1, per: day, for: { channels: [smss] } }', '8:51  KM_CATALOGUE_VALUE', /did you mean 'sms'/],
    [
      '{ id: b, uses: 1, per: day, for: { offers: [unused] } }',
      '8:5  KM_BUDGET_IDLE',
      /no marketing or care.*draws on it/,
    ],
    ['{ id: b, uses: 1, per: day, for: { campaigns: [told] } }', '8:5  KM_BUDGET_IDLE', /no marketing or care/],
    [
      '{ id: b, uses: 1, per: day, for: { offers: [gift], channels: [push] } }',
      '8:5  KM_BUDGET_IDLE',
      /no marketing or care/,
    ],
    [
      '{ id: b, uses: 1, per: day }\n  - { id: b, uses: 2, per: day }',
      '9:11  KM_CATALOGUE_DUPLICATE_ID',
      /used twice in budgets/,
    ],
  ])('%s', (text, place, message) => {
    const problems = load(`  - ${text}`).problems?.map(String) ?? []
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`policy.yaml:${place}`)
    expect(problems[0]).toMatch(message)
  })

  test.each([
    [
      'a campaign that has no rule is idle, and so is its budget',
      '{ id: b, uses: 1, per: day, for: { campaigns: [idle] } }',
    ],
    ['a rule without a campaign is one of its own', '{ id: b, uses: 1, per: day, for: { campaigns: [repair, told] } }'],
  ])('%s', (_, text) => {
    expect(load(`  - ${text}`).problems).toBeUndefined()
  })
})

describe('budgets of teams', () => {
  const human = `
human_channels:
  teams:
    - { id: callers, title: { en: A }, hours: "09:00-18:00" }
    - { id: shops, title: { en: B }, hours: "09:00-18:00" }
  tiers: [{ tier: secondary }]
  routing: [{ tasks: [advice], team: shops }, { tasks: [call], team: callers }, { team: callers }]
  tasks: [{ id: call, title: { en: C }, due: 1d }, { id: advice, title: { en: D }, due: 1d }]
`
  const tasks: SourceFile = {
    path: 'offers/all.yaml',
    text: `
- { id: visit, title: { en: Visit }, channels: [task, sms], task: call, message: { en: Visit } }
- { id: gift, title: { en: Gift }, message: { en: Gift } }
`,
  }
  const loadTeams = (budgets: string) => {
    const { text } = policy(budgets)
    return loadCatalogue(
      catalogueWith(tasks, rules, campaigns, segments, { path: 'policy.yaml', text: `${text}${human}` }),
    )
  }

  test('name whose tasks draw on them', () => {
    const { catalogue, problems } = loadTeams('  - { id: b, uses: 1, per: day, for: { teams: [callers] } }')
    expect(problems).toBeUndefined()
    expect(catalogue?.policy.budgets?.[0]?.draws).toEqual({ teams: ['callers'] })
  })

  test.each([
    ['{ id: b, uses: 1, per: day, for: { teams: [caller] } }', 'KM_TEAM_UNKNOWN', /did you mean 'callers'/],
    ['{ id: b, uses: 1, per: day, for: { teams: [shops] } }', 'KM_BUDGET_IDLE', /no marketing or care/],
    ['{ id: b, uses: 1, per: day, for: { teams: [callers], channels: [sms] } }', 'KM_BUDGET_IDLE', /no marketing/],
    ['{ id: b, uses: 1, per: day, for: { teams: [callers], offers: [gift] } }', 'KM_BUDGET_IDLE', /no marketing/],
  ])('%s', (text, code, message) => {
    const problems = loadTeams(`  - ${text}`).problems?.map(String) ?? []
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(code)
    expect(problems[0]).toMatch(message)
  })
})
