import { isTimeZone } from '../domain/civil-time.ts'
import { type TimeZone, timeZone } from '../domain/time-zones.ts'
import type { Profile } from '../records/types.ts'

/** Where subscribers were, as their profiles say it. */
export interface SubscriberZones {
  hear(profile: Profile): void
  /** The zone at an instant; before the first profile, and where none says it, the default. */
  at(subscriber: string, time: number, byDefault: string): TimeZone
}

interface Since {
  readonly from: number
  readonly zone: string
}

export function createSubscriberZones(): SubscriberZones {
  const known = new Map<string, Since[]>()
  return {
    hear({ subscriber_id, event_time, time_zone }) {
      if (time_zone == null || !isTimeZone(time_zone)) return
      const moves = known.get(subscriber_id) ?? []
      if (moves.at(-1)?.zone === time_zone) return
      moves.push({ from: event_time, zone: time_zone })
      moves.sort((a, b) => a.from - b.from)
      known.set(subscriber_id, moves)
    },
    at: (subscriber, time, byDefault) =>
      timeZone(known.get(subscriber)?.findLast(({ from }) => from <= time)?.zone ?? byDefault),
  }
}

/** 0..23 on the wall clock. */
export const hourOfDay = (zone: TimeZone, time: number): number => Math.floor(zone.minuteOfDay(time) / 60)
