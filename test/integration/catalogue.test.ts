import kafkajs from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { type CatalogueFile, portableFiles } from '../../services/catalogue/files.ts'
import { readCatalogueFolder } from '../../services/catalogue-folder/read.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { topics } from '../../services/topology.ts'
import { catalogueOf } from '../catalogue/over-http.ts'
import type { Child } from '../support/child-process.ts'
import { servers } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { catalogueFolder, createSystem } from './system.ts'

const minutes = 60_000

/** The catalogue of the integration tests, with a word more in one of its texts. */
async function filesWith(word: string): Promise<CatalogueFile[]> {
  const { files } = portableFiles(catalogueFolder, await readCatalogueFolder(catalogueFolder))
  return files.map(({ path, text }) => ({
    path,
    text: path.startsWith('rules/') ? String(text).replace(/title: \{ en: /, `title: { en: ${word} `) : String(text),
  }))
}

const urlOf = (child: Child): string => /"url":"([^"]+)"/.exec(child.output())?.[1] ?? ''

test('two processes on Kafka both take a version over and say so; one that is gone is named', {
  timeout: 3 * minutes,
}, async () => {
  const system = await createSystem({ catalogue: { dir: catalogueFolder, watch: false, lead_ms: 2_000 } })
  const first = await system.start('detect')
  const second = await system.start('decide')
  const [one, other] = [catalogueOf(urlOf(first)), catalogueOf(urlOf(second))]
  await waitFor(
    'both to know of each other',
    async () => {
      const answers = await Promise.all([one.get(), other.get()])
      return answers.every(({ body }) => body.everywhere && body.workers?.length === 2)
    },
    { deadlineMs: 60_000 },
  )
  expect((await other.get('/versions')).body.versions).toMatchObject([{ number: 1, source: 'folder' }])

  const published = await one.publish(await filesWith('Newer'))
  expect(published).toMatchObject({ status: 200, body: { number: 2, everywhere: true, missing: [] } })
  await waitFor(
    'both to apply it',
    async () => {
      const answers = await Promise.all([one.get(), other.get()])
      return answers.every(({ body }) => body.number === 2 && body.workers?.every(({ active }) => active === 2))
    },
    { deadlineMs: 30_000 },
  )

  await second.kill('SIGKILL')
  const without = await one.publish(await filesWith('Newest'), { wait_ms: 1_000 })
  expect(without.body).toMatchObject({
    number: 3,
    everywhere: false,
    missing: [{ services: ['decide'], code: 'KM_CATALOGUE_NOT_HEARD' }],
  })
  const third = await system.start('decide')
  await waitFor(
    'the one that comes later',
    async () => {
      const { status, body } = await catalogueOf(urlOf(third)).get()
      return status === 200 && body.last?.number === 3
    },
    { deadlineMs: 60_000 },
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; it said ${third.output()}`)
  })

  const kept = await readTopic(system.log, system.codec, topics.catalogue)
  expect(kept.map(({ number, source }) => `${number} ${source}`)).toEqual(['1 folder', '2 http', '3 http'])
  expect(await policyOf(system.prefix + topics.catalogue.name)).toBe('compact')
})

test('a process that is told to stop around a publication stops within seconds', { timeout: 3 * minutes }, async () => {
  const system = await createSystem({ catalogue: { dir: catalogueFolder, watch: false, lead_ms: 200 } })
  // From while the process still opens its log, to behind the answer: by milliseconds since the request.
  for (const [turn, millis] of [0, 40, 120, 200, 280, 400].entries()) {
    const child = await system.start('detect')
    const catalogue = catalogueOf(urlOf(child))
    await waitFor('the catalogue', async () => (await catalogue.get()).status === 200, { deadlineMs: 60_000 })
    const published = catalogue.publish(await filesWith(`Turn ${turn}`)).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, millis))
    expect(await child.kill('SIGTERM', 12_000)).toEqual({ code: 0, signal: null })
    await published
  }
})

async function policyOf(topic: string): Promise<string | undefined> {
  const admin = new kafkajs.Kafka({ brokers: servers.kafkaBrokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy'] }],
  })
  return resources[0]?.configEntries[0]?.configValue
}
