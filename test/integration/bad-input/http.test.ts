import { describe, expect, test } from 'vitest'
import { topics } from '../../../services/topology.ts'
import { startEngine } from './engine.ts'
import { lines, longCall, recharge } from './events.ts'

const now = Date.now()
const good = longCall('good', 's-1', now)
const twoGood = (bad: unknown) => [longCall('a', 's-1', now), bad, longCall('b', 's-2', now)]

describe('one bad event refuses its batch as a whole, with index, path and code', () => {
  const table: readonly (readonly [what: string, event: unknown, path: string, code: string])[] = [
    ['a field out of range', { ...good, duration_s: -1 }, 'duration_s', 'KM_FIELD_RANGE'],
    ['a number too large for its field', { ...good, duration_s: 1e300 }, 'duration_s', 'KM_FIELD_RANGE'],
    ['a fraction of money', { ...good, charge: 0.5 }, 'charge', 'KM_FIELD_TYPE'],
    ['a value that is none of the known', { ...good, kind: 'fax' }, 'kind', 'KM_FIELD_VALUE'],
    ['a type that is none', { ...good, type: 'crd' }, 'type', 'KM_EVENT_UNKNOWN_TYPE'],
    ['no type', { ...good, type: undefined }, 'type', 'KM_FIELD_MISSING'],
    ['no id', { ...good, event_id: undefined }, 'event_id', 'KM_FIELD_MISSING'],
    ['an empty subscriber', { ...good, subscriber_id: '' }, 'subscriber_id', 'KM_FIELD_LENGTH'],
    ['a subscriber id of 10 kB', { ...good, subscriber_id: 's'.repeat(10_240) }, 'subscriber_id', 'KM_FIELD_LENGTH'],
    ['a lone surrogate', { ...good, subscriber_id: 'a\ud800' }, 'subscriber_id', 'KM_FIELD_FORMAT'],
    ['a field that nobody knows', { ...good, durration_s: 1 }, 'durration_s', 'KM_EVENT_UNKNOWN_FIELD'],
    ['a time without a zone', { ...good, event_time: '2026-01-31T09:00:00' }, 'event_time', 'KM_FIELD_TYPE'],
    ['a time beyond all calendars', { ...good, event_time: 8.64e15 }, 'event_time', 'KM_FIELD_RANGE'],
    ['a list', [good], '', 'KM_FIELD_TYPE'],
    ['null', null, '', 'KM_FIELD_TYPE'],
  ]
  test('as NDJSON and as a JSON array', { timeout: 30_000 }, async () => {
    const engine = await startEngine()
    await engine.running.started
    for (const [what, event, path, code] of table) {
      for (const [body, type] of [
        [lines(twoGood(event)), 'application/x-ndjson'],
        [JSON.stringify(twoGood(event)), 'application/json'],
      ] as const) {
        const answer = await engine.post(body, type)
        expect.soft(answer.status, what).toBe(400)
        expect.soft(answer.body.code, what).toBe('KM_BATCH_REFUSED')
        expect.soft(answer.body.problems, what).toMatchObject([{ index: 1, path, code }])
      }
    }
    expect(await engine.records(topics.events.cdr), 'nothing of them was taken').toEqual([])
    expect((await engine.post(lines([good]))).body).toEqual({ accepted: 1, by_type: { cdr: 1 } })
    expect(await engine.atLeast(topics.moments, 1)).toMatchObject([{ rule: 'long-call', subscriber_id: 's-1' }])
  })
})

test('a body that cannot be read is refused with a code that says why', async () => {
  const engine = await startEngine()
  await engine.running.started
  const json = 'application/json'
  const ndjson = 'application/x-ndjson'
  const whole = JSON.stringify([good])
  const table: readonly (readonly [string, string | Buffer, string, number, string, RegExp])[] = [
    ['not UTF-8', Buffer.from([0x5b, 0xff, 0xfe, 0x5d]), json, 400, 'KM_BATCH_UNREADABLE', /not UTF-8/],
    [
      'not UTF-8, by lines',
      Buffer.from(lines([good]), 'utf16le').fill(0xd8, 0, 2),
      ndjson,
      400,
      'KM_BATCH_UNREADABLE',
      /not UTF-8/,
    ],
    ['truncated', whole.slice(0, -20), json, 400, 'KM_BATCH_UNREADABLE', /not JSON/],
    ['truncated line', lines([good]).slice(0, -20), ndjson, 400, 'KM_BATCH_REFUSED', /1 events? of the batch/],
    ['empty', '', json, 400, 'KM_BATCH_EMPTY', /no event/],
    ['empty, by lines', '\n \n', ndjson, 400, 'KM_BATCH_EMPTY', /no event/],
    ['a form', 'a=1', 'application/x-www-form-urlencoded', 415, 'KM_HTTP_MEDIA_TYPE', /application\/x-ndjson/],
    ['plain text', whole, 'text/plain', 415, 'KM_HTTP_MEDIA_TYPE', /application\/json/],
    ['nonsense for a type', whole, 'json', 415, 'KM_HTTP_MEDIA_TYPE', /application\/json/],
  ]
  for (const [what, body, type, status, code, message] of table) {
    const answer = await engine.post(body, type)
    expect.soft({ status: answer.status, code: answer.body.code }, what).toEqual({ status, code })
    expect.soft(answer.body.message, what).toMatch(message)
  }
  expect(await engine.records(topics.events.cdr)).toEqual([])
  const refused = await engine.metrics.refused.get()
  expect(Object.fromEntries(refused.values.map(({ labels, value }) => [labels.reason, value]))).toEqual({
    KM_BATCH_UNREADABLE: 3,
    KM_BATCH_REFUSED: 1,
    KM_BATCH_EMPTY: 2,
    KM_HTTP_MEDIA_TYPE: 3,
  })
})

test('what a refusal says does not repeat what the body held', async () => {
  const engine = await startEngine()
  await engine.running.started
  const secret = '+8613800138000'
  const bodies = [
    [`[{"addresses":{"sms":"${secret}"}} oops`, 'application/json'],
    [secret, 'application/json'],
    [`${secret}\n`, 'application/x-ndjson'],
    [lines([{ ...good, subscriber_id: secret.repeat(10), kind: secret }]), 'application/x-ndjson'],
    [lines([{ ...good, type: 'profile', addresses: { sms: secret.slice(1) } }]), 'application/x-ndjson'],
  ] as const
  for (const [body, type] of bodies) {
    const { status, body: said } = await engine.post(body, type)
    expect.soft(status).toBe(400)
    expect.soft(JSON.stringify(said)).not.toContain('13800138000')
  }
  expect(JSON.stringify(engine.log())).not.toContain('13800138000')
})

test('a batch of 50 MB gets 413, nothing of it is taken, and the next one is', async () => {
  const engine = await startEngine()
  await engine.running.started
  const line = lines([good])
  const body = Buffer.from(line.repeat(Math.ceil((50 * 1_048_576) / line.length)))
  const { status, body: said } = await engine.post(body)
  expect({ status, code: said.code }).toEqual({ status: 413, code: 'KM_HTTP_TOO_LARGE' })
  expect(said.message).toMatch(/16777216 bytes/)
  expect(await engine.records(topics.events.cdr)).toEqual([])
  expect((await engine.post(line)).status).toBe(202)
})

test('a batch of 50 MB that does not say its length is cut off at the limit', async () => {
  const engine = await startEngine()
  await engine.running.started
  const chunk = Buffer.from(lines([good]).repeat(4_000))
  let sent = 0
  const endless = new ReadableStream({
    pull(controller) {
      sent += chunk.length
      if (sent > 50 * 1_048_576) controller.close()
      else controller.enqueue(chunk)
    },
  })
  const response = await fetch(new URL('/v1/events', engine.url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: endless,
    duplex: 'half',
  } as RequestInit).catch((error: unknown) => error)
  // Who goes on writing after the answer may find the connection closed before reading it.
  if (response instanceof Response) expect(response.status).toBe(413)
  expect(await engine.records(topics.events.cdr)).toEqual([])
  expect((await engine.post(lines([good]))).status).toBe(202)
})

test('the same event twice, in one batch and in two, makes one moment', async () => {
  const engine = await startEngine()
  await engine.running.started
  expect((await engine.post(lines([good, good]))).body.accepted).toBe(2)
  expect((await engine.post(lines([good, longCall('other', 's-1', now + 1)]))).body.accepted).toBe(2)
  const moments = await engine.atLeast(topics.moments, 2)
  expect(moments.map(({ occurrence }) => occurrence)).toHaveLength(2)
  const { values } = await engine.metrics.duplicates.get()
  expect(values[0]?.value).toBe(2)
})

test('without consent a marketing moment is suppressed with its code, and service is not held back', async () => {
  const engine = await startEngine()
  await engine.running.started
  expect((await engine.post(lines([recharge('r', 's-1', now), good]))).status).toBe(202)
  const decisions = await engine.atLeast(topics.decisions, 2)
  expect(decisions.find(({ rule }) => rule === 'topped-up')).toMatchObject({
    outcome: 'suppressed',
    code: 'consent',
    codes: ['consent'],
    evidence: { 'consent.state': 'missing' },
  })
  expect(decisions.find(({ rule }) => rule === 'long-call')).toMatchObject({ outcome: 'command' })
  expect(await engine.records(topics.commands.sms)).toHaveLength(1)
})
