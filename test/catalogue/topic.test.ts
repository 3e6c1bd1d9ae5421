import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type CatalogueFile, packFiles } from '../../services/catalogue/files.ts'
import { shardOf } from '../../services/flow/partition.ts'
import type { CatalogueVersion } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'
import { contentOf, threshold } from './contents.ts'
import { createProcesses, listOf } from './processes.ts'

const shards = 4

/** A key for a shard: a foreign producer names the partition. */
function keyFor(shard: number): string {
  for (let i = 0; ; i++) if (shardOf(`key-${i}`, shards) === shard) return `key-${i}`
}

/** Two processes on which somebody else's producer puts records. */
async function start() {
  const processes = await createProcesses({ shards })
  const [a, b] = [await processes.open(), await processes.open()]
  const { files } = contentOf()
  await a.versions.publisher.publish({ files, author: 'Ann', reason: 'first', source: 'http' })
  const put = (value: Buffer, shard = 0) =>
    processes.log.append([{ topic: topics.catalogue.name, key: keyFor(shard), value }])
  const record = (seconds: number, more: Partial<CatalogueVersion> = {}) =>
    processes.codec.encode(topics.catalogue, {
      publication_id: `foreign-${seconds}`,
      subscriber_id: 'catalogue',
      published_at: processes.clock.now(),
      number: 0,
      version: 'theirs',
      activates_at: 0,
      author: 'a pipeline',
      reason: 'nightly',
      source: 'topic',
      files: gzipSync(JSON.stringify(contentOf(threshold(seconds)).files)),
      ...more,
    })
  const refusals = async () =>
    Promise.all(
      [a, b].map(async ({ metrics }) =>
        (await metrics.catalogueRefused.get()).values.map(({ labels }) => String(labels.code)),
      ),
    )
  /** Whatever it was: a version that comes behind it has been read by both. */
  const settled = async () => {
    const { version } = await a.versions.publisher.publish({ files, author: 'Ann', reason: 'next', source: 'http' })
    await waitFor('both', () => b.versions.history.versions.length === version.number)
  }
  return { ...processes, a, b, put, record, refusals, settled }
}

describe('a record of another producer', () => {
  test('is a version like any other: active five seconds after the log took it, unless it says more', async () => {
    const { a, b, put, record, clock, advance } = await start()
    await put(record(60))
    await put(record(90, { activates_at: clock.now() + 60_000 }))
    await waitFor('both', () => [a, b].every(({ versions }) => versions.history.versions.length === 3))
    expect(listOf(b.versions)).toEqual(['1 http Ann', '2 topic a pipeline', '3 topic a pipeline'])
    const activation = (number: number) => a.versions.history.get(number).activatesAt - clock.now()
    expect([activation(2), activation(3)]).toEqual([5_000, 60_000])
    advance(5_000)
    expect(a.versions.present()).toMatchObject({
      number: 2,
      changedSince: { 'long-call': clock.now() },
      rulesSince: {},
    })
  })

  test('never reaches back: what was decided under the one before stands in every replay', async () => {
    const { a, put, record, clock } = await start()
    await put(record(60, { activates_at: 1 }))
    await waitFor('the version', () => a.versions.history.last?.number === 2)
    expect(a.versions.schedule.at(clock.now() - 1).number).toBe(1)
    expect(a.versions.schedule.at(clock.now()).number).toBe(2)
  })

  test('with wrong content has its number and is used by nobody; every problem is told', async () => {
    const { a, b, put, record, refusals } = await start()
    const wrong = contentOf().files.map(({ path, text }) => ({
      path,
      text: String(text).replace('event.duration_s', 'event.length').replace('purpose: marketing', 'purpose: fun'),
    }))
    await put(record(60, { files: await packFiles(wrong) }))
    await waitFor('the refusals', async () => (await refusals()).every((codes) => codes.length === 1))
    expect(await refusals()).toEqual([['KM_CATALOGUE_INVALID'], ['KM_CATALOGUE_INVALID']])
    const said = a.said().filter((line) => line.startsWith('catalogue refused'))
    expect(said).toEqual([
      expect.stringContaining('rules/calls.yaml:5:13  KM_RULE_UNKNOWN_FIELD'),
      expect.stringContaining('rules/money.yaml:7:10  KM_CATALOGUE_VALUE'),
    ])
    expect([a, b].map(({ versions }) => versions.schedule.at(Number.POSITIVE_INFINITY).number)).toEqual([1, 1])
    const next = await b.versions.publisher.publish({
      files: contentOf(threshold(90)).files,
      author: 'Bo',
      reason: 'r',
      source: 'http',
    })
    expect(next.version.number).toBe(3)
    expect((await a.versions.publisher.check(contentOf().files)).impact).not.toBeNull()
  })

  test('in which a factor becomes another type of value is used by nobody', async () => {
    const { a, b, put, record, refusals } = await start()
    const charges = (value: string) => ({
      'factors/charges.yaml': `id: charges\ntitle: { en: Charges }\nfrom: cdr\nvalue: ${value}\naggregate: sum\nwindow: lifetime\n`,
    })
    const { files } = contentOf(charges('charge'))
    await a.versions.publisher.publish({ files, author: 'Ann', reason: 'charges', source: 'http' })
    const other = contentOf(charges('double(charge) / 100.0')).files as CatalogueFile[]
    await put(record(60, { files: await packFiles(other) }))
    await waitFor('the refusals', async () => (await refusals()).every((codes) => codes.length === 1))
    expect([a, b].map(({ versions }) => versions.schedule.at(Number.POSITIVE_INFINITY).number)).toEqual([2, 2])
    expect(a.versions.schedule.refused.get(3)).toMatchObject({ problems: [{ code: 'KM_FACTOR_TYPE_CHANGED' }] })
  })

  const garbage: readonly (readonly [
    what: string,
    put: (on: Awaited<ReturnType<typeof start>>) => Promise<unknown>,
    code: string,
  ])[] = [
    ['bytes of no schema', ({ put }) => put(Buffer.from('nonsense')), 'KM_RECORD_UNDECODABLE'],
    ['nothing', ({ put }) => put(Buffer.alloc(0)), 'KM_RECORD_UNDECODABLE'],
    ['a record that ends too early', ({ put, record }) => put(record(60).subarray(0, 50)), 'KM_RECORD_UNDECODABLE'],
    ['a number that is not the next', ({ put, record }) => put(record(60, { number: 9 })), 'KM_CATALOGUE_NUMBER'],
    ['another partition', ({ put, record }) => put(record(60), 1), 'KM_CATALOGUE_MISPLACED'],
  ]
  test.each(garbage)('%s is refused by each reader, with its code, and changes nothing', async (_what, send, code) => {
    const on = await start()
    await send(on)
    await on.settled()
    await waitFor('the refusals', async () => (await on.refusals()).every((codes) => codes.length === 1))
    expect(await on.refusals()).toEqual([[code], [code]])
    expect(on.a.versions.present().number).toBe(1)
    expect(listOf(on.b.versions)).toEqual(listOf(on.a.versions))
  })

  test('with files that are none has its number, and a process that starts later says the same', async () => {
    const { a, put, record, open } = await start()
    await put(record(60, { files: Buffer.from('no gzip') }))
    await waitFor('the version', () => a.versions.history.last?.number === 2)
    const later = await open()
    for (const { versions } of [a, later]) {
      expect(versions.schedule.at(Number.POSITIVE_INFINITY).number).toBe(1)
      expect(versions.schedule.refused.get(2)).toMatchObject({ code: 'KM_CATALOGUE_FILES' })
    }
  })

  test('of a number that another has: the first on the log has it', async () => {
    const { a, b, put, record, refusals, settled } = await start()
    await put(record(60, { number: 2 }))
    await put(record(90, { number: 2 }))
    await settled()
    expect(listOf(b.versions)).toEqual(['1 http Ann', '2 topic a pipeline', '3 http Ann'])
    expect(b.versions.history.get(2).publicationId).toBe('foreign-60')
    expect(listOf(a.versions)).toEqual(listOf(b.versions))
    expect(await refusals()).toEqual([[], []])
  })
})
