import { expect, test } from 'vitest'
import { problemsOf } from './wrong-file.ts'

const factors = {
  path: 'factors/own.yaml',
  text: `
- { id: topups, title: { en: A }, from: recharge, aggregate: count, window: lifetime }
- { id: topups_7d, title: { en: B }, from: recharge, aggregate: count, window: { rolling: 168h } }
- { id: topups_before, title: { en: C }, from: recharge, aggregate: count, window: { days: 30, ago: 1 } }
- { id: large_topups, title: { en: D }, from: recharge, where: amount >= 5000, aggregate: count, window: lifetime }
- { id: either, title: { en: E }, from: [recharge, order], aggregate: count, window: lifetime }
- { id: topup_days, title: { en: F }, from: recharge, value: amount, aggregate: sum, window: lifetime }
`,
}

/** What is said of a first rule over recharges whose history is known by this condition. */
const said = (known: string, when = 'event.amount > 0', on = 'recharge') =>
  problemsOf(factors, {
    path: 'rules/r.yaml',
    text: `id: r\nmoment: first\ntitle: { en: R }\non: ${on}\nwhen: ${when}\nhistory: { known: "${known}" }\npurpose: care\noffers: [data-booster]\n`,
  })

test.each<[known: string, when?: string]>([
  ['topups > 0'],
  ['topups >= 1'],
  ['topups != 0'],
  ['topups_7d > 0'],
  ['topups > 0 || topups_before > 0'],
  ['!(topups == 0)'],
  ['either > 0'],
  ['large_topups > 0', 'event.amount >= 5000'],
  ['topups > 2', 'topups > 2'],
])('a history that is known of the event itself is told: %s', (known, when) => {
  const problems = said(known, when)
  expect(problems.length).toBe(1)
  expect(problems[0]).toMatch(
    /^rules\/r\.yaml:6:\d+ {2}KM_RULE_HISTORY {2}the rule never fires: \w+ has counted the event/,
  )
})

test.each<[known: string, when?: string, on?: string]>([
  ['topups > 1'],
  ['topups_before > 0'],
  ['topups > 0 && topups_before > 0'],
  ['large_topups > 0'],
  ['topup_days > 0'],
  ['topups > 2', 'topups > 1'],
  ['topups > 0', 'event.action == "subscribe"', 'order'],
  ['topups > 0', 'event.local_hour > 3', '[recharge, order]'],
])('one that can be otherwise is not: %s', (known, when, on) => {
  expect(said(known, when, on)).toEqual([])
})
