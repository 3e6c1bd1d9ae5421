import type { Clock } from '../../../flow/clock.ts'
import type { Channel, Log } from '../../channel.ts'
import { callIdOf, createIvrChannel, type IvrSettings } from '../ivr/ivr.ts'
import { isAmongFailed, type SandboxSettings } from './sandbox.ts'
import { createSandboxDialler } from './sandbox-dialler.ts'
import type { SandboxShelf } from './sandbox-shelf.ts'

/**
 * Calls as they are made through a switch, to the phones of the sandbox. Of a sandbox's settings: `deliveryMs` is how long a phone
 * rings that answers by itself, `failShare` the share of those that don't.
 */
export function createSandboxCalls(
  settings: Pick<SandboxSettings, 'deliveryMs' | 'failShare'>,
  ivr: IvrSettings,
  clock: Clock,
  log: Log,
  shelf: SandboxShelf,
): Channel {
  const isMissed = (commandId: string) => isAmongFailed(settings.failShare, commandId)
  const dialler = createSandboxDialler({ answerMs: settings.deliveryMs, isMissed }, shelf, clock)
  const channel = createIvrChannel({ ...ivr, closingMs: 0 }, dialler, clock, log)
  shelf.channels.add('ivr')
  return {
    ...channel,

    async send(message, signal) {
      const id = callIdOf(message.attemptId)
      dialler.expect(id, message)
      try {
        return await channel.send(message, signal)
      } finally {
        dialler.forget(id)
      }
    },

    async close() {
      dialler.finish()
      await channel.close()
    },
  }
}
