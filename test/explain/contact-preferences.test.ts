import { expect, test } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import { decideLines } from '../../services/explain/decide-text.ts'
import { decideView } from '../../services/explain/decide-view.ts'
import { sentences } from '../../services/explain/sentences.ts'
import type { Profile } from '../../services/records/types.ts'
import { catalogueWith } from '../decide/catalogue.ts'
import { preferencesOf, registerOf } from '../decide/preference-words.ts'

const noon = Date.parse('2026-03-02T04:00:00Z')
const profile: Profile = {
  ...{ event_id: 'p', subscriber_id: 's', event_time: noon, source: 'crm' },
  preferences: preferencesOf('ivr/sunday/holiday|banking/21:00-24:00', noon, 'form-7'),
  register: registerOf('clear', noon, 'export-12'),
}

test.each([
  [
    'en',
    [
      'not wanted: categories=banking bands=21:00-24:00, from 12:00 (form-7)',
      'not wanted: channels=ivr days=holiday,sunday, from 12:00 (form-7)',
      "not listed in the regulator's register as of 12:00 (export-12)",
    ],
  ],
  [
    'zh',
    [
      '用户拒收：categories=banking bands=21:00-24:00，自 12:00 起（form-7）',
      '用户拒收：channels=ivr days=holiday,sunday，自 12:00 起（form-7）',
      '不在监管名册上，核查于 12:00（export-12）',
    ],
  ],
] as const)('preferences and the register are told (%s)', (language, lines) => {
  const catalogue = catalogueWith()
  const step = createDecideStep(catalogue)
  const { state } = step.handle(step.initial, { type: 'profile', value: profile }, { now: noon, clock: noon })
  const view = decideView(state, catalogue, noon)
  const clock = (time: number | string) =>
    new Date(time).toLocaleTimeString('sv-SE', { timeZone: 'Asia/Shanghai' }).slice(0, 5)
  expect(decideLines(view, clock, sentences[language])).toEqual(expect.arrayContaining([...lines]))
})

test('a block of everything is told as that', () => {
  const catalogue = catalogueWith()
  const step = createDecideStep(catalogue)
  const value = { ...profile, preferences: preferencesOf('all', noon, 'form-8') }
  const { state } = step.handle(step.initial, { type: 'profile', value }, { now: noon, clock: noon })
  expect(decideView(state, catalogue, noon).preferences?.blocks).toEqual([''])
  expect(decideLines(decideView(state, catalogue, noon), () => '12:00', sentences.en)).toContain(
    'not wanted: any marketing or care, from 12:00 (form-8)',
  )
})
