import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { openChannelHealth } from '../../services/channel-health/open.ts'
import { openEmbedded } from '../../services/flow/adapters/embedded/open-embedded.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { topics } from '../../services/topology.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

/** Processes on one log, as far as they tell each other how channels are. */
async function openFleet() {
  const folder = temporaryFolder()
  const { log, close } = openEmbedded(folder, { shards: 4 })
  const codec = await createCodec(createEmbeddedRegistry(join(folder, 'registry.sqlite')))
  onTestFinished(() => close())
  const open = (process: string) => {
    const health = openChannelHealth({ log, codec, process, logger: pino({ level: 'silent' }) })
    onTestFinished(() => health.close())
    return health
  }
  return { log, open }
}
const at = (since: number) => ({ channel: 'sms' as const, since, reported_at: since })

test('what one says all hear, and it is down when it is for each that says anything', async () => {
  const { open } = await openFleet()
  const [sender, other, decides] = [open('sender'), open('other'), open('decides')]
  await waitFor('one to be heard', async () => {
    await sender.report({ ...at(5), state: 'down' })
    return decides.downSince('sms') === 5 && other.isDoubted('sms')
  })
  expect([sender.downSince('sms'), decides.downSince('push')]).toEqual([5, undefined])
  await other.report({ ...at(1), state: 'up' })
  await waitFor('the other', () => decides.downSince('sms') === undefined)
  expect(decides.isDoubted('sms')).toBe(true)
  await other.report({ ...at(9), state: 'down' })
  await waitFor('both to be down', () => decides.downSince('sms') === 5)
  await sender.report({ ...at(12), state: 'up' })
  await waitFor('it to be up', () => decides.downSince('sms') === undefined)
})

test('of what was said before it began a process knows nothing: it is said again while it is so', async () => {
  const { open } = await openFleet()
  const sender = open('sender')
  await sender.report({ ...at(5), state: 'down' })
  const late = open('late')
  await waitFor('what is said now', async () => {
    await sender.report({ ...at(5), state: 'down' })
    return late.downSince('sms') === 5
  })
})

test('garbage on the topic is passed over', async () => {
  const { log, open } = await openFleet()
  const [sender, decides] = [open('sender'), open('decides')]
  await log.append([{ topic: topics.channelHealth.name, key: 'x', value: Buffer.from('no record') }])
  await waitFor('one to be heard', async () => {
    await sender.report({ ...at(5), state: 'down' })
    return decides.downSince('sms') === 5
  })
})
