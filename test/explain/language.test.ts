import { expect, test } from 'vitest'
import { decide } from '../../services/decide/service.ts'
import { detect } from '../../services/detect/service.ts'
import type { Answer } from '../../services/explain/answer.ts'
import { answerText } from '../../services/explain/answer-text.ts'
import { sentences } from '../../services/explain/sentences.ts'
import { explain } from '../../services/explain/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { topics } from '../../services/topology.ts'
import { catalogueOf, filesOf } from '../catalogue/over-http.ts'
import { startEngine } from '../integration/bad-input/engine.ts'
import { lines, longCall } from '../integration/bad-input/events.ts'
import { catalogueFolder, smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { waitFor } from '../support/wait-for.ts'

const calendar = `\
id: ours
title: { en: Ours }
weekend: []
announced:
  covers: { from: 2020-01-01, to: 2040-12-31 }
  days_off: []
  make_up_days: []
`
const weekly = smallCatalogue['rules/calls.yaml'].replace('expires: 7d', 'once: 7d\nexpires: 7d')
const catalogue = {
  ...smallCatalogue,
  'policy.yaml': `${smallCatalogue['policy.yaml']}default_calendar: ours\n`,
  'calendars/ours.yaml': calendar,
  'rules/calls.yaml': `${weekly}---
id: day-off-call
moment: change
title: { en: A call on a day off, zh: 休息日通话 }
on: cdr
when: '!event.local_workday'
expires: 7d
purpose: service
`,
}

async function engineWithCall() {
  const engine = await startEngine({
    settings: { KEYMOMENT_CATALOGUE_DIR: await catalogueFolder(catalogue) },
    deployables: [decide, detect, createIngest(), explain],
  })
  await engine.ready()
  await engine.post(lines([longCall('c1', 'ann', Date.now())]))
  await engine.atLeast(topics.decisions, 1)
  const ask = async (query: string, accepted?: string) => {
    const headers = accepted === undefined ? {} : { 'accept-language': accepted }
    const response = await fetch(new URL(`/v1/subscribers/ann/explain?${query}`, engine.url), { headers })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer }
  }
  return { engine, ask }
}

test('the language that was asked for, or that is wanted most', { timeout: 60_000 }, async () => {
  const { ask } = await engineWithCall()
  const table: readonly (readonly [query: string, accepted: string | undefined, language: string])[] = [
    ['', undefined, 'en'],
    ['language=zh', 'en', 'zh'],
    ['language=en', 'zh-CN', 'en'],
    ['', 'zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['', 'en-GB;q=0.9, zh;q=0.4', 'en'],
    ['', 'de, zh;q=0.2', 'zh'],
    ['', 'de, zh;q=0', 'en'],
    ['', ';;,=', 'en'],
  ]
  for (const [query, accepted, language] of table) {
    const { status, body, headers } = await ask(query, accepted)
    expect
      .soft([status, body.language, headers.get('content-language')], `${query} ${accepted}`)
      .toEqual([200, language, language])
  }
  expect(await ask('language=fr')).toMatchObject({
    status: 400,
    body: { code: 'KM_EXPLAIN_QUERY', message: "language is one of en, zh, not 'fr'" },
  })

  const { body } = await ask('language=zh&rule=day-off-call')
  // The calendar has no weekend: whether the day of the event is a working day is known.
  expect(body.verdict).toEqual(['规则 day-off-call 未触发：event.local_workday 为 true，须 false'])
  const text = answerText(body)
  expect(text).toContain('\n规则 day-off-call：休息日通话\n')
  expect(text).toContain('      event.local_workday = true\n')
  expect(text).toMatch(/\n决策\n/)
})

test('what a rule told before it was away is said, and holds it back', { timeout: 60_000 }, async () => {
  const { engine, ask } = await engineWithCall()
  const published = async (files: Readonly<Record<string, string>>, number: number) => {
    await catalogueOf(engine.url).publish(filesOf(files))
    await waitFor(`version ${number}`, async () => (await catalogueOf(engine.url).get()).body.number === number)
  }
  const held = async () => (await ask('rule=long-call')).body.verdict[0]
  expect(await held()).toMatch(/^rule long-call fired at .*; not again before .* \(once: 7d\)$/)
  const { 'rules/calls.yaml': _, ...without } = catalogue
  await published(without, 2)
  await published(catalogue, 3)
  const { body } = await ask('rule=long-call')
  expect(body.verdict.join('\n')).toMatch(
    /^rule long-call fired at .*; not again before .* \(once: 7d\)\n[\s\S]*it fired at .*, before it was away until .*: that holds it back still/,
  )
})

test('every sentence in Chinese is Chinese, and says as much as the English one', () => {
  const { language: _, ...table } = sentences.zh
  const plain = new Set(['fact', 'list', 'or', 'because', 'meaning', 'facts', 'newestMoment', 'is'])
  for (const [name, sentence] of Object.entries(table)) {
    const source = String(sentence)
    if (!plain.has(name)) expect.soft(source, name).toMatch(/\p{Script=Han}|[，：；（]|Periods|names|units/u)
    const english = sentences.en[name as keyof typeof table]
    expect.soft(typeof sentence, name).toBe(typeof english)
    if (typeof sentence === 'function' && typeof english === 'function') {
      expect.soft(sentence.length, `${name}: as many values`).toBe(english.length)
    }
  }
})
