import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CatalogueFile } from '../../services/catalogue/files.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { readEventLine } from '../../services/records/jsonl.ts'
import type { Moment } from '../../services/records/types.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { simulate } from '../../services/simulate/simulate.ts'
import { topics } from '../../services/topology.ts'
import { type Engine, startEngine } from '../integration/bad-input/engine.ts'
import { type EventJson, lines, longCall } from '../integration/bad-input/events.ts'
import { catalogueFolder } from '../integration/bad-input/small-catalogue.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { catalogueOfFiles, contentOf, threshold } from './contents.ts'
import { catalogueOf } from './over-http.ts'

const minute = 60_000
const subscribers = ['s-1', 's-2', 's-3', 's-4', 's-5', 's-6', 's-7', 's-8']

/** Calls of 100 and 700 seconds, every second one of each, at these times. */
const callsAt = (times: readonly number[]): EventJson[] =>
  times.flatMap((at, i) =>
    subscribers.map((subscriber, j) =>
      longCall(`${subscriber}-${at}`, subscriber, at, { duration_s: (i + j) % 2 === 0 ? 100 : 700 }),
    ),
  )

async function start(data: string, folder: string): Promise<Engine> {
  const engine = await startEngine({
    settings: { KEYMOMENT_DATA_DIR: data, KEYMOMENT_CATALOGUE_DIR: folder },
    deployables: [detect, createIngest()],
  })
  await engine.ready()
  return engine
}

const summaryOf = (moments: readonly Moment[]): string[] =>
  [
    ...new Set(moments.map(({ moment_id, occurrence, rule_version }) => `${occurrence} ${rule_version} ${moment_id}`)),
  ].sort()

test('a shard that goes back and reads again uses the version that was in force at its clock', {
  timeout: 60_000,
}, async () => {
  const data = temporaryFolder()
  const folder = await catalogueFolder()
  const now = Date.now()
  const early = callsAt([now - 30 * minute, now - 29 * minute])
  const first = await start(data, folder)
  await first.post(lines(early))
  await first.atLeast(topics.moments, early.length / 2)
  await first.stop()
  await copyFile(join(data, 'state.sqlite'), join(data, 'state.old'))

  const second = await start(data, folder)
  const { body } = await catalogueOf(second.url).publish(contentOf(threshold(60)).files as CatalogueFile[])
  const activates = body.activates_at ?? 0
  // They come when the wall clock has long passed the activation: their own time decides.
  await waitFor('the activation', async () => (await catalogueOf(second.url).get()).body.number === 2)
  const late = callsAt([activates - 5 * minute, activates - 2, activates - 1, activates, activates + 1])
  await second.post(lines(late))
  const expected = (early.length + late.length * 0.6) / 2 + late.length * 0.4
  const before = summaryOf(await second.atLeast(topics.moments, expected))
  expect(before).toHaveLength(expected)
  await second.stop()
  await copyFile(join(data, 'state.old'), join(data, 'state.sqlite'))

  const third = await start(data, folder)
  const after = callsAt([activates + 10])
  await third.post(lines(after))
  await third.atLeast(topics.moments, expected + after.length)
  await third.stop()
  const again = await start(data, folder)
  const found = summaryOf(await again.records(topics.moments))
  expect(found.filter((line) => !line.includes(`-${activates + 10} `))).toEqual(before)

  // Without any moment that could be adopted, in one go: the same.
  const events = [...early, ...late, ...after].map((event) => {
    const reading = readEventLine(JSON.stringify(event))
    if (reading.kind !== 'event') throw new Error('no event')
    return reading.event
  })
  const simulated = await simulate({
    catalogue: catalogueOfFiles(),
    later: [{ activatesAt: activates, catalogue: catalogueOfFiles(threshold(60)) }],
    settings: await loadSettings(undefined, {}),
    events: (async function* () {
      yield events
    })(),
  })
  expect(summaryOf(simulated.moments)).toEqual(found)
  expect(new Set(simulated.decisions.map(({ catalogue_version }) => catalogue_version)).size).toBe(2)
})
