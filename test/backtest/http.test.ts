import { readdirSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { defaultLimits } from '../../services/backtest/jobs.ts'
import { createBacktests } from '../../services/backtest/service.ts'
import { decide } from '../../services/decide/service.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { topics } from '../../services/topology.ts'
import { contentOf, threshold } from '../catalogue/contents.ts'
import { catalogueOf } from '../catalogue/over-http.ts'
import { startEngine } from '../integration/bad-input/engine.ts'
import { type EventJson, lines, longCall, profile, recharge } from '../integration/bad-input/events.ts'
import { catalogueFolder } from '../integration/bad-input/small-catalogue.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { backtestsOf } from './over-http.ts'

const minute = 60_000
afterEach(() => void vi.unstubAllEnvs())

const timeout = 60_000
const filesOf = (seconds: number) => contentOf(threshold(seconds)).files

async function engineWith(events: readonly EventJson[], limits = defaultLimits) {
  const engine = await startEngine({
    settings: { KEYMOMENT_CATALOGUE_DIR: await catalogueFolder() },
    deployables: [decide, detect, createIngest(), createBacktests(limits)],
  })
  await engine.ready()
  // A place of its own, to see that nothing is left there.
  const scratch = temporaryFolder()
  vi.stubEnv('TMPDIR', scratch)
  const leftOver = () => readdirSync(scratch).filter((name) => name.startsWith('keymoment-backtest-'))
  if (events.length > 0) await engine.post(lines(events))
  return { engine, backtests: backtestsOf(engine.url), now: Date.now(), leftOver }
}

const call = (id: string, at: number, duration_s: number) => longCall(id, 's-1', at, { duration_s })

/** Two calls of which one is long enough for the present catalogue, one before any period, and who agreed to what. */
const traffic = (now = Date.now()): EventJson[] => [
  profile('p1', 's-1', now - 80 * minute),
  call('c0', now - 70 * minute, 700),
  recharge('r1', 's-1', now - 40 * minute),
  call('c1', now - 30 * minute, 700),
  call('c2', now - 20 * minute, 100),
]

describe('a backtest on the log of a running engine', { timeout }, () => {
  test('compares what is in force with the files, over the period, with the profiles from before', async () => {
    const { engine, backtests, now, leftOver } = await engineWith(traffic())
    const begun = await backtests.begin({ files: filesOf(60), from: now - 60 * minute, warm_up_ms: 0 })
    expect(begun.status).toBe(202)
    expect(begun.headers.get('location')).toBe(`/v1/backtests/${begun.body.id}`)
    const { state, report } = await backtests.ended(begun.body.id)
    expect(state).toBe('done')
    expect(report).toMatchObject({
      present: { name: 'version 1' },
      recorded: { events: { cdr: 2, recharge: 1 }, profilesBefore: 1, warmUp: 0, shards: 4 },
      total: { present: 2, candidate: 3, same: 2, added: 1, gone: 0 },
      decisions: { commands: [{ channel: 'sms', present: 2, candidate: 3 }], suppressed: [] },
      notes: [],
    })
    // Nothing of it has left: the engine's own moments are those of the present catalogue.
    expect(await engine.records(topics.moments)).toHaveLength(3)
    expect((await backtests.get('')).body.backtests).toMatchObject([{ id: begun.body.id, state: 'done' }])
    expect(leftOver()).toEqual([])
  })

  test('against an earlier version, or against files', async () => {
    const { engine, backtests, now } = await engineWith(traffic())
    await catalogueOf(engine.url).publish(contentOf(threshold(60)).files as never)
    const from = now - 60 * minute
    const first = await backtests.report({ files: filesOf(60), against: { version: 1 }, from })
    expect(first).toMatchObject({ present: { name: 'version 1' }, total: { added: 1 } })
    const files = await backtests.report({ files: filesOf(60), against: { files: filesOf(60) }, from })
    expect(files.total).toEqual({ present: 3, candidate: 3, same: 3, added: 0, gone: 0 })
  })

  test('says what the log has not: an earlier beginning, a later end, what the engine could not use either', async () => {
    const { engine, backtests, now } = await engineWith(traffic())
    const { log, codec } = await engine.running.started
    await log.append([{ topic: topics.events.cdr.name, key: 's-1', value: Buffer.from('no record') }])
    const { type: _type, ...record } = longCall('ahead', 's-1', now)
    const value = codec.encode(topics.events.cdr, { ...record, event_time: now + 60 * minute } as never)
    await log.append([{ topic: topics.events.cdr.name, key: 's-1', value }])
    const { notes, recorded } = await backtests.report({
      files: filesOf(60),
      from: now - 600 * minute,
      until: now + 600 * minute,
    })
    expect(notes.map(({ code }) => code)).toEqual([
      'KM_BACKTEST_ENDS_NOW',
      'KM_BACKTEST_LOG_SHORT',
      'KM_BACKTEST_LEFT_OUT',
    ])
    expect(notes[1]?.message).toContain(`begins at ${new Date(now - 70 * minute).toISOString().slice(0, 16)}`)
    expect(notes[2]?.message).toContain("1 records that can't be read, 1 from ahead")
    expect(recorded.events).toEqual({ profile: 1, recharge: 1, cdr: 3 })
  })
})

describe('what is refused, with its code', { timeout }, () => {
  test('before it begins', async () => {
    const { backtests, now } = await engineWith([])
    const from = now - 60 * minute
    const broken = [
      { path: 'policy.yaml', text: 'nothing: here\n' },
      { path: 'rules/a.yaml', text: 'id: a\n' },
    ]
    const table: readonly (readonly [body: unknown, status: number, code: string])[] = [
      [{ files: filesOf(60) }, 400, 'KM_HTTP_BODY'],
      [{ files: [], from }, 400, 'KM_HTTP_BODY'],
      [{ files: filesOf(60), from, until: from }, 400, 'KM_BACKTEST_PERIOD'],
      [{ files: filesOf(60), from, warm_up_ms: -1 }, 400, 'KM_HTTP_BODY'],
      [{ files: filesOf(60), from: now + 60 * minute }, 400, 'KM_BACKTEST_PERIOD'],
      [{ files: filesOf(60), from, against: { version: 7 } }, 404, 'KM_CATALOGUE_UNKNOWN_VERSION'],
      [{ files: broken, from }, 400, 'KM_CATALOGUE_INVALID'],
      [{ files: filesOf(60), from, against: { files: broken } }, 400, 'KM_CATALOGUE_INVALID'],
    ]
    for (const [body, status, code] of table) {
      expect(await backtests.begin(body)).toMatchObject({ status, body: { code } })
    }
    const { body } = await backtests.begin({ files: broken, from })
    expect(new Set(body.problems?.map((problem) => problem.code)).size).toBeGreaterThan(1)
    expect((await backtests.get('')).body.backtests).toEqual([])
    expect(await backtests.get('/nobody')).toMatchObject({ status: 404, body: { code: 'KM_BACKTEST_UNKNOWN' } })
  })

  test('what only the log shows fails the job', async () => {
    const { engine, backtests, now } = await engineWith([], { ...defaultLimits, eventsMost: 2 })
    const from = now - 60 * minute
    const none = await backtests.begin({ files: filesOf(60), from })
    expect(await backtests.ended(none.body.id)).toMatchObject({
      state: 'failed',
      error: { code: 'KM_BACKTEST_NO_EVENTS' },
    })
    await engine.post(lines(traffic()))
    const many = await backtests.begin({ files: filesOf(60), from })
    expect(await backtests.ended(many.body.id)).toMatchObject({
      state: 'failed',
      error: { code: 'KM_BACKTEST_TOO_MANY_EVENTS' },
    })
  })

  test('a second one while one runs; cancelled, it makes room', async () => {
    const { engine, backtests, now, leftOver } = await engineWith(traffic())
    const request = { files: filesOf(60), from: now - 60 * minute }
    const first = await backtests.begin(request)
    expect(await backtests.begin(request)).toMatchObject({ status: 409, body: { code: 'KM_BACKTEST_BUSY' } })
    expect(await backtests.cancel(first.body.id)).toMatchObject({ status: 200, body: { state: 'cancelled' } })
    const second = await backtests.begin(request)
    expect(second.status).toBe(202)
    // An engine that stops doesn't wait for it.
    await engine.stop()
    expect(leftOver()).toEqual([])
  })
})
