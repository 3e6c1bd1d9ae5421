import { expect, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { actor, commandFor, controlledEngine } from './controlled-engine.ts'

const minute = 60_000
const marketing = { purpose: 'marketing' }

test('commands wait while they are paused, over a restart, and leave once when they are resumed', {
  timeout: minute,
}, async () => {
  const folder = temporaryFolder()
  const first = await controlledEngine(folder)
  await first.known('s-1')
  expect((await first.ask('/v1/pauses', marketing)).status).toBe(200)
  for (const id of ['c-1', 'c-2', 'c-3']) await first.append(topics.commands.sms, commandFor('s-1', id))
  await first.append(topics.commands.sms, commandFor('s-1', 'c-4', { purpose: 'service', rule: 'long-call' }))
  await waitFor('the one for service', async () => (await first.outcomes()).length > 0)
  expect(await first.outcomes()).toEqual(['c-4 accepted'])
  await waitFor('the others to be counted', async () => {
    const text = await first.metrics.registry.getSingleMetricAsString('keymoment_channel_queue')
    return text.includes('keymoment_channel_queue{channel="sms",urgency="marketing",where="paused"} 3')
  })
  await first.stop()

  const second = await controlledEngine(folder)
  expect((await second.ask('/v1/pauses')).body).toMatchObject({
    known: true,
    pauses: [{ purpose: 'marketing', ...actor }],
  })
  await second.append(topics.commands.sms, commandFor('s-1', 'c-5'))
  await second.append(topics.commands.sms, commandFor('s-1', 'c-6', { purpose: 'service', rule: 'long-call' }))
  await waitFor('the one for service', async () => (await second.outcomes()).includes('c-6 accepted'))
  expect(await second.outcomes()).toEqual(['c-4 accepted', 'c-6 accepted'])

  expect((await second.ask('/v1/pauses/resume', marketing)).body).toMatchObject({ remaining: [] })
  await waitFor('all', async () => (await second.outcomes()).length === 6, { deadlineMs: 5_000 })
  expect(await second.outcomes()).toEqual(['c-1', 'c-2', 'c-3', 'c-4', 'c-5', 'c-6'].map((id) => `${id} accepted`))
  expect(await second.records(topics.attempts)).toHaveLength(6)
})

test('moments wait too: they are decided once, with the id of the pause, and judged anew on resume', {
  timeout: minute,
}, async () => {
  const folder = temporaryFolder()
  const first = await controlledEngine(folder)
  await first.known('s-1')
  const { body } = await first.ask('/v1/pauses', { campaign: 'topped-up' })
  const { id } = body.pause as { id: string }
  await first.toppedUp('r-1', 's-1')
  await first.calledLong('c-1', 's-1')
  const decisions = await first.atLeast(topics.decisions, 2)
  expect(decisions.map(({ rule, outcome, code, pause_id }) => [rule, outcome, code, pause_id]).toSorted()).toEqual([
    ['long-call', 'command', null, null],
    ['topped-up', 'deferred', 'paused', id],
  ])
  await waitFor('the one for service', async () => (await first.outcomes()).length === 1)
  await first.stop()

  const second = await controlledEngine(folder)
  await second.ask('/v1/pauses/resume', { campaign: 'topped-up' })
  await waitFor('the other one', async () => (await second.outcomes()).length === 2, { deadlineMs: 5_000 })
  const [, , last] = await second.atLeast(topics.decisions, 3)
  expect(last).toMatchObject({ rule: 'topped-up', outcome: 'command', consent_ref: 'form-1' })
  expect(await second.records(topics.decisions)).toHaveLength(3)
})

test('a command that waits is cancelled by its id or by its campaign, and its touch is given back', {
  timeout: minute,
}, async () => {
  const engine = await controlledEngine(temporaryFolder())
  await engine.known('s-1')
  await engine.ask('/v1/pauses', {})
  for (const id of ['c-1', 'c-2']) await engine.append(topics.commands.sms, commandFor('s-1', id))
  await engine.append(topics.commands.sms, commandFor('s-1', 'c-3', { purpose: 'service', rule: 'long-call' }))
  await engine.atLeast(topics.commands.sms, 3)
  expect((await engine.ask('/v1/cancels', { command_id: 'c-1' })).status).toBe(200)
  await waitFor('the first', async () => (await engine.outcomes()).length === 1)
  expect((await engine.ask('/v1/cancels', { campaign: 'topped-up' })).status).toBe(200)
  await waitFor('the second', async () => (await engine.outcomes()).length === 2)
  await engine.ask('/v1/pauses/resume', {})
  await waitFor('the third', async () => (await engine.outcomes()).length === 3)
  expect(await engine.outcomes()).toEqual(['c-1 failed cancelled', 'c-2 failed cancelled', 'c-3 accepted'])
})

test('who paused, resumed and cancelled what, when and why is kept, and told in pages', {
  timeout: minute,
}, async () => {
  const engine = await controlledEngine(temporaryFolder())
  await engine.ask('/v1/pauses', { channel: 'sms', author: 'Li Wei', reason: 'the gateway repeats' })
  await engine.ask('/v1/pauses', { channel: 'sms', author: 'somebody else' })
  await engine.ask('/v1/pauses/resume', { channel: 'sms' })
  await engine.ask('/v1/cancels', { command_id: 'c-1' })
  const acts: unknown[] = []
  for (let before: unknown = ''; before !== null; ) {
    const { body } = await engine.ask(`/v1/pauses/history?limit=2${before ? `&before=${before}` : ''}`)
    acts.push(...(body.acts as unknown[]))
    before = body.before
  }
  expect(acts).toMatchObject([
    { action: 'cancel', what: 'command c-1', ...actor },
    { action: 'resume', what: 'channel sms', ...actor },
    { action: 'pause', what: 'channel sms', author: 'Li Wei', reason: 'the gateway repeats' },
  ])
})

test('what cannot be meant is refused with a code, and says what can', { timeout: minute }, async () => {
  const engine = await controlledEngine(temporaryFolder())
  const table: readonly (readonly [string, object, number, string, string])[] = [
    ['/v1/pauses', { channel: 'smss' }, 400, 'KM_HTTP_BODY', "no channel 'smss'; did you mean 'sms'?"],
    ['/v1/pauses', { purpose: 'marketting' }, 400, 'KM_HTTP_BODY', "did you mean 'marketing'?"],
    ['/v1/pauses', { campaign: 'toped-up' }, 400, 'KM_CAMPAIGN_UNKNOWN', "did you mean 'topped-up'?"],
    ['/v1/pauses', { rule: 'topped-up' }, 400, 'KM_HTTP_BODY', "'rule'"],
    ['/v1/pauses', { author: ' ' }, 400, 'KM_HTTP_BODY', 'author'],
    ['/v1/pauses/resume', {}, 404, 'KM_PAUSE_NONE', 'nothing is paused'],
    ['/v1/pauses/resume', { id: 'x', channel: 'sms' }, 400, 'KM_HTTP_BODY', 'not by both'],
    ['/v1/cancels', {}, 400, 'KM_HTTP_BODY', 'either command_id or campaign'],
    ['/v1/cancels', { campaign: 'nobodys' }, 400, 'KM_CAMPAIGN_UNKNOWN', 'long-call'],
  ]
  for (const [path, body, status, code, words] of table) {
    const answer = await engine.ask(path, body)
    expect.soft([answer.status, answer.body.code], `${path} ${JSON.stringify(body)}`).toEqual([status, code])
    expect.soft(answer.body.message).toContain(words)
  }
  expect((await engine.ask('/v1/pauses')).body).toEqual({ known: true, pauses: [] })
  for (const query of ['limit=0', 'limit=x', 'when=now']) {
    expect.soft((await engine.ask(`/v1/pauses/history?${query}`)).body.code, query).toBe('KM_HTTP_QUERY')
  }
})

test('a process that cannot read all of what is paused sends no marketing, says so, and serves', {
  timeout: minute,
}, async () => {
  const folder = temporaryFolder()
  const first = await controlledEngine(folder)
  await first.known('s-1')
  await first.appendBytes(topics.control, Buffer.from('of a later release'))
  await first.stop()

  const second = await controlledEngine(folder)
  expect(await second.unready()).toContain('KM_PAUSE_UNREADABLE')
  await second.toppedUp('r-1', 's-1')
  await second.calledLong('c-1', 's-1')
  await waitFor('the one for service', async () => (await second.outcomes()).length === 1)
  const decisions = await second.atLeast(topics.decisions, 2)
  expect(decisions.find(({ rule }) => rule === 'topped-up')).toMatchObject({ outcome: 'deferred', code: 'paused' })
  const { pauses } = (await second.ask('/v1/pauses')).body as { pauses: readonly { id: string }[] }
  await second.ask('/v1/pauses/resume', { id: pauses[0]?.id })
  await waitFor('the other', async () => (await second.outcomes()).length === 2)
  await second.ready()
})
