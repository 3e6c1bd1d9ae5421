import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { MomentKind, Rule } from '../../services/rules/ruleset.ts'
import { shippedFiles } from './catalogue-files.ts'

const loaded = loadCatalogue(shippedFiles())

function shipped() {
  expect(loaded.problems?.map(String) ?? []).toEqual([])
  if (!loaded.catalogue) throw new Error('the shipped catalogue has problems')
  return loaded.catalogue
}

function ruleOf(id: string): Rule {
  const found = shipped().ruleset.rules.find((rule) => rule.id === id)
  if (!found) throw new Error(`no rule '${id}'`)
  return found
}

const hour = 3_600_000

test('the shipped catalogue has no fault', () => {
  expect(shipped().ruleset.factors.length).toBeGreaterThanOrEqual(15)
})

test('it has rules of all four kinds', () => {
  const kinds = new Set<MomentKind>(shipped().ruleset.rules.map((rule) => rule.moment))
  expect([...kinds].sort()).toEqual(['change', 'do-not-disturb', 'first', 'special'])
})

test('everything has words in English and Chinese', () => {
  const { ruleset, offers } = shipped()
  for (const { id, title } of [...ruleset.factors, ...ruleset.rules, ...offers])
    expect(title.zh, id).toMatch(/\p{Script=Han}/u)
  for (const { id, message } of offers) expect(message.zh, id).toMatch(/\p{Script=Han}/u)
})

test('every file says which schema an editor should hold it against', () => {
  for (const { path, text } of shippedFiles()) {
    expect(text, path).toMatch(
      /^# yaml-language-server: \$schema=(\.\.\/)+schemas\/(factor|rule|offer|policy|segment|tag|calendar|timeline)\.schema\.json\n/,
    )
  }
})

test('first login to the app: once in a life, history by a tag', () => {
  expect(ruleOf('first-app-login')).toMatchObject({
    moment: 'first',
    once: 'lifetime',
    trigger: {
      kind: 'condition',
      on: ['app-usage'],
      when: { kind: 'field', type: 'bool', name: 'login' },
      history: { kind: 'tag', tag: 'app_user' },
    },
  })
})

test('low balance without a top-up for 48 hours', () => {
  expect(ruleOf('low-balance-no-recharge')).toMatchObject({
    moment: 'change',
    trigger: {
      kind: 'pattern',
      steps: [
        {
          kind: 'event',
          name: 'low',
          any: [{ on: ['cdr'], where: { operator: '<', left: { name: 'balance_after' }, right: { value: 1000 } } }],
          times: 1,
        },
        { kind: 'absence', any: [{ on: ['recharge'] }], length: 48 * hour, fromStart: false },
      ],
      unless: [],
    },
  })
})

test('birthday at nine in the morning', () => {
  expect(ruleOf('birthday')).toMatchObject({
    moment: 'special',
    purpose: 'care',
    once: 0,
    trigger: {
      kind: 'date',
      field: 'birth_date',
      date: { kind: 'yearly', fromYears: 1, leapDay: '02-28', offsetDays: 0, minuteOfDay: 540 },
    },
  })
})

test('an open complaint is do-not-disturb, ticket by ticket', () => {
  expect(ruleOf('open-complaint')).toMatchObject({
    moment: 'do-not-disturb',
    trigger: { kind: 'interval', key: 'ticket_id', code: 'open-issue', channels: [], purposes: ['marketing', 'care'] },
  })
})

test('the policy', () => {
  const { policy } = shipped()
  expect(policy).toMatchObject({
    defaultTimeZone: 'Asia/Shanghai',
    defaultLanguage: 'zh',
    quietHours: [{ id: 'night', channels: ['sms', 'ivr', 'push'], start: 22 * 60, end: 8 * 60 }],
    gaps: { marketing: 24 * hour, care: 4 * hour },
  })
  expect(policy.caps.every(({ most }) => most >= 1)).toBe(true)
})
