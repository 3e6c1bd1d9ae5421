import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { readSchema } from '../../services/records/schemas.ts'
import { topics } from '../../services/topology.ts'
import { lines, longCall, profile, recharge } from '../integration/bad-input/events.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { bytesOf, lettersEngine, who } from './letters-engine.ts'

const hour = 3_600_000
const now = Date.now() - 1_000

test('an event of three days ago counts after a re-run, at its own time, and no second time', async () => {
  const engine = await lettersEngine()
  await engine.misKeyed(longCall('old', 's-1', now - 72 * hour))
  const [letter = ''] = await engine.open(1)
  // What came since makes it late by far.
  await engine.post(lines([longCall('new', 's-1', now)]))
  await engine.atLeast(topics.moments, 1)

  const shown = (await engine.ask(`/${letter}`)).body
  expect(shown.letter).toMatchObject({ code: 'KM_KEY_MISMATCH', state: 'open', attempt: 1 })
  expect(shown.rerun).toEqual({ possible: true })
  expect(shown.record).toMatchObject({ decodes: true, schema_known: true, fields: { event_id: 'old' } })

  const dry = await engine.ask('/rerun', { ids: [letter], dry_run: true, ...who })
  expect(dry.body).toMatchObject({ dry_run: true, done: [letter], refused: [] })
  expect(await engine.records(topics.reruns)).toEqual([])

  expect((await engine.ask('/rerun', { ids: [letter], ...who })).body).toMatchObject({ done: [letter], refused: [] })
  const moments = await engine.atLeast(topics.moments, 2)
  const old = moments.find(({ occurrence }) => occurrence === 'old')
  expect(old).toMatchObject({ rule: 'long-call', at: now - 72 * hour, expires_at: now - 72 * hour + 7 * 24 * hour })
  expect(await engine.records(topics.late), 'exempt from lateness').toEqual([])

  const again = await engine.ask('/rerun', { ids: [letter], ...who })
  expect(again.body).toMatchObject({ done: [], refused: [{ dead_letter_id: letter, code: 'KM_DEAD_LETTER_RERUN' }] })
  expect(await engine.records(topics.reruns)).toHaveLength(1)
  expect((await engine.ask('')).body.letters).toEqual([])
  const [done] = (await engine.ask('?state=rerun')).body.letters
  expect(done).toMatchObject({ dead_letter_id: letter, action: who })
})

test('requests of one record that lie next to each other on the log are handled once', async () => {
  const engine = await lettersEngine()
  await engine.misKeyed(recharge('r', 's-1', now - 30 * hour))
  const [letter = ''] = await engine.open(1)
  await engine.post(lines([recharge('newer', 's-1', now)]))
  await engine.atLeast(topics.moments, 1)
  await engine.ask('/rerun', { ids: [letter], ...who })
  await engine.atLeast(topics.moments, 2)
  // As by a process that didn't see the first one, or by an append whose answer was lost.
  const [request] = await engine.records(topics.reruns)
  if (!request) throw new Error('no request')
  const value = engine.platform.codec.encode(topics.reruns, { ...request, rerun_id: 'again' })
  for (let i = 0; i < 40; i++) {
    await engine.post(lines([recharge(`push-${i}`, 's-1', now + i, { amount: 1 })]))
  }
  await engine.platform.log.append([{ topic: topics.reruns.name, key: 's-1', value }])
  await engine.settled()
  expect(await engine.occurrences('topped-up')).toEqual(['newer', 'r'])
  const { values } = await engine.metrics.duplicates.get()
  expect(
    values.reduce((sum, { value: count }) => sum + count, 0),
    'its id had long left the ring',
  ).toBe(0)
})

test.each([
  ['in time: it counts already', now - 60_000, 'KM_DEAD_LETTER_DELIVERED'],
  ['too late: it does not count, and a re-run does', now - 60 * hour, undefined],
])('an event that came again by itself %s', async (_, at, code) => {
  const engine = await lettersEngine()
  await engine.misKeyed(longCall('twice', 's-1', at))
  const [letter = ''] = await engine.open(1)
  await engine.post(lines([longCall('head', 's-1', now, { duration_s: 1 })]))
  await engine.settled()
  await engine.post(lines([longCall('twice', 's-1', at)]))
  await engine.settled()
  if (!code) await engine.atLeast(topics.late, 1)
  const { body } = await engine.ask('/rerun', { all: true, ...who })
  if (code) expect(body).toMatchObject({ done: [], refused: [{ code }] })
  else expect(body.done).toEqual([letter])
  await engine.atLeast(topics.moments, 1)
  await engine.settled()
  expect(await engine.occurrences('long-call')).toEqual(['twice'])
})

test('two letters about copies of one event are one re-run', async () => {
  const engine = await lettersEngine()
  for (let i = 0; i < 2; i++) await engine.misKeyed(longCall('copied', 's-1', now))
  await engine.open(2)
  const { body } = await engine.ask('/rerun', { all: true, ...who })
  expect(body.done).toHaveLength(1)
  expect(body.refused.map(({ code }) => code)).toEqual(['KM_DEAD_LETTER_SAME'])
  await engine.atLeast(topics.moments, 1)
  const later = await engine.ask('/rerun', { all: true, ...who })
  expect(later.body.refused.map(({ code }) => code)).toEqual(['KM_DEAD_LETTER_SAME'])
})

test('a record that fails again is a letter again, with its attempt, as often as it is tried', async () => {
  const engine = await lettersEngine()
  await engine.misKeyed(longCall('poison', 's-1', 1_000))
  await engine.open(1)
  for (const attempt of [2, 3]) {
    expect((await engine.ask('/rerun', { all: true, ...who })).body.done).toHaveLength(1)
    const [letter = ''] = await waitFor('the next letter', async () => {
      const { letters } = (await engine.ask('')).body
      return letters[0]?.attempt === attempt && letters.map(({ dead_letter_id }) => dead_letter_id)
    })
    const { body } = await engine.ask(`/${letter}`)
    expect(body.letter).toMatchObject({ attempt, code: 'KM_RECORD_OUT_OF_RANGE' })
    expect(body.attempts.map((one) => one.attempt)).toEqual(Array.from({ length: attempt }, (_, i) => i + 1))
  }
})

test('a schema that the registry did not know is asked for again, by who looks and by the shard', async () => {
  const folder = temporaryFolder()
  const engine = await lettersEngine({ KEYMOMENT_DATA_DIR: folder })
  const registry = createEmbeddedRegistry(join(folder, 'registry.sqlite'))
  const next = (await registry.register('before', { type: 'record', name: 'Before', fields: [] })) + 1
  const bytes = bytesOf(engine.platform, longCall('unknown', 's-1', now))
  bytes.writeUInt32BE(next, 1)
  await engine.platform.log.append([{ topic: topics.events.cdr.name, key: 's-1', value: bytes }])
  const [letter = ''] = await engine.open(1)
  const before = (await engine.ask(`/${letter}`)).body
  expect(before.rerun).toMatchObject({ possible: false, code: 'KM_SCHEMA_UNKNOWN' })
  expect(before.record).toMatchObject({ decodes: false, schema_known: false })

  const schema = readSchema('cdr')
  expect(await registry.register('theirs', { ...schema, doc: 'of another team' })).toBe(next)
  await registry.close()
  expect((await engine.ask('/rerun', { code: 'KM_SCHEMA_UNKNOWN', ...who })).body.done).toEqual([letter])
  expect(await engine.atLeast(topics.moments, 1)).toMatchObject([{ occurrence: 'unknown' }])
})

test('of commands that deliver could not handle those go out that rest on no consent, within their time', async () => {
  const engine = await lettersEngine()
  const { codec, log } = engine.platform
  await engine.post(lines([profile('p', 's-1', now, { sms: '+8613800138000' })]))
  const command = (id: string, purpose: 'marketing' | 'service', notAfter: number) =>
    codec.encode(topics.commands.sms, {
      command_id: id,
      subscriber_id: 's-1',
      issued_at: now,
      outreach_id: id,
      moment_id: id,
      decision_id: id,
      channel: 'sms',
      purpose,
      rule: 'r',
      text: `text of ${id}`,
      language: 'en',
      not_after: notAfter,
      attempt: 1,
    })
  for (const value of [
    command('ad', 'marketing', now + hour),
    command('note', 'service', now + hour),
    command('too-late', 'service', now - hour),
  ]) {
    await log.append([{ topic: topics.commands.sms.name, key: 'wrong', value }])
  }
  await engine.open(3)
  const { body } = await engine.ask('/rerun', { service: 'deliver', ...who })
  expect(body.done).toHaveLength(2)
  expect(body.refused.map(({ code }) => code)).toEqual(['KM_DEAD_LETTER_CONSENT'])
  const receipts = await waitFor('receipts', async () => {
    const found = (await engine.records(topics.receipts)).map(({ command_id, status }) => `${command_id} ${status}`)
    return found.includes('note delivered') && found.includes('too-late expired') && found
  })
  expect(receipts.some((receipt) => receipt.startsWith('ad '))).toBe(false)
  expect(await engine.records(topics.attempts)).toMatchObject([{ command_id: 'note' }])
})
