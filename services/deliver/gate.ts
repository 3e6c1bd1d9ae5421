import type { Urgency } from './lane.ts'
import { createTurns } from './turns.ts'

interface GateSettings {
  /** So many are inside at once; 1 or more. */
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

export function createGate({ width, waitingMax }: GateSettings): Gate {
  /** By urgency, in the order in which they came. */
  const waiting: Readonly<Record<Urgency, Set<(leave: Leave) => void>>> = { service: new Set(), marketing: new Set() }
  const turns = createTurns()
  const next = () => turns.next((urgency) => waiting[urgency].size > 0, width)

  function admit(urgency: Urgency): Leave {
    turns.called(urgency)
    turns.entered(urgency)
    return () => {
      turns.left(urgency)
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
      if (queue.size === 0 && turns.hasRoom(urgency, width)) return Promise.resolve(admit(urgency))
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
      inside: turns.inside,
    }),
  }
}
