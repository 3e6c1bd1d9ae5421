import type { ChannelReport } from '../records/types.ts'
import type { Channel } from '../topology.ts'

/**
 * What steps see of how channels are. It changes between two inputs and never while one is handled, so that a step which asks
 * twice is answered alike.
 */
export interface ChannelHealths {
  /** Since when nothing gets through the channel, in milliseconds since 1970; undefined: it is up, or nobody knows. */
  downSince(channel: Channel): number | undefined
}

/** Where nobody sends: simulate, and a state that is only looked at. */
export const allUp: ChannelHealths = { downSince: () => undefined }

/**
 * A report counts for so long after it was heard, in real milliseconds: whoever is silent for longer may have ended. Then the
 * channel is taken to be up. A wrong "up" costs a message some waiting, until it expires or falls back; a wrong "down"
 * that stays would send everybody another, dearer way.
 */
export const validMs = 15_000

interface HealthBoard extends ChannelHealths {
  take(report: Pick<ChannelReport, 'process' | 'channel' | 'state' | 'since'>): void
  /** Some process says that it is down, whatever others say. */
  isDoubted(channel: Channel): boolean
  /** Forgets what was said too long ago. */
  look(): void
}

/** @param now real milliseconds since some moment */
export function createHealthBoard(now: () => number): HealthBoard {
  interface Said {
    readonly state: ChannelReport['state']
    readonly since: number
    readonly heardAt: number
  }
  const said = new Map<Channel, Map<string, Said>>()
  const of = (channel: Channel): readonly Said[] => [...(said.get(channel)?.values() ?? [])]
  const isDown = ({ state }: Said) => state === 'down'

  return {
    take({ process, channel, state, since }) {
      const byProcess = said.get(channel) ?? new Map<string, Said>()
      said.set(channel, byProcess.set(process, { state, since, heardAt: now() }))
    },

    look() {
      for (const byProcess of said.values()) {
        for (const [process, { heardAt }] of byProcess) if (now() - heardAt > validMs) byProcess.delete(process)
      }
    },

    isDoubted: (channel) => of(channel).some(isDown),

    // One process that gets through is enough: what others have waits there, and is theirs again when they do.
    downSince(channel) {
      const reports = of(channel)
      if (reports.length === 0 || !reports.every(isDown)) return undefined
      return Math.min(...reports.map(({ since }) => since))
    },
  }
}
