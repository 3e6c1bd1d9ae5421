import { expect, onTestFinished, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'
import { type DeskEngine, deskEngine } from './desk-engine.ts'

const minute = 60_000

/** What an agent's screen hears, as `event offer` or `event reason`, and the data of the last show. */
async function screen(engine: DeskEngine, query: string) {
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  const response = await fetch(new URL(`/v1/prompts/stream${query}`, engine.url), { signal: leaving.signal })
  const heard: string[] = []
  const shown: Readonly<Record<string, unknown>>[] = []
  void (async () => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) hear(block)
    }
  })().catch(() => undefined)
  function hear(block: string): void {
    const event = /^event: (.*)$/m.exec(block)?.[1]
    if (event === undefined) return
    const data = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}')
    if (event === 'show') shown.push(data)
    heard.push([event, data.offer ?? data.reason ?? data.code ?? data.agent].filter(Boolean).join(' '))
  }
  return { heard, shown, until: (what: string) => waitFor(what, () => heard.includes(what)) }
}

test('while a call is live its agent is told what to solve first; the prompt goes with a transfer and ends with the call', {
  timeout: minute,
}, async () => {
  const engine = await deskEngine()
  const [anna, ben] = [await screen(engine, '?agent=anna'), await screen(engine, '?agent=ben')]
  await engine.call('s-1', 'call-1', 'connected', 'anna')
  await anna.until('show repair')
  expect(anna.shown[0]).toMatchObject({
    call_id: 'call-1',
    agent: 'anna',
    subscriber_id: 's-1',
    happened: 'Is calling us',
    text: 'We repair your line.',
    recommended: [
      { offer: 'repair', step: 'repair', why: 'repair' },
      { offer: 'plan-sms', step: 'recommend', why: 'listed' },
    ],
  })
  const { body } = await engine.ask('/v1/prompts?call=call-1')
  expect(body.prompts).toHaveLength(1)
  await engine.call('s-1', 'call-1', 'connected', 'ben')
  await ben.until('show repair')
  await anna.until('withdraw transferred')
  const id = ben.shown[0]?.id as string
  expect((await engine.ask(`/v1/prompts/${id}/acknowledge`, { agent: 'ben' })).status).toBe(202)
  await ben.until('acknowledge ben')
  await engine.call('s-1', 'call-1', 'ended')
  await ben.until('withdraw call-ended')
  expect((await engine.ask('/v1/prompts')).body.prompts).toEqual([])
  // How it went may be said behind the call.
  expect((await engine.ask(`/v1/prompts/${id}/outcome`, { agent: 'ben', code: 'done' })).status).toBe(202)
  await ben.until('outcome done')
  expect(await engine.ask(`/v1/prompts/${id}/outcome`, { agent: 'ben', code: 'done' })).toMatchObject({
    status: 409,
    body: { code: 'KM_PROMPT_OVER' },
  })
  const receipts = await engine.atLeast(topics.receipts, 2)
  expect(receipts.map(({ channel, status }) => `${channel} ${status}`)).toEqual(['desk accepted', 'desk answered'])
  expect(anna.heard.filter((event) => event.startsWith('show'))).toHaveLength(1)
})

test('a prompt that nobody acknowledged was not said: its touch is released when the call ends', {
  timeout: minute,
}, async () => {
  const engine = await deskEngine()
  const all = await screen(engine, '')
  await engine.call('s-1', 'call-1', 'connected', 'anna')
  await all.until('show repair')
  expect(all.heard[0]).toBe('hello')
  await engine.call('s-1', 'call-1', 'ended')
  await all.until('withdraw call-ended')
  const [receipt] = await engine.atLeast(topics.receipts, 1)
  expect(receipt).toMatchObject({ channel: 'desk', status: 'expired', code: 'call-ended' })
  const late = await screen(engine, '')
  await waitFor('the beginning', () => late.heard.length > 0)
  expect(late.heard).toEqual(['hello'])
})

test('a prompt that an operator cancels leaves the screen while the call goes on', { timeout: minute }, async () => {
  const engine = await deskEngine()
  const all = await screen(engine, '')
  await engine.call('s-1', 'call-1', 'connected', 'anna')
  await all.until('show repair')
  await engine.ask('/v1/cancels', { command_id: all.shown[0]?.id, author: 'olga' })
  await all.until('withdraw cancelled')
  expect((await engine.ask('/v1/prompts')).body.prompts).toEqual([])
  const [receipt] = await engine.atLeast(topics.receipts, 1)
  expect(receipt).toMatchObject({ channel: 'desk', status: 'failed', code: 'cancelled' })
})
