import { expect, onTestFinished, test } from 'vitest'
import { readVapidKey } from '../../services/deliver/vapid-key.ts'
import { createWebPushProvider } from '../../services/deliver/webpush.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { runFirefox } from '../counterparts/push/firefox.ts'

const vapid = readVapidKey('Q7m1bT0nq3n2wXl5d0mJ8C1r2o4Vf9kT6yZ3aB5cD7E', 'mailto:push@example.com')
const signal = new AbortController().signal

test('Firefox subscribes, decrypts and shows what is sent, and is gone once it has unsubscribed', {
  timeout: 300_000,
}, async () => {
  const firefox = await runFirefox(vapid.publicKey)
  onTestFinished(firefox.stop)
  const shared = { title: 'Example', connections: 4, connectTimeoutMs: 5_000, answerTimeoutMs: 10_000 }
  const provider = createWebPushProvider({ ...shared, vapid, hosts: ['127.0.0.1'], allowPrivate: true }, wallClock)
  onTestFinished(() => provider.close())
  const address = await firefox.subscribe()
  const links = { opened: 'https://go.example/l/o', clicked: 'https://go.example/l/c' }
  const send = (attemptId: string, text: string) =>
    provider.send(
      address.slice('web:'.length),
      { attemptId, commandId: `c-${attemptId}`, text, urgency: 'service', notAfter: wallClock.now() + 600_000, links },
      signal,
    )

  const texts = ['流量已用80%，回复1办理加油包', 'Data 80 % used 📶', 'x'.repeat(3_000)]
  for (const [i, text] of texts.entries()) {
    expect(await send(`a-${i}`, text)).toEqual({ kind: 'accepted', messageId: `a-${i}` })
  }
  const shown = await firefox.shown(texts.length)
  expect(firefox.faults()).toEqual([])
  expect(shown.toSorted((a, b) => String(a.payload.command_id).localeCompare(String(b.payload.command_id)))).toEqual(
    texts.map((text, i) => ({
      payload: {
        title: 'Example',
        text,
        command_id: `c-a-${i}`,
        opened_url: links.opened,
        clicked_url: links.clicked,
      },
      title: 'Example',
      body: text,
    })),
  )

  await firefox.unsubscribe()
  expect(await send('a-3', 'too late')).toEqual({ kind: 'gone', since: null, detail: 'http 410' })
})
