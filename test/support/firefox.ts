import { isInstalled, needPackages } from '../../deploy/local/packages.ts'
import type { Say } from '../../deploy/local/server.ts'

/** Debian's name of the browser that it keeps for a year. */
export const firefoxCommand = 'firefox-esr'

/** A real Firefox for the tests of web push. Installs Debian's where none is. */
export const needFirefox = (say: Say): Promise<void> =>
  needPackages([firefoxCommand], async () => isInstalled(firefoxCommand), say)
