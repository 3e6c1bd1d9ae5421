import { type Urgency, urgencies } from './lane.ts'

interface GateSettings {
  /** So many are inside at once. */
  readonly width: number
  /** So many of each urgency may wait outside. */
  readonly waitingMax: number
}

/** Gives the place inside back; once. */
type Leave = () => void

/** The way into a channel: service first, and marketing never shut out. */
export interface Gate {
  /** `full`: too many wait already. `given-up`: the signal was aborted before there was a place. */
  enter(urgency: Urgency, signal: AbortSignal): Promise<Leave | 'full' | 'given-up'>
  /** Who waits outside, and who is inside. */
  load(): Readonly<Record<Urgency | 'inside', number>>
}

/** After so many services in a row one of marketing that waits has its turn. */
const servicesInARow = 4
/** Places that marketing leaves free, as a share: whoever serves needn't wait for answers of a slow channel. */
const keptFree = 0.1

export function createGate({ width, waitingMax }: GateSettings): Gate {
  /** By urgency, in the order in which they came. */
  const waiting: Readonly<Record<Urgency, Set<(leave: Leave) => void>>> = { service: new Set(), marketing: new Set() }
  const inside: Record<Urgency, number> = { service: 0, marketing: 0 }
  const marketingMax = width - Math.min(width - 1, Math.ceil(width * keptFree))
  let servicesSinceMarketing = 0

  const hasRoom = (urgency: Urgency): boolean =>
    inside.service + inside.marketing < width && (urgency === 'service' || inside.marketing < marketingMax)

  function next(): Urgency | undefined {
    const [service, marketing] = urgencies.map((urgency) => waiting[urgency].size > 0 && hasRoom(urgency))
    if (service && !(marketing && servicesSinceMarketing >= servicesInARow)) return 'service'
    return marketing ? 'marketing' : undefined
  }

  function admit(urgency: Urgency): Leave {
    inside[urgency]++
    servicesSinceMarketing = urgency === 'service' ? servicesSinceMarketing + 1 : 0
    return () => {
      inside[urgency]--
      for (let who = next(); who; who = next()) {
        const [first] = waiting[who]
        if (!first) return
        waiting[who].delete(first)
        first(admit(who))
      }
    }
  }

  return {
    enter(urgency, signal) {
      if (signal.aborted) return Promise.resolve('given-up')
      const queue = waiting[urgency]
      if (queue.size === 0 && hasRoom(urgency)) return Promise.resolve(admit(urgency))
      if (queue.size >= waitingMax) return Promise.resolve('full')
      return new Promise((resolve) => {
        const enter = (leave: Leave) => {
          signal.removeEventListener('abort', giveUp)
          resolve(leave)
        }
        const giveUp = () => {
          queue.delete(enter)
          resolve('given-up')
        }
        signal.addEventListener('abort', giveUp, { once: true })
        queue.add(enter)
      })
    },

    load: () => ({
      service: waiting.service.size,
      marketing: waiting.marketing.size,
      inside: inside.service + inside.marketing,
    }),
  }
}
