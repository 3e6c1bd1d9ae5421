import { describe, expect, test } from 'vitest'
import type { CatalogueFile } from '../../services/catalogue/files.ts'
import { startEngine } from '../integration/bad-input/engine.ts'
import { catalogueFolder } from '../integration/bad-input/small-catalogue.ts'
import { waitFor } from '../support/wait-for.ts'
import { contentOf, threshold } from './contents.ts'
import { catalogueOf, filesOf } from './over-http.ts'

const files = (seconds: number) => contentOf(threshold(seconds)).files as CatalogueFile[]

async function start() {
  const engine = await startEngine({ settings: { KEYMOMENT_CATALOGUE_DIR: await catalogueFolder() } })
  await engine.ready()
  return { engine, catalogue: catalogueOf(engine.url) }
}

describe('what is asked', () => {
  test('the version in force, all versions, one with its files, and what one changes against another', async () => {
    const { engine, catalogue } = await start()
    await catalogue.publish(files(60))
    const { body } = await catalogue.get()
    expect(body).toMatchObject({ last: { number: 2, source: 'http' }, everywhere: true })
    expect(body.workers).toMatchObject([{ services: ['deliver', 'decide', 'detect', 'ingest'], known: 2, this: true }])
    expect((await catalogue.get('/versions')).body.versions).toMatchObject([
      { number: 2 },
      { number: 1, activates_at: null },
    ])
    expect((await catalogue.get('/versions/2')).body.files).toEqual(files(60))
    expect((await catalogue.get('/versions/1/diff/2')).body.changes).toEqual([
      {
        kind: 'rules',
        id: 'long-call',
        change: 'changed',
        fields: [{ field: 'when', before: 'event.duration_s >= 600', after: 'event.duration_s >= 60' }],
        through: [],
        carry: 'keep',
      },
    ])
    const docs = (await engine.get('/docs')).body as unknown as { paths: Record<string, object> }
    expect(Object.keys(docs.paths).filter((path) => path.startsWith('/v1/catalogue'))).toHaveLength(8)
  })

  test('a check changes nothing', async () => {
    const { catalogue } = await start()
    const checked = await catalogue.post('/check', { files: files(60) })
    expect(checked).toMatchObject({ status: 200, body: { last: 1, unchanged: false, supersedes: [] } })
    expect(checked.body.impact?.changes).toHaveLength(1)
    expect((await catalogue.get('/versions')).body.versions).toHaveLength(1)
  })

  test('what a rollback would change, before anything changes', async () => {
    const { catalogue } = await start()
    await catalogue.publish(files(60))
    const checked = await catalogue.post('/rollback/check', {})
    expect(checked).toMatchObject({ status: 200, body: { to: 1, last: 2, unchanged: false } })
    expect(checked.body.impact?.changes).toMatchObject([
      {
        id: 'long-call',
        fields: [{ field: 'when', before: 'event.duration_s >= 60', after: 'event.duration_s >= 600' }],
      },
    ])
    expect((await catalogue.get('/versions')).body.versions).toHaveLength(2)
  })

  test('what each version is: in force, waiting for its time, never to come', async () => {
    const { catalogue } = await start()
    const tomorrow = Date.now() + 86_400_000
    const waits = await catalogue.publish(files(60), { activates_at: tomorrow })
    expect(waits.body).toMatchObject({ number: 2, state: 'waiting' })
    const states = async () =>
      (await catalogue.get('/versions')).body.versions?.map(({ number, state }) => [number, state])
    expect(await states()).toEqual([
      [2, 'waiting'],
      [1, 'in-force'],
    ])
    await catalogue.publish(files(90))
    await waitFor('version 3 in force', async () => (await catalogue.get()).body.number === 3)
    expect(await states()).toEqual([
      [3, 'in-force'],
      [2, 'superseded'],
      [1, 'past'],
    ])
  })

  test('the versions page by page', async () => {
    const { catalogue } = await start()
    for (const seconds of [60, 90, 120]) await catalogue.publish(files(seconds), { wait_ms: 0 })
    const page = async (query: string) => {
      const { body } = await catalogue.get(`/versions${query}`)
      return [body.versions?.map(({ number }) => number), body.before]
    }
    expect(await page('')).toEqual([[4, 3, 2, 1], null])
    expect(await page('?limit=2')).toEqual([[4, 3], 3])
    expect(await page('?limit=2&before=3')).toEqual([[2, 1], null])
    expect(await page('?limit=2&before=4')).toEqual([[3, 2], 2])
    expect(await page('?before=1')).toEqual([[], null])
    for (const query of ['?limit=0', '?limit=101', '?before=last', '?limit=1&limit=2', '?page=2']) {
      expect
        .soft(await catalogue.get(`/versions${query}`), query)
        .toMatchObject({ status: 400, body: { code: 'KM_HTTP_QUERY' } })
    }
  })

  test('the metrics say which version this process applies', async () => {
    const { engine, catalogue } = await start()
    const { body } = await catalogue.get()
    expect((await engine.metrics.catalogueVersion.get()).values).toEqual([
      { labels: { version: body.version, worker: body.workers?.[0]?.worker }, value: 1 },
    ])
  })
})

describe('what is refused, with its code, and changes nothing', () => {
  const good = { files: files(60), author: 'Ann', reason: 'r', expected: 1, confirm: true }
  const wrong = filesOf({ 'rules/calls.yaml': 'id: [', 'rules/more.yaml': 'id: a\n' })
  const table: readonly (readonly [what: string, path: string, body: unknown, status: number, code: string])[] = [
    ['no JSON', '/publish', 'publish!', 400, 'KM_HTTP_NOT_JSON'],
    ['no UTF-8', '/publish', Buffer.from([0x22, 0xff, 0x22]), 400, 'KM_HTTP_NOT_UTF8'],
    ['nothing', '/publish', '', 400, 'KM_HTTP_'],
    ['a body without files', '/publish', { author: 'Ann' }, 400, 'KM_HTTP_BODY'],
    ['an unknown key', '/publish', { ...good, colour: 'red' }, 400, 'KM_HTTP_BODY'],
    ['nobody as the author', '/publish', { ...good, author: ' ' }, 400, 'KM_HTTP_BODY'],
    ['no reason', '/publish', { ...good, reason: '' }, 400, 'KM_HTTP_BODY'],
    ['an author who has not seen the impact', '/publish', { ...good, confirm: false }, 400, 'KM_HTTP_BODY'],
    ['a path outside the folder', '/check', { files: [{ path: '../a.yaml', text: '' }] }, 400, 'KM_CATALOGUE_FILES'],
    ['a wrong catalogue', '/publish', { ...good, files: wrong }, 400, 'KM_CATALOGUE_INVALID'],
    ['a wrong catalogue to check', '/check', { files: wrong }, 400, 'KM_CATALOGUE_INVALID'],
    ['knowledge of yesterday', '/publish', { ...good, expected: 0 }, 409, 'KM_CATALOGUE_CONFLICT'],
    ['a time that has passed', '/publish', { ...good, activates_at: 1_000 }, 400, 'KM_CATALOGUE_TIME'],
    [
      'a version that is not there',
      '/rollback',
      { to: 7, author: 'Ann', reason: 'r' },
      404,
      'KM_CATALOGUE_UNKNOWN_VERSION',
    ],
    ['a look at one too many back', '/rollback/check', {}, 404, 'KM_CATALOGUE_UNKNOWN_VERSION'],
    ['one too many back', '/rollback', { author: 'Ann', reason: 'r' }, 404, 'KM_CATALOGUE_UNKNOWN_VERSION'],
    [
      'a rollback of yesterday',
      '/rollback',
      { to: 1, expected: 4, author: 'Ann', reason: 'r' },
      409,
      'KM_CATALOGUE_CONFLICT',
    ],
  ]
  test('one after the other', { timeout: 30_000 }, async () => {
    const { catalogue } = await start()
    for (const [what, path, body, status, code] of table) {
      const answer = await catalogue.post(path, body)
      expect
        .soft(answer, what)
        .toMatchObject({ status, body: { code: expect.stringContaining(code), message: expect.any(String) } })
    }
    for (const path of ['/versions/7', '/versions/0', '/versions/one', '/versions/1/diff/7']) {
      expect
        .soft(await catalogue.get(path), path)
        .toMatchObject({ status: 404, body: { code: 'KM_CATALOGUE_UNKNOWN_VERSION' } })
    }
    expect((await catalogue.get('/versions')).body.versions).toHaveLength(1)
  })

  test('with all located problems at once', async () => {
    const { catalogue } = await start()
    const { body } = await catalogue.post('/check', { files: wrong })
    expect(body.problems?.map(({ code, file, line }) => `${file}:${line} ${code}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^rules\/calls\.yaml:\d+ KM_CATALOGUE_HALF_SAVED$/),
        expect.stringMatching(/^rules\/more\.yaml:1 KM_CATALOGUE_MISSING_KEY$/),
      ]),
    )
    expect(body.message).not.toContain('\n')
  })

  test('while the engine starts: later, 503', async () => {
    // A folder that isn't there may come back: until then the engine starts.
    const engine = await startEngine({ settings: { KEYMOMENT_CATALOGUE_DIR: '/nowhere/at/all' } })
    const answer = await catalogueOf(engine.url).post('/publish', good)
    expect(answer).toMatchObject({ status: 503, body: { code: 'KM_NOT_READY' } })
  })
})
