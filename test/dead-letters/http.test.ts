import { expect, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { longCall, recharge } from '../integration/bad-input/events.ts'
import { lettersEngine, who } from './letters-engine.ts'

const now = Date.now() - 1_000

test('the list can be narrowed and read in pages; it counts the open ones by code', async () => {
  const engine = await lettersEngine()
  for (let i = 0; i < 5; i++) await engine.misKeyed(longCall(`c-${i}`, 's-1', now + i))
  await engine.misKeyed(recharge('r', 's-1', now))
  await engine.platform.log.append([{ topic: topics.moments.name, key: 's-2', value: Buffer.from('nonsense') }])
  const all = await engine.open(7)

  const pages: string[] = []
  for (let before: string | null = ''; before !== null; ) {
    const { body } = await engine.ask(`?limit=3${before && `&before=${before}`}`)
    pages.push(...body.letters.map(({ dead_letter_id }) => dead_letter_id))
    before = body.before
  }
  expect(pages.toReversed()).toEqual(all)

  const table: readonly (readonly [string, number])[] = [
    ['', 7],
    ['?code=KM_KEY_MISMATCH', 6],
    ['?topic=km.events.recharge', 1],
    ['?topic=events.cdr', 5],
    ['?service=decide', 1],
    ['?subscriber=s-2', 1],
    ['?since=2030-01-01T00:00:00Z', 0],
    ['?until=2030-01-01T00:00:00Z&service=detect', 6],
    ['?state=purged', 0],
  ]
  for (const [query, count] of table) {
    const { body } = await engine.ask(query)
    expect.soft([body.letters.length, body.matching], query).toEqual([count, count])
  }
  expect((await engine.ask('')).body.open_by_code).toEqual({ KM_KEY_MISMATCH: 6, KM_RECORD_UNDECODABLE: 1 })
})

test('what is purged leaves the list, is never re-run, and tells who let go of it and why', async () => {
  const engine = await lettersEngine()
  await engine.misKeyed(longCall('gone', 's-1', now), 'x'.repeat(70))
  const [letter = ''] = await engine.open(1)
  expect((await engine.ask('/purge', { ids: [letter], dry_run: true, ...who })).body.done).toEqual([letter])
  expect(await engine.open(1)).toEqual([letter])
  expect((await engine.ask('/purge', { ids: [letter], ...who })).body.done).toEqual([letter])
  expect((await engine.ask('')).body.letters).toEqual([])
  const refused = [{ dead_letter_id: letter, code: 'KM_DEAD_LETTER_PURGED' }]
  expect((await engine.ask('/rerun', { ids: [letter], ...who })).body).toMatchObject({ done: [], refused })
  expect((await engine.ask('/purge', { ids: [letter], ...who })).body).toMatchObject({ done: [], refused })
  expect((await engine.ask('?state=purged')).body.letters).toMatchObject([{ action: { action: 'purge', ...who } }])
  await engine.settled()
  expect(await engine.records(topics.moments)).toEqual([])
  expect(await engine.records(topics.deadLetters), 'a mark is no record to stumble over').toHaveLength(1)
})

test('no answer holds a phone number, wherever a producer has put one', async () => {
  const engine = await lettersEngine()
  const { codec, log } = engine.platform
  const number = '+8613800138000'
  await engine.misKeyed(longCall('m', 's-1', now, { other_party: number }), number)
  const address = { event_id: 'a', subscriber_id: 's-1', event_time: now, source: 'test', sms: number }
  const value = codec.encode(topics.addresses, address)
  await log.append([{ topic: topics.addresses.name, key: '13800138000', value }])
  const letters = await engine.open(2)
  const answers = [await engine.ask('')]
  for (const letter of letters) answers.push(await engine.ask(`/${letter}`))
  answers.push(await engine.ask('/rerun', { all: true, dry_run: true, ...who }))
  const text = JSON.stringify(answers)
  expect(text).not.toContain('13800138000')
  expect(text).toContain('"other_party":"•••"')
  expect(text).toContain('"sms":"•••"')
})

test.each([
  ['/rerun', { ids: ['x'], author: 'a' }, 400, 'KM_HTTP_BODY'],
  ['/rerun', { ...who }, 400, 'KM_HTTP_BODY'],
  ['/rerun', { all: true, code: 'KM_X', ...who }, 400, 'KM_HTTP_BODY'],
  ['/rerun', { all: true, limit: 1_001, ...who }, 400, 'KM_HTTP_BODY'],
  ['/purge', { all: true, after: 'nowhere', ...who }, 400, 'KM_DEAD_LETTER_CURSOR'],
  ['?state=lost', undefined, 400, 'KM_HTTP_QUERY'],
  ['?since=yesterday', undefined, 400, 'KM_HTTP_QUERY'],
  ['/nobody', undefined, 404, 'KM_DEAD_LETTER_UNKNOWN'],
])('%s %j is refused with %i %s', async (path, body, status, code) => {
  const engine = await lettersEngine()
  const answer = await engine.ask(path, body)
  expect([answer.status, answer.body.code]).toEqual([status, code])
})

test('what can never be handled again says so with its own code', async () => {
  const engine = await lettersEngine()
  const { codec, log } = engine.platform
  const ends = codec.encode(topics.events.profile, {
    ...{ event_id: 'p', subscriber_id: 's-1', event_time: now, source: 'test', status: 'deactivated' as const },
  })
  await log.append([{ topic: topics.events.profile.name, key: 'wrong', value: ends }])
  await log.append([{ topic: topics.events.cdr.name, key: 's-1', value: Buffer.from('hello') }])
  const letter = { subscriber_id: 's-1', failed_at: now, shard: 0, position: 0, code: 'KM_X', reason: 'r' }
  const place = { key: Buffer.from('s-1'), value: Buffer.from('x'), appended_at: now }
  for (const made of [
    { dead_letter_id: 'timer', service: 'detect', topic: 'timer', ...letter, ...place },
    { dead_letter_id: 'output', service: 'detect', topic: topics.moments.name, ...letter, ...place },
    { dead_letter_id: 'cut', service: 'detect', topic: topics.events.cdr.name, ...letter, ...place },
  ]) {
    const reason = made.dead_letter_id === 'cut' ? 'not Avro (cut: it had 150000 bytes)' : made.reason
    const value = codec.encode(topics.deadLetters, { ...made, reason })
    await log.append([{ topic: topics.deadLetters.name, key: 's-1', value }])
  }
  await engine.open(6)
  const { body } = await engine.ask('/rerun', { service: 'detect', dry_run: true, ...who })
  expect(body.done).toEqual([])
  expect(body.refused.map(({ code }) => code).toSorted()).toEqual([
    'KM_DEAD_LETTER_CUT',
    'KM_DEAD_LETTER_ENDS_IDENTITY',
    'KM_DEAD_LETTER_KIND',
    'KM_DEAD_LETTER_NO_RECORD',
    'KM_RECORD_UNDECODABLE',
  ])
  // To decide an end of the identity is what it is, whenever it comes.
  const decide = await engine.ask('/rerun', { service: 'decide', dry_run: true, ...who })
  expect(decide.body.done).toHaveLength(1)
})
