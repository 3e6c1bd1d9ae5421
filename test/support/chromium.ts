import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { isInstalled, needPackages } from '../../deploy/local/packages.ts'
import type { Say } from '../../deploy/local/server.ts'

/** What the browser is called: Debian's name first. */
const names = ['chromium', 'chromium-browser', 'google-chrome']

const command = (): string | undefined => names.find(isInstalled)

/** A real browser for the tests of pages. Installs Debian's Chromium where none is. */
export const needChromium = (say: Say): Promise<void> =>
  needPackages(['chromium'], async () => command() !== undefined, say)

/** Options for playwright's `chromium.launch`: headless, nothing asked of the network but what a page asks. */
export function chromiumOptions(): { executablePath: string; args: string[] } {
  const found = command()
  if (found === undefined) throw new Error('there is no Chromium: install it, or run npm test, which sees to it')
  const executablePath = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, found))
    .find((path) => existsSync(path))
  return {
    executablePath: executablePath ?? found,
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
