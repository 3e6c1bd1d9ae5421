import type { Line, Places, Stand, Turn } from '../flow/places.ts'
import type { Channel as ChannelName } from '../topology.ts'
import { laneName, type Urgency, urgencies, urgencyOf } from './lane.ts'
import type { SendEffect } from './send-effect.ts'
import { createTurns } from './turns.ts'

/** The places in all channels of a process: a command is claimed when its channel has one, and not before. */
interface SendPlaces extends Places<SendEffect> {
  /** Channels may have opened or closed: who waits for one that has room is called. */
  look(): void
}

interface Waiting {
  readonly key: string
  readonly stand: Stand
  readonly called: (turn: Turn) => void
}

/** By campaign, whoever waits in the order in which they came; the campaign whose turn is next first. */
type Parties = Map<string, Map<object, Map<string, Waiting>>>

/**
 * @param widths by channel that there is, how many commands may be claimed and not answered at present; 0: it is closed.
 * Called often. Within an urgency the campaigns that wait take turns, whatever each has waiting.
 */
export function createPlaces(widths: ReadonlyMap<ChannelName, () => number>): SendPlaces {
  const ways = new Map([...widths].map(([name, width]) => [name, createWay(width)]))
  const lanes = new Map(
    [...ways].flatMap(([name, way]) =>
      urgencies.map((urgency) => [laneName(name, urgency), { way, urgency }] as const),
    ),
  )
  /** What holds a place: each once, however often it is said to have ended. */
  const holders = new Set<SendEffect>()

  return {
    room(lane) {
      const found = lanes.get(lane)
      return found ? found.way.room(found.urgency) : Number.POSITIVE_INFINITY
    },

    isClosed: (lane) => lanes.get(lane)?.way.isClosed() ?? false,

    asked(effect) {
      if (holders.has(effect)) return
      holders.add(effect)
      ways.get(effect.channel)?.entered(urgencyOf(effect.purpose))
    },

    ended(effect) {
      if (holders.delete(effect)) ways.get(effect.channel)?.left(urgencyOf(effect.purpose))
    },

    line(called): Line {
      /** The shard, as far as it stands in lines. */
      const shard = {}
      let isOpen = true
      return {
        join(key, stand) {
          const found = lanes.get(stand.lane)
          if (isOpen && found) found.way.join(found.urgency, shard, { key, stand, called })
        },
        leave(key, stand) {
          const found = lanes.get(stand.lane)
          found?.way.leave(found.urgency, shard, stand.party, key)
        },
        close() {
          isOpen = false
          for (const way of ways.values()) way.forget(shard)
        },
      }
    },

    look() {
      for (const way of ways.values()) way.call()
    },
  }
}

/** The way into one channel. */
function createWay(width: () => number) {
  const turns = createTurns()
  const lines: Readonly<Record<Urgency, Parties>> = { service: new Map(), marketing: new Map() }

  /** Calls whoever is next, as long as there is room. */
  function call(): void {
    const open = width()
    const waits = (urgency: Urgency) => lines[urgency].size > 0
    for (let urgency = turns.next(waits, open); urgency; urgency = turns.next(waits, open)) {
      const next = takeNext(lines[urgency])
      if (!next) return
      next.called(turnOf(urgency, next))
    }
  }

  /** A place is kept free for it, until it is taken or passed. */
  function turnOf(urgency: Urgency, { key, stand }: Waiting): Turn {
    turns.called(urgency)
    turns.entered(urgency)
    let isKept = true
    const release = () => {
      if (isKept) turns.left(urgency)
      isKept = false
    }
    return {
      key,
      stand,
      take(action) {
        release()
        try {
          action()
        } finally {
          call()
        }
      },
      pass() {
        release()
        call()
      },
    }
  }

  return {
    call,
    isClosed: () => width() === 0,

    /** Nobody is passed: while somebody waits in line there is no room for who doesn't. */
    room(urgency: Urgency): number {
      if (lines[urgency].size > 0) return 0
      return turns.hasRoom(urgency, width()) ? 1 : 0
    },

    entered: turns.entered,
    left(urgency: Urgency): void {
      turns.left(urgency)
      call()
    },

    join(urgency: Urgency, shard: object, waiting: Waiting): void {
      const parties = lines[urgency]
      const { party } = waiting.stand
      const shards = parties.get(party) ?? new Map<object, Map<string, Waiting>>()
      const keys = shards.get(shard) ?? new Map<string, Waiting>()
      if (!keys.has(waiting.key)) keys.set(waiting.key, waiting)
      shards.set(shard, keys)
      parties.set(party, shards)
    },

    leave(urgency: Urgency, shard: object, party: string, key: string): void {
      const shards = lines[urgency].get(party)
      const keys = shards?.get(shard)
      if (!keys?.delete(key)) return
      if (keys.size === 0) shards?.delete(shard)
      if (shards?.size === 0) lines[urgency].delete(party)
    },

    forget(shard: object): void {
      for (const urgency of urgencies) {
        for (const [party, shards] of lines[urgency]) {
          if (shards.delete(shard) && shards.size === 0) lines[urgency].delete(party)
        }
      }
      call()
    },
  }
}

/** Parties take turns, and so do shards within a party; each by itself goes by the order of coming. */
function takeNext(parties: Parties): Waiting | undefined {
  for (const [party, shards] of parties) {
    parties.delete(party)
    for (const [shard, keys] of shards) {
      shards.delete(shard)
      for (const [key, waiting] of keys) {
        keys.delete(key)
        if (keys.size > 0) shards.set(shard, keys)
        if (shards.size > 0) parties.set(party, shards)
        return waiting
      }
    }
  }
  return undefined
}
