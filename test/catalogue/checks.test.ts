import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { createCatalogueChecks } from '../../services/catalogue/checks.ts'
import type { CatalogueFile } from '../../services/catalogue/files.ts'
import { impactOf } from '../../services/catalogue/impact.ts'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { shippedCatalogue } from '../../services/catalogue-folder/shipped.ts'
import { dataOf } from '../../services/rules/between-threads.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { waitFor } from '../support/wait-for.ts'
import { contentOf, threshold } from './contents.ts'
import { createProcesses, listOf } from './processes.ts'

const dyingThread = new URL('./dying-thread.ts', import.meta.url)

function started(thread?: URL) {
  const checks = createCatalogueChecks(thread)
  checks.eventsFlow()
  return checks
}
function dying() {
  const checks = started(dyingThread)
  onTestFinished(() => checks.close())
  return checks
}

/** Turns of the event loop while something is under way. */
async function turnsDuring<T>(action: Promise<T>): Promise<{ readonly turns: number; readonly result: T }> {
  let turns = 0
  let isOver = false
  const over = action.finally(() => {
    isOver = true
  })
  while (!isOver) {
    await nextTurn()
    turns++
  }
  return { turns, result: await over }
}

describe('what the thread gives', () => {
  const checks = started()
  afterAll(() => checks.close())

  test('of the shipped catalogue is what is given on the spot, and meanwhile the loop takes its turns', async () => {
    const files = await readCatalogueFolder(shippedCatalogue)
    const here = loadCatalogue(files)
    const { turns, result } = await turnsDuring(checks.load(files))
    expect(turns).toBeGreaterThan(50)
    expect(dataOf(result)).toEqual(dataOf(here))
    const [calendar] = result.catalogue?.calendars ?? []
    expect(result.catalogue?.ruleset.calendars[0]).toBe(calendar)
    for (let day = 20_500; day < 20_900; day++) {
      expect(calendar?.dayKind(day)).toBe(here.catalogue?.calendars[0]?.dayKind(day))
      expect(calendar?.nextInSet('days-off', day, 'run')).toBe(
        here.catalogue?.calendars[0]?.nextInSet('days-off', day, 'run'),
      )
    }
  })

  test('of wrong files is each problem with its place', async () => {
    const files = [
      { path: 'rules/a.yaml', text: 'id: a\nwhen: x >' },
      { path: 'rules/b.yaml', text: Buffer.from([0x69, 0xff]) },
    ]
    const { problems = [] } = await checks.load(files)
    expect(problems.length).toBeGreaterThan(2)
    expect(problems.map(String)).toEqual(loadCatalogue(files).problems?.map(String))
  })

  test('of two is what one changes against the other', async () => {
    const [before, after] = [contentOf(), contentOf(threshold(60))]
    expect(await checks.impact(before.files, after.files)).toEqual(impactOf(before, after))
  })
})

test.each([
  ['# deadly', 'KM_CATALOGUE_CHECK', true, /has ended \(worker exited with code: 1\).*try again/],
  ['# huge', 'KM_CATALOGUE_CHECK', true, /memory was not enough.*publish a smaller catalogue/],
  ['# defective', 'KM_CATALOGUE_CHECK_FAILED', false, /failed \(x is undefined\).*defect.*report/],
])('a check that gives no answer says why: %s', async (text, code, canRetry, message) => {
  const checks = createCatalogueChecks(dyingThread, 64)
  onTestFinished(() => checks.close())
  checks.eventsFlow()
  const load = checks.load([{ path: 'rules/a.yaml', text }])
  await expect(load).rejects.toMatchObject({ code, canRetry, message: expect.stringMatching(message) })
  expect((await checks.load(contentOf().files)).catalogue).toBeDefined()
})

describe('a catalogue on which the thread ends', () => {
  const request = (seconds: number, more = '') => {
    const rules = threshold(seconds)['rules/calls.yaml']
    return {
      files: contentOf({ 'rules/calls.yaml': rules + more }).files as CatalogueFile[],
      author: 'Ann',
      reason: 'a test',
      source: 'http' as const,
    }
  }

  test('is refused to its publisher; what is in force goes on, and the next one has a new thread', async () => {
    const { versions } = await (await createProcesses()).open({ checks: dying() })
    await versions.publisher.publish(request(600))
    const refused = versions.publisher.publish(request(60, '# deadly\n'))
    await expect(refused).rejects.toMatchObject({ code: 'KM_CATALOGUE_CHECK', canRetry: true })
    expect(versions.present().number).toBe(1)
    await versions.publisher.publish(request(90))
    expect(listOf(versions)).toEqual(['1 http Ann', '2 http Ann'])
  })

  test('that comes from another process is refused here, and everybody sees that it is not everywhere', async () => {
    const processes = await createProcesses()
    const publisher = (await processes.open()).versions
    const own = await processes.open({ checks: dying() })
    await publisher.publisher.publish(request(600))
    await waitFor('both processes', () => publisher.workers().length === 2)
    const { version } = await publisher.publisher.publish(request(60, '# deadly\n'))
    expect(await publisher.awaitEverywhere(version.number, 10_000)).toMatchObject([
      { worker: own.versions.worker, refused: { 2: 'KM_CATALOGUE_CHECK' } },
    ])
    processes.advance(60_000)
    expect([publisher, own.versions].map((versions) => versions.present().number)).toEqual([2, 1])
  })
})
