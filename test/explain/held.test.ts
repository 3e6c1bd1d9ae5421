import { expect, test } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import { decideLines } from '../../services/explain/decide-text.ts'
import { decideView } from '../../services/explain/decide-view.ts'
import { momentAnswer } from '../../services/explain/moment-answer.ts'
import { sentences } from '../../services/explain/sentences.ts'
import type { Moment } from '../../services/records/types.ts'
import { catalogueWith } from '../decide/catalogue.ts'

const noon = Date.parse('2026-03-02T04:00:00Z')
const moment: Moment = {
  ...{ moment_id: 'm', subscriber_id: 's', detected_at: noon, at: noon, rule: 'marketing', rule_version: '1' },
  ...{ kind: 'change', purpose: 'marketing', occurrence: 'm', expires_at: noon + 86_400_000, evidence: {} },
  ...{ offers: ['booster'], segments: {}, mode: 'live' },
}

test.each([
  [
    'en',
    'held since 12:00, until all that lies on the log has been read: marketing (m)',
    'held since 12:00, until all that lies on the log has been read: it may speak against it',
  ],
  [
    'zh',
    '自 12:00 起暂缓，直至读完日志中已有的全部记录：marketing（m）',
    '自 12:00 起暂缓，直至读完日志中已有的全部记录：其中可能有不应触达的理由',
  ],
] as const)('a moment that waits until detect has caught up says so (%s)', (language, line, became) => {
  const catalogue = catalogueWith()
  const step = createDecideStep(catalogue)
  const at = { now: noon, clock: noon, heard: noon - 3_600_000 }
  const { state } = step.handle(step.initial, { type: 'moment', value: moment }, at)
  const say = sentences[language]
  const clock = (time: number | string) =>
    new Date(time).toLocaleTimeString('sv-SE', { timeZone: 'Asia/Shanghai' }).slice(0, 5)
  const view = decideView(state, catalogue, noon)
  expect(view.deferred).toMatchObject([{ moment_id: 'm', held_since: '2026-03-02T04:00:00.000Z' }])
  expect(decideLines(view, clock, say).at(-1)).toBe(line)
  const held = state.deferred[0]?.held_since ?? null
  expect(momentAnswer({ moment, decisions: [] }, clock, say, held, new Map()).became).toBe(became)
})
