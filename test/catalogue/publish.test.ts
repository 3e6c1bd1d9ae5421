import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { CatalogueFile } from '../../services/catalogue/files.ts'
import { createHistory } from '../../services/catalogue/history.ts'
import type { PublishRequest } from '../../services/catalogue/publish.ts'
import { createSchedule } from '../../services/catalogue/schedule.ts'
import { versionsShard } from '../../services/catalogue/tail.ts'
import type { CatalogueVersion } from '../../services/records/types.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { topics } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'
import { contentOf, threshold } from './contents.ts'
import { createProcesses, listOf } from './processes.ts'

const files = (seconds = 600): readonly CatalogueFile[] => contentOf(threshold(seconds)).files as CatalogueFile[]
const by = (author: string, seconds = 600, more: Partial<PublishRequest> = {}): PublishRequest => ({
  files: files(seconds),
  author,
  reason: 'a test',
  source: 'http',
  ...more,
})

test('of two who publish at once one is told that the other was first, and all processes agree', async () => {
  const processes = await createProcesses()
  const [a, b] = [await processes.open(), await processes.open()]
  await a.versions.publisher.publish(by('first'))
  await waitFor('the first version', () => b.versions.history.last)
  const results = await Promise.allSettled([
    a.versions.publisher.publish(by('Ann', 60, { expected: 1 })),
    b.versions.publisher.publish(by('Bo', 90, { expected: 1 })),
  ])
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const [refusal] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  expect(refusal).toMatchObject({ code: 'KM_CATALOGUE_CONFLICT' })
  expect(String(refusal)).toMatch(/somebody else published meanwhile \(version 2 is (Ann|Bo)'s: 'a test'\)/)
  expect(listOf(a.versions)).toHaveLength(2)
  expect(listOf(b.versions)).toEqual(listOf(a.versions))
  expect(listOf((await processes.open()).versions)).toEqual(listOf(a.versions))
})

test('two of one process who know the same last version: the second is refused though the first is not back yet', async () => {
  const { versions } = await (await createProcesses()).open()
  await versions.publisher.publish(by('first'))
  const results = await Promise.allSettled([
    versions.publisher.publish(by('Ann', 60, { expected: 1 })),
    versions.publisher.publish(by('Bo', 90, { expected: 1 })),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
})

describe('when a version becomes active', () => {
  test('a lead after now; after the time of any shard anywhere; or later, if asked', async () => {
    const processes = await createProcesses()
    const { versions } = await processes.open()
    const other = await processes.open()
    const now = processes.clock.now()
    expect((await versions.publisher.publish(by('first'))).version.activatesAt).toBe(Number.NEGATIVE_INFINITY)
    expect((await versions.publisher.publish(by('Ann', 60))).version.activatesAt).toBe(now + 1_000)
    other.versions.attach('detect', { clocks: () => [now + 7_000], prepare: () => undefined })
    await other.versions.publisher.publish(by('Bo', 61)) // tells the others how far its shards are
    await waitFor('the report', () => versions.workers().length === 2)
    let seconds = 62
    await waitFor('a later activation', async () => {
      const { version } = await versions.publisher.publish(by('Ann', seconds++))
      return version.activatesAt === now + 8_000
    })
    const later = await versions.publisher.publish(by('Ann', 30, { activatesAt: now + 60_000 }))
    expect(later.version.activatesAt).toBe(now + 60_000)
  })

  test('not after the time of a process whose clock is wrong, which is named', async () => {
    const processes = await createProcesses()
    const { versions, said } = await processes.open()
    const other = await processes.open()
    const now = processes.clock.now()
    await versions.publisher.publish(by('first'))
    let ahead = 300_001
    other.versions.attach('detect', { clocks: () => [now + ahead], prepare: () => undefined })
    await other.versions.publisher.publish(by('Bo', 61)) // tells the others how far its shards are
    await waitFor('the warning', () => said().some((line) => line.includes('clock of a process is ahead')))
    expect((await versions.publisher.publish(by('Ann', 62))).version.activatesAt).toBe(now + 1_000)
    ahead = 300_000
    let seconds = 63
    await waitFor('it to be followed again', async () => {
      await other.versions.publisher.publish(by('Bo', seconds++))
      const { version } = await versions.publisher.publish(by('Ann', seconds++))
      return version.activatesAt === now + 301_000
    })
  })

  test('not sooner than every process can know it', async () => {
    const processes = await createProcesses()
    const { versions } = await processes.open()
    await versions.publisher.publish(by('first'))
    const early = versions.publisher.publish(by('Ann', 60, { activatesAt: processes.clock.now() + 999 }))
    await expect(early).rejects.toMatchObject({
      code: 'KM_CATALOGUE_TIME',
      message: expect.stringContaining('at the earliest'),
    })
    expect(versions.history.versions).toHaveLength(1)
  })

  test('one that is to be active earlier takes the place of one that waits; the check says so', async () => {
    const processes = await createProcesses()
    const { versions } = await processes.open()
    const now = processes.clock.now()
    await versions.publisher.publish(by('first'))
    await versions.publisher.publish(by('Ann', 60, { activatesAt: now + 60_000 }))
    expect(await versions.publisher.check(files(90))).toMatchObject({ last: 2, supersedes: [2], unchanged: false })
    expect((await versions.publisher.check(files(90))).impact?.changes[0]?.fields[0]).toMatchObject({
      before: 'event.duration_s >= 600', // against what is in force then, not against what waits
    })
    await versions.publisher.publish(by('Bo', 90))
    processes.advance(120_000)
    expect(versions.present().number).toBe(3)
  })
})

test('a shard that is further than a version’s time when it is heard is counted', async () => {
  const processes = await createProcesses()
  const late = await processes.open()
  const { versions } = await processes.open()
  await versions.publisher.publish(by('first'))
  // They move on while the version is on its way.
  const now = processes.clock.now()
  const clocks = () => (late.versions.history.last?.number === 2 ? [now + 5_000, 0, now + 1_000] : [0, 0, 0])
  late.versions.attach('detect', { clocks, prepare: () => undefined })
  await versions.publisher.publish(by('Ann', 60))
  await waitFor('both', async () => (await late.metrics.catalogueLate.get()).values[0]?.value === 2)
})

describe('rollback', () => {
  test('to the version before the last, or to a number; of what waits it stops the coming', async () => {
    const processes = await createProcesses()
    const { versions } = await processes.open()
    const { publisher } = versions
    const who = { author: 'Ann', reason: 'too many' }
    for (const seconds of [600, 60, 90]) await publisher.publish(by('Ann', seconds))
    processes.advance(2_000)
    await publisher.rollback(who)
    processes.advance(2_000)
    expect(versions.history.last?.files()).toEqual(versions.history.get(2).files())
    await publisher.rollback({ ...who, to: 1 })
    processes.advance(2_000)
    expect(versions.present().catalogue.version).toBe(versions.history.get(1).version)
    await publisher.publish(by('Bo', 30, { activatesAt: processes.clock.now() + 60_000 }))
    await publisher.rollback(who)
    processes.advance(120_000)
    expect(versions.present()).toMatchObject({ number: 7, catalogue: { version: versions.history.get(1).version } })
  })

  test('one after the other goes further back each time, and ends at the first version', async () => {
    const processes = await createProcesses()
    const { versions } = await processes.open()
    const who = { author: 'Ann', reason: 'worse still' }
    for (const seconds of [600, 60, 90, 30]) {
      await versions.publisher.publish(by('Ann', seconds))
      processes.advance(2_000)
    }
    for (const restored of [3, 2, 1]) {
      expect(await versions.publisher.checkRollback()).toMatchObject({ to: restored })
      const { version } = await versions.publisher.rollback(who)
      processes.advance(2_000)
      expect(version.files()).toEqual(versions.history.get(restored).files())
    }
    await expect(versions.publisher.rollback(who)).rejects.toMatchObject({ code: 'KM_CATALOGUE_UNKNOWN_VERSION' })
    // What is published then is rolled back to what was there before it.
    await versions.publisher.publish(by('Ann', 45))
    processes.advance(2_000)
    expect((await versions.publisher.rollback(who)).version.version).toBe(versions.history.get(1).version)
    expect(versions.history.versions).toHaveLength(9)
  })

  test('to what is there already is no new version', async () => {
    const { versions } = await (await createProcesses()).open()
    await versions.publisher.publish(by('Ann'))
    expect(await versions.publisher.rollback({ author: 'Ann', reason: 'r', to: 1 })).toMatchObject({ unchanged: true })
    expect(versions.history.versions).toHaveLength(1)
  })
})

describe('what cannot be published', () => {
  test('a catalogue that does not fit into a record', async () => {
    const { versions } = await (await createProcesses()).open()
    // Text that hardly compresses, in files each of which is not too large.
    const noise = (name: string) => ({
      path: `offers/${name}.yaml`,
      text: `# ${randomBytes(600_000).toString('base64')}\n- { id: ${name}, title: { en: a }, message: { en: a } }\n`,
    })
    const publishing = versions.publisher.publish({ ...by('Ann'), files: [...files(), noise('one'), noise('two')] })
    await expect(publishing).rejects.toMatchObject({
      code: 'KM_CATALOGUE_TOO_LARGE',
      message: expect.stringMatching(/takes \d{7} bytes .* 900000 fit/),
    })
    expect(versions.history.versions).toHaveLength(0)
  })

  test('a wrong catalogue: all its problems', async () => {
    const { versions } = await (await createProcesses()).open()
    const wrong = files().map(({ path, text }) => ({ path, text: text.replace('event.duration_s', 'event.length') }))
    await expect(versions.publisher.publish({ ...by('Ann'), files: wrong })).rejects.toMatchObject({
      code: 'KM_CATALOGUE_INVALID',
      problems: [{ code: 'KM_RULE_UNKNOWN_FIELD', location: { file: 'rules/calls.yaml', line: 5 } }],
    })
  })
})

describe('who has it', () => {
  test('a process that cannot use a version, and one that does not answer, are named', async () => {
    const processes = await createProcesses()
    const { versions } = await processes.open()
    const other = await processes.open({ services: ['decide'] })
    await versions.publisher.publish(by('first'))
    await waitFor('both', () => versions.workers().length === 2)
    expect(await versions.awaitEverywhere(1, 5_000)).toEqual([])

    other.versions.attach('decide', {
      clocks: () => [],
      prepare() {
        throw new Error('no room')
      },
    })
    const { version } = await versions.publisher.publish(by('Ann', 60))
    const missing = await versions.awaitEverywhere(version.number, 5_000)
    expect(missing).toMatchObject([{ worker: other.versions.worker, refused: { 2: 'KM_CATALOGUE_UNUSABLE' } }])
    expect(other.versions.present().number).toBe(1)

    await other.versions.close()
    await waitFor('its farewell', () => versions.workers().length === 1)
    expect(await versions.awaitEverywhere(2, 0)).toEqual([])
  })
})

describe('a factor that would become another type', () => {
  const charges = (type: 'int' | 'double') => ({
    'factors/charges.yaml': `id: charges
title: { en: Charges }
from: cdr
value: ${type === 'int' ? 'charge' : 'double(charge) / 100.0'}
aggregate: sum
window: lifetime
`,
    'rules/charges.yaml': `id: much-charged
moment: change
title: { en: Much was charged }
on: cdr
when: charges > ${type === 'int' ? '100' : '100.0'}
purpose: care
`,
  })
  const version = (type: 'int' | 'double', source: PublishRequest['source'] = 'http') => ({
    ...by('Ann'),
    source,
    files: contentOf(charges(type)).files as CatalogueFile[],
  })

  test('is refused, with its place, and the old one goes on; a rollback to it is not', async () => {
    const processes = await createProcesses()
    const { versions } = await processes.open()
    await versions.publisher.publish(version('int'))
    const refusal = { code: 'KM_CATALOGUE_INVALID', problems: [{ code: 'KM_FACTOR_TYPE_CHANGED' }] }
    await expect(versions.publisher.publish(version('double'))).rejects.toMatchObject(refusal)
    await expect(versions.publisher.check(version('double').files)).rejects.toThrow(
      /factors\/charges.yaml:1:1 {2}KM_FACTOR_TYPE_CHANGED {2}'charges' is int .* would be double/,
    )
    expect(listOf(versions)).toHaveLength(1)
    await versions.publisher.publish(by('Ann'))
    const later = processes.clock.now() + 60_000
    await versions.publisher.publish({ ...version('double'), activatesAt: later })
    await versions.publisher.rollback({ to: 1, author: 'Bo', reason: 'back' })
    expect(listOf(versions)).toHaveLength(4)
  })
})

test('a process that begins loads the version in force and none of those before it', async () => {
  const { log, codec, open } = await createProcesses()
  const { versions } = await open()
  for (const seconds of [60, 90, 120, 150]) {
    await versions.publisher.publish(by('Ann', seconds))
  }
  const records: CatalogueVersion[] = []
  const [ends = []] = await log.ends([topics.catalogue.name])
  for await (const batch of log.read(topics.catalogue.name, versionsShard, 0, ends[versionsShard] ?? 0)) {
    while (batch.next()) records.push(codec.decode('catalogue-version', batch.value, batch.valueStart, batch.valueEnd))
  }
  const schedule = createSchedule()
  let loaded = 0
  const history = createHistory(schedule, async (files) => {
    loaded++
    return loadCatalogue(files)
  })
  for (const record of records) history.accept(record, record.published_at)
  const number = schedule.numberAt(Number.POSITIVE_INFINITY) ?? 0
  await history.ready(number)
  expect(schedule.at(Number.POSITIVE_INFINITY).number).toBe(4)
  expect(loaded).toBe(1)
})
