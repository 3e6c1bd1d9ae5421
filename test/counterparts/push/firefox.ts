import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { launch } from 'puppeteer-core'
import { firefoxCommand } from '../../support/firefox.ts'
import { waitFor } from '../../support/wait-for.ts'
import { runFirefoxPushService } from './firefox-push-service.ts'

/** What the page's service worker was given, and what it could show of it. */
export interface ShownNotification {
  /** As Firefox decrypted it. */
  readonly payload: Readonly<Record<string, unknown>>
  readonly title: string
  readonly body: string
}

export interface Firefox {
  /** Subscribes the page; @returns the address as a profile has it. */
  subscribe(): Promise<string>
  /** The page gives its subscription up, as a subscriber does who withdraws the permission. */
  unsubscribe(): Promise<void>
  /** Waits until so many notifications were shown. */
  shown(count: number): Promise<readonly ShownNotification[]>
  /** Why the push service refused what was posted to it. */
  faults(): readonly string[]
  stop(): Promise<void>
}

/**
 * Debian's Firefox, without a window, on a page of an operator. Its push service is one of ours, as Mozilla's can't be reached: it takes
 * what is posted, and speaks with the browser as Mozilla's does. Decrypting and showing is Firefox's own.
 *
 * @param senderKey the public key of VAPID, with which the page subscribes
 */
export async function runFirefox(senderKey: string): Promise<Firefox> {
  const service = await runFirefoxPushService(senderKey)
  const site = await serve(senderKey)
  const { port } = site.address() as AddressInfo
  const browser = await launch({
    browser: 'firefox',
    executablePath: pathOf(firefoxCommand),
    headless: true,
    timeout: 120_000,
    protocolTimeout: 120_000,
    extraPrefsFirefox: {
      'dom.push.serverURL': service.browserUrl,
      // Without a desktop there is nobody but itself to show a notification.
      'alerts.useSystemBackend': false,
      'dom.push.connection.enabled': true,
      'dom.push.testing.allowInsecureServerURL': true,
      'dom.push.testing.ignorePermission': true,
      'dom.serviceWorkers.testing.enabled': true,
      'notification.prompt.testing': true,
      'notification.prompt.testing.allow': true,
      'permissions.default.desktop-notification': 1,
    },
  })
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/`)
  const inPage = <T>(call: string): Promise<T> => page.evaluate(call) as Promise<T>

  return {
    async subscribe() {
      const subscription = await inPage<string>('subscribe()')
      return `web:${Buffer.from(subscription).toString('base64url')}`
    },
    async unsubscribe() {
      if (!(await inPage<boolean>('unsubscribe()'))) throw new Error('Firefox kept its subscription')
      await waitFor('the push service to hear of it', () => service.subscriptions() === 0)
    },
    shown: (count) =>
      waitFor(
        `${count} notifications in Firefox`,
        async () => {
          const shown = await inPage<readonly ShownNotification[]>('shown')
          return shown.length >= count && shown
        },
        { deadlineMs: 60_000, everyMs: 100 },
      ),
    faults: service.faults,
    async stop() {
      await browser.close()
      site.closeAllConnections()
      await new Promise((resolve) => site.close(resolve))
      await service.stop()
    },
  }
}

const pathOf = (command: string): string => {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = folders.map((folder) => join(folder, command)).find((path) => existsSync(path))
  if (!found) throw new Error(`there is no ${command}: install it, or run npm test, which sees to it`)
  return found
}

const pageOf = (senderKey: string) => `<!doctype html>
<meta charset="utf-8">
<title>An operator's page</title>
<script>
const shown = []
navigator.serviceWorker.addEventListener('message', ({ data }) => shown.push(data))
async function subscribe() {
  await navigator.serviceWorker.register('/worker.js')
  const registration = await navigator.serviceWorker.ready
  const key = Uint8Array.from(atob('${senderKey}'.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
  const options = { userVisibleOnly: true, applicationServerKey: key }
  return JSON.stringify(await registration.pushManager.subscribe(options))
}
async function unsubscribe() {
  const registration = await navigator.serviceWorker.ready
  return (await registration.pushManager.getSubscription()).unsubscribe()
}
</script>
`

/** As docs/push.md says what a service worker reads. It tells the page of the notification that Firefox then has. */
const worker = `
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()))
self.addEventListener('push', (event) => event.waitUntil(show(event.data.json())))
async function show(payload) {
  await registration.showNotification(payload.title, { body: payload.text, tag: payload.command_id })
  const [{ title, body }] = await registration.getNotifications({ tag: payload.command_id })
  for (const client of await clients.matchAll({ includeUncontrolled: true })) client.postMessage({ payload, title, body })
}
`

async function serve(senderKey: string): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/worker.js') response.setHeader('content-type', 'text/javascript').end(worker)
    else response.setHeader('content-type', 'text/html').end(pageOf(senderKey))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
