import { needPackages, pathOf } from '../../deploy/local/packages.ts'
import type { Say } from '../../deploy/local/server.ts'

/** What the browser is called: Debian's name first. */
const names = ['firefox-esr', 'firefox']

const path = (): string | undefined => names.map(pathOf).find((found) => found !== undefined)

/** A real browser to which is pushed. Installs Debian's Firefox ESR where none is. */
export const needFirefox = (say: Say): Promise<void> =>
  needPackages(['firefox-esr'], async () => path() !== undefined, say)

/** Where it is. @throws Error where it is nowhere */
export function firefoxPath(): string {
  const found = path()
  if (found === undefined) throw new Error('there is no Firefox: install it, or run npm test, which sees to it')
  return found
}
