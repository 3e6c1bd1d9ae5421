import { expect, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { type Engine, startEngine } from '../integration/bad-input/engine.ts'
import { lines, longCall } from '../integration/bad-input/events.ts'
import { catalogueFolder, save, smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { catalogueOf, filesOf } from './over-http.ts'

/** The small catalogue with another threshold for a long call. */
const withThreshold = (seconds: number) => ({
  ...smallCatalogue,
  'rules/calls.yaml': smallCatalogue['rules/calls.yaml'].replace('>= 600', `>= ${seconds}`),
})

/** An engine on a data folder that outlives it. */
async function start(data: string, folder: string, lead = 300): Promise<Engine> {
  const engine = await startEngine({
    settings: {
      KEYMOMENT_DATA_DIR: data,
      KEYMOMENT_CATALOGUE_DIR: folder,
      KEYMOMENT_CATALOGUE_LEAD_MS: String(lead),
    },
  })
  await engine.ready()
  return engine
}

const inForce = async (engine: Engine) => (await catalogueOf(engine.url).get()).body.number

test('a version is published, becomes active at its time, outlives a restart, and is rolled back', async () => {
  const data = temporaryFolder()
  const folder = await catalogueFolder()
  const engine = await start(data, folder)
  const catalogue = catalogueOf(engine.url)
  expect((await catalogue.get()).body).toMatchObject({
    number: 1,
    source: 'folder',
    activates_at: null,
    everywhere: true,
    workers: [{ known: 1, active: 1, this: true }],
  })

  const published = await catalogue.publish(filesOf(withThreshold(60)), { reason: 'shorter calls count' })
  expect(published).toMatchObject({
    status: 200,
    body: { number: 2, author: 'Li Wei', reason: 'shorter calls count', source: 'http', everywhere: true, missing: [] },
  })
  const activates = published.body.activates_at ?? 0
  const call = (id: string, at: number) => engine.post(lines([longCall(id, 's-1', at, { duration_s: 100 })]))
  await call('before', activates - 1)
  await call('after', activates)
  const moments = await engine.atLeast(topics.moments, 1)
  expect(moments.map(({ occurrence }) => occurrence)).toEqual(['after'])
  await waitFor('version 2', async () => (await inForce(engine)) === 2)
  await engine.stop()

  const again = await start(data, folder)
  const { body } = await catalogueOf(again.url).get()
  expect(body).toMatchObject({ number: 2, source: 'http', last: { number: 2 } })
  const back = await catalogueOf(again.url).post('/rollback', { author: 'Li Wei', reason: 'too many' })
  expect(back).toMatchObject({ status: 200, body: { number: 3, source: 'rollback', everywhere: true } })
  await waitFor('version 3', async () => (await inForce(again)) === 3)
  await again.stop()

  // The folder holds what it held at first: it published that as version 1 and has nothing to say.
  await save(folder, 'rules/calls.yaml', withThreshold(90)['rules/calls.yaml'])
  const third = await start(data, folder)
  await waitFor('the folder', async () => (await inForce(third)) === 4)
  expect((await catalogueOf(third.url).post('/rollback', { author: 'Li Wei', reason: 'no' })).body.number).toBe(5)
  await third.stop()
  const fourth = await start(data, folder)
  const { versions = [] } = (await catalogueOf(fourth.url).get('/versions')).body
  expect(versions.map(({ number, source }) => `${number} ${source}`)).toEqual([
    '5 rollback',
    '4 folder',
    '3 rollback',
    '2 http',
    '1 folder',
  ])
})
