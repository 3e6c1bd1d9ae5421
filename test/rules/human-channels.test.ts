import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { catalogueWith, policy, shippedFiles } from './catalogue-files.ts'

const whole = {
  teams:
    '[{ id: best, title: { en: Best }, hours: "09:00-18:00" }, { id: rest, title: { en: Rest }, hours: "00:00-24:00", days: every-day }]',
  tiers: '[{ tasks: [talk], tier: priority }, { tier: secondary }]',
  routing: '[{ tiers: [priority], team: best }, { team: rest }]',
  tasks:
    '[{ id: talk, title: { en: Talk }, due: { working: 4h } }, { id: letter, title: { en: Letter }, due: 7d, closes_after: 1d, attempts_most: 2, holds: all }]',
  results:
    '[{ id: yes-please, title: { en: Yes }, means: accepted }, { id: stop-it, title: { en: Stop }, means: opted-out, channels: [task] }]',
}

/** The small catalogue with human channels: `instead` replaces keys; an empty text takes one away. */
function load(instead: Partial<typeof whole> = {}, offer = '') {
  const lines = Object.entries({ ...whole, ...instead }).flatMap(([key, text]) =>
    text === '' ? [] : [`  ${key}: ${text}`],
  )
  const file = { path: 'policy.yaml', text: `${policy.text}human_channels:\n${lines.join('\n')}\n` }
  const offers = {
    path: 'offers/all.yaml',
    text: `- { id: data-booster, title: { en: Booster }, message: { en: Take it }${offer} }\n`,
  }
  return loadCatalogue(catalogueWith(file, offers))
}
const problemsOf = (instead?: Partial<typeof whole>, offer?: string) => load(instead, offer).problems?.map(String) ?? []

describe('human channels', () => {
  test('are read with all that they say, and what they leave out', () => {
    const { catalogue } = load({}, ', channels: [task], task: talk')
    expect(catalogue?.offers[0]).toMatchObject({ task: 'talk', channels: ['task'] })
    const human = catalogue?.policy.humanChannels
    expect(human?.teams).toEqual([
      { id: 'best', title: { en: 'Best' }, band: { start: 540, end: 1080 }, days: 'working-days' },
      { id: 'rest', title: { en: 'Rest' }, band: { start: 0, end: 1440 }, days: 'every-day' },
    ])
    const hour = 3_600_000
    expect(human?.tasks).toEqual([
      {
        id: 'talk',
        title: { en: 'Talk' },
        due: { of: 'working-time', length: 4 * hour },
        closesAfter: 72 * hour,
        attemptsMost: 3,
        holds: 'matter',
        results: [],
      },
      {
        id: 'letter',
        title: { en: 'Letter' },
        due: { of: 'clock', length: 168 * hour },
        closesAfter: 24 * hour,
        attemptsMost: 2,
        holds: 'all',
        results: [],
      },
    ])
    expect(human?.results.map(({ id, channels }) => [id, channels])).toEqual([
      ['yes-please', []],
      ['stop-it', ['task']],
    ])
  })

  test('have a code of each meaning where none is listed; an opt-out is then one of every channel', () => {
    const results = load({ results: '' }).catalogue?.policy.humanChannels?.results ?? []
    expect(results.map(({ id, means }) => id === means)).toEqual(results.map(() => true))
    expect(results.find(({ means }) => means === 'opted-out')?.channels).toHaveLength(5)
  })

  test.each<[what: string, instead: Partial<typeof whole>, problem: RegExp]>([
    [
      'a team that is mistyped',
      { routing: '[{ team: bets }, { team: rest }]' },
      /KM_TEAM_UNKNOWN {2}no team 'bets'.*did you mean 'best'/,
    ],
    ['a team that nothing leads to', { routing: '[{ team: rest }]' }, /policy.yaml:7:\d+ {2}KM_TASK_ROUTING .*'best'/],
    [
      'a last row that is not for all',
      { routing: '[{ team: best, tiers: [priority] }, { team: rest, tiers: [watch] }]' },
      /KM_TASK_ROUTING .*would have no team/,
    ],
    ['a row behind one for all', { tiers: '[{ tier: watch }, { tier: secondary }]' }, /KM_TASK_ROUTING .*put it last/],
    [
      'a task that is mistyped',
      { tiers: '[{ tasks: [tall], tier: priority }, { tier: secondary }]' },
      /KM_TASK_UNKNOWN .*did you mean 'talk'/,
    ],
    [
      'a segment that is not there',
      { tiers: '[{ segments: [vip], tier: priority }, { tier: secondary }]' },
      /KM_SEGMENT_UNKNOWN .*'vip'/,
    ],
    ['a tier that is not there', { tiers: '[{ tier: urgent }]' }, /KM_CATALOGUE_VALUE .*priority, secondary, watch/],
    [
      'hours over midnight',
      {
        teams:
          '[{ id: best, title: { en: B }, hours: "22:00-06:00" }, { id: rest, title: { en: R }, hours: "09:00-18:00" }]',
      },
      /KM_CATALOGUE_VALUE .*night shift/,
    ],
    [
      'hours that are none',
      { teams: '[{ id: best, title: { en: B }, hours: 9-18 }, { id: rest, title: { en: R }, hours: "09:00-18:00" }]' },
      /KM_CATALOGUE_WALL_TIME/,
    ],
    ['a due time without unit', { tasks: '[{ id: talk, title: { en: T }, due: "7" }]' }, /KM_CATALOGUE_DURATION/],
    [
      'no attempt at all',
      { tasks: '[{ id: talk, title: { en: T }, due: 7d, attempts_most: 0 }]' },
      /KM_CATALOGUE_VALUE .*1 or more/,
    ],
    [
      'an id twice',
      { tasks: '[{ id: talk, title: { en: T }, due: 7d }, { id: talk, title: { en: T }, due: 7d }]' },
      /KM_CATALOGUE_DUPLICATE_ID/,
    ],
    [
      'a result that is not there',
      { tasks: '[{ id: talk, title: { en: T }, due: 7d, results: [yes-pleas] }]' },
      /KM_TASK_RESULT .*did you mean 'yes-please'/,
    ],
    [
      'channels of what is no opt-out',
      { results: '[{ id: x, title: { en: X }, means: refused, channels: [sms] }]' },
      /KM_TASK_RESULT .*only of an opt-out/,
    ],
  ])('%s is refused, where it stands', (_what, instead, problem) => {
    const problems = problemsOf(instead)
    expect(problems.filter((text) => problem.test(text))).toHaveLength(1)
    for (const text of problems) expect(text).toMatch(/^policy\.yaml:\d+:\d+ /)
  })

  test('an offer whose task the policy does not know is refused', () => {
    expect(problemsOf({}, ', task: tolk')).toEqual([
      expect.stringMatching(/^offers\/all\.yaml:1:\d+ {2}KM_TASK_UNKNOWN .*did you mean 'talk'/),
    ])
  })

  test('an offer that goes to people as a task names one', () => {
    expect(problemsOf({}, ', channels: [sms, task]')).toEqual([
      expect.stringMatching(/^offers\/all\.yaml:1:\d+ {2}KM_CATALOGUE_MISSING_KEY .*human_channels/),
    ])
  })

  test('of the shipped catalogue name a task in each offer that goes to people as one', () => {
    const { offers = [] } = loadCatalogue(shippedFiles()).catalogue ?? {}
    const asTask = offers.filter(({ channels = [] }) => channels.includes('task'))
    expect(asTask.length).toBeGreaterThan(0)
    expect(asTask.filter(({ task }) => task === undefined)).toEqual([])
  })
})
