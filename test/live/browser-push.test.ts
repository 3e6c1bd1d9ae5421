import { isDeepStrictEqual } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { readVapidKey } from '../../services/deliver/adapters/push/vapid-key.ts'
import { runFirefox, shownSite } from '../counterparts/push/firefox.ts'
import { waitFor } from '../support/wait-for.ts'
import { startPhoneProcess } from './phone-process.ts'

const key = 'Q7m1bT0nq3n2wXl5d0mJ8C1r2o4Vf9kT6yZ3aB5cD7E'
const subject = 'mailto:push@example.com'
const patience = { deadlineMs: 60_000 }

/** Of http: and this machine, as the tests' push service is. */
const settings = {
  KEYMOMENT_PUSH_CHANNEL: 'services',
  KEYMOMENT_PUSH_WEB_KEY: key,
  KEYMOMENT_PUSH_WEB_SUBJECT: subject,
  KEYMOMENT_PUSH_WEB_HOSTS: '127.0.0.1',
  KEYMOMENT_PUSH_WEB_ALLOW_PRIVATE: 'true',
}

interface Counted {
  readonly commands: readonly { readonly name: string; readonly total: number }[]
}

test('a browser that unsubscribed is given up: SMS takes over, decide asks push no more, and a new subscription ends it', {
  timeout: 600_000,
}, async () => {
  const firefox = await runFirefox(shownSite(), readVapidKey(key, subject).publicKey)
  onTestFinished(firefox.stop)
  const { setDevices, topUp, onPhone, ask } = await startPhoneProcess(settings)
  const { answers, faults } = firefox.service
  const subscribe = async () =>
    setDevices([{ provider: 'web', token: (await firefox.subscribe()).slice('web:'.length) }])
  const shown = async (text: string) => (await firefox.shown()).filter(({ body }) => body === text).length
  /** The page counts once a second. */
  const commanded = (expected: Readonly<Record<string, number>>) =>
    waitFor(
      JSON.stringify(expected),
      async () => {
        const { commands } = await ask<Counted>('GET', '/v1/live')
        const counts = commands.filter(({ total }) => total > 0).map(({ name, total }) => [name, total])
        return isDeepStrictEqual(Object.fromEntries(counts), expected)
      },
      patience,
    )

  await subscribe()
  await topUp('app')
  await waitFor('what is shown', async () => (await shown('1 GB for you: open it.')) === 1, patience)
  expect([answers(), faults(), await onPhone()]).toEqual([[201], [], []])

  await firefox.unsubscribe()
  await topUp('app')
  await waitFor('the SMS', async () => (await onPhone()).length === 1, patience)
  await commanded({ push: 2, sms: 1 })
  expect(answers()).toEqual([201, 410])

  await topUp('app')
  await waitFor('the SMS that is chosen', async () => (await onPhone()).length === 2, patience)
  await commanded({ push: 2, sms: 2 })
  expect(answers()).toEqual([201, 410])

  await subscribe()
  await topUp('app')
  await waitFor('what is shown again', () => answers().length === 3, patience)
  await commanded({ push: 3, sms: 2 })
  expect(answers()).toEqual([201, 410, 201])
})
