import { needPackages, pathOf } from '../../deploy/local/packages.ts'
import type { Say } from '../../deploy/local/server.ts'

/** What the browser is called: Debian's name first. */
const names = ['chromium', 'chromium-browser', 'google-chrome']

const path = (): string | undefined => names.map(pathOf).find((found) => found !== undefined)

/** A real browser for the tests of pages. Installs Debian's Chromium where none is. */
export const needChromium = (say: Say): Promise<void> =>
  needPackages(['chromium'], async () => path() !== undefined, say)

/** Options for playwright's `chromium.launch`: headless, nothing asked of the network but what a page asks. */
export function chromiumOptions(): { executablePath: string; args: string[] } {
  const executablePath = path()
  if (executablePath === undefined) {
    throw new Error('there is no Chromium: install it, or run npm test, which sees to it')
  }
  return {
    executablePath,
    args: [
      '--no-sandbox', // as root, in containers
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  }
}
