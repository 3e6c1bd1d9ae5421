import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import puppeteer from 'puppeteer-core'
import { firefoxPath } from '../../support/firefox.ts'
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
    unsubscribe: () =>
      ask<boolean>('registered().then((one) => one.pushManager.getSubscription()).then((one) => one.unsubscribe())'),
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
