import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { PushNotification } from '../../services/deliver/adapters/push/push-provider.ts'
import { readVapidKey } from '../../services/deliver/adapters/push/vapid-key.ts'
import { createWebPushProvider } from '../../services/deliver/adapters/push/webpush.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { runFirefox, shownSite } from '../counterparts/push/firefox.ts'
import { waitFor } from '../support/wait-for.ts'

const vapid = readVapidKey('Q7m1bT0nq3n2wXl5d0mJ8C1r2o4Vf9kT6yZ3aB5cD7E', 'mailto:push@example.com')
const patience = { deadlineMs: 60_000 }

let firefox: Awaited<ReturnType<typeof runFirefox>>
beforeAll(async () => {
  firefox = await runFirefox(shownSite(), vapid.publicKey)
}, 300_000)
afterAll(() => firefox?.stop(), 60_000)

function begin() {
  const shared = { title: 'Example', connections: 4, connectTimeoutMs: 5_000, answerTimeoutMs: 20_000 }
  const provider = createWebPushProvider({ ...shared, vapid, hosts: ['127.0.0.1'], allowPrivate: true }, wallClock)
  onTestFinished(() => provider.close())
  return (address: string, about: Partial<PushNotification> = {}) => {
    const notification = { attemptId: 'a-1', commandId: 'c-1', text: '流量已用80%', urgency: 'marketing' } as const
    const notAfter = wallClock.now() + 600_000
    const signal = new AbortController().signal
    return provider.send(address.slice('web:'.length), { ...notification, notAfter, ...about }, signal)
  }
}

test('a real Firefox subscribes as the documents say, reads what is sent and shows it', {
  timeout: 120_000,
}, async () => {
  const send = begin()
  const address = await firefox.subscribe()
  const links = { opened: `${firefox.siteUrl}/l/opened`, clicked: `${firefox.siteUrl}/l/clicked` }
  expect(await send(address, { links })).toEqual({ kind: 'accepted', messageId: 'a-1' })
  const shown = await waitFor('what is shown', async () => (await firefox.shown())[0], patience)
  expect(shown).toEqual({ title: 'Example', body: '流量已用80%', tag: 'c-1', data: { clicked_url: links.clicked } })
  await waitFor('the opening', () => firefox.called().includes('/l/opened'), patience)
  expect([firefox.service.read(), firefox.service.faults()]).toEqual([[100], []])
})

test.each([
  ['an emoji', 'Data 80 % used 📶'],
  ['as much as goes into one', 'x'.repeat(3_900)],
])('%s is read', { timeout: 120_000 }, async (_, text) => {
  const send = begin()
  expect(await send(await firefox.subscribe(), { commandId: text.slice(0, 20), text })).toMatchObject({
    kind: 'accepted',
  })
  await waitFor('what is shown', async () => (await firefox.shown()).some(({ body }) => body === text), patience)
})

test('of a service message that leaves twice one is shown', { timeout: 120_000 }, async () => {
  const send = begin()
  const address = await firefox.subscribe()
  const readBefore = firefox.service.read().length
  const once = { commandId: 'c-twice', urgency: 'service' } as const
  await send(address, { ...once, attemptId: 'a-2', text: 'the first' })
  await waitFor('the first', async () => (await firefox.shown()).some(({ body }) => body === 'the first'), patience)
  await send(address, { ...once, attemptId: 'a-3', text: 'the second' })
  await waitFor('the second', async () => (await firefox.shown()).some(({ body }) => body === 'the second'), patience)
  const shown = await firefox.shown()
  expect(shown.filter(({ tag }) => tag === 'c-twice').map(({ body }) => body)).toEqual(['the second'])
  expect(firefox.service.read().slice(readBefore)).toEqual([100, 100])
})

test('a browser that unsubscribed is gone', { timeout: 120_000 }, async () => {
  const send = begin()
  const address = await firefox.subscribe()
  expect(await send(address)).toMatchObject({ kind: 'accepted' })
  await firefox.unsubscribe()
  expect(await send(address)).toEqual({ kind: 'gone', since: null, detail: 'http 410' })
})
