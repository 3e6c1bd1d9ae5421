import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import puppeteer from 'puppeteer-core'
import { firefoxPath } from '../../support/firefox.ts'
import { waitFor } from '../../support/wait-for.ts'
import { runFirefoxPushService } from './firefox-push-service.ts'

/** What the browser shows, as its page can ask it. */
export interface ShownInBrowser {
  readonly title: string
  readonly body: string
  readonly tag: string
  readonly data: Readonly<Record<string, string>> | null
}

/** A site that asks to push, in JavaScript. */
export interface PushingSite {
  /** Its service worker. */
  readonly worker: string
  /** What its page does with `publicKey`, the sender's; afterwards `token` is the token for a profile. */
  readonly subscribe: string
}

/** The site as docs/push.md shows it. */
export function shownSite(): PushingSite {
  const document = readFileSync(join(import.meta.dirname, '../../../docs/push.md'), 'utf8')
  const [subscribe, worker] = [...document.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code)
  if (!subscribe || !worker) throw new Error('docs/push.md shows no page and no service worker')
  return { subscribe, worker }
}

/**
 * A real Firefox, without a window, on a page of the site, with a push service of its own. Stop it in the end.
 * WebDriver BiDi drives it, through puppeteer: playwright's asks for what an ESR doesn't know.
 */
export async function runFirefox({ worker, subscribe }: PushingSite, publicKey: string) {
  const service = await runFirefoxPushService()
  const called: string[] = []
  const site = createServer(({ url = '/' }, response) => {
    if (url !== '/' && url !== '/push-worker.js') called.push(url)
    const [type, body] = url === '/push-worker.js' ? ['text/javascript', worker] : ['text/html', pageOf(subscribe)]
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefoxPath(),
    headless: true,
    timeout: 240_000,
    protocolTimeout: 120_000,
    extraPrefsFirefox: {
      'dom.push.serverURL': service.url,
      'dom.push.connection.enabled': true, // automation turns it off
      'dom.push.testing.allowInsecureServerURL': true,
      'dom.serviceWorkers.testing.enabled': true,
      'permissions.default.desktop-notification': 1, // allowed
      'alerts.useSystemBackend': false, // a machine of tests has no desktop to ask
    },
  })
  const page = await browser.newPage()
  await page.goto(siteUrl)
  const ask = async <T>(script: string): Promise<T> => (await page.evaluate(script)) as T

  return {
    siteUrl,
    service,
    /** Paths of the site that were called, but for what it is made of. */
    called: () => called,
    /** @returns the address that a profile has after this */
    subscribe: async () => `web:${await ask<string>(`subscribe('${publicKey}')`)}`,
    /** As a subscriber does who withdraws the permission; until the push service knows. */
    async unsubscribe() {
      const given = 'registered().then((one) => one.pushManager.getSubscription()).then((one) => one.unsubscribe())'
      if (!(await ask<boolean>(given))) throw new Error('Firefox kept its subscription')
      await waitFor('the push service to hear of it', () => service.subscriptions() === 0, { deadlineMs: 60_000 })
    },
    shown: () =>
      ask<readonly ShownInBrowser[]>(
        'registered().then((one) => one.getNotifications()).then((all) => all.map(({ title, body, tag, data }) => ({ title, body, tag, data })))',
      ),
    async stop() {
      await browser.close()
      site.closeAllConnections()
      await new Promise((resolve) => site.close(resolve))
      await service.stop()
    },
  }
}

const pageOf = (
  subscribe: string,
): string => `<!doctype html><meta charset="utf-8"><title>A site that pushes</title><script>
const registered = () => navigator.serviceWorker.ready
async function subscribe(publicKey) {
${subscribe}
return token
}
</script>`
