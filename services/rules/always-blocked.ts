import { dayTypes } from '../domain/blocked-times.ts'
import { type Channel, channels } from '../topology.ts'
import type { BlockedContact } from './catalogue.ts'

const minutesOfDay = 1440
const weekdays = dayTypes.filter((day) => day !== 'holiday')
const minutesOfWeek = weekdays.length * minutesOfDay

/**
 * The index of the block with which those of a policy leave no minute of an ordinary week in which something for the purpose
 * may be said through any channel; undefined: some is left. What a block keeps to its categories leaves the others open.
 */
export function blockThatClosesAll(
  blocks: readonly BlockedContact[],
  purpose: BlockedContact['purposes'][number],
): number | undefined {
  const closed = new Map<Channel, Set<number>>(channels.map((channel) => [channel, new Set()]))
  const index = blocks.findIndex((block) => {
    if (!block.purposes.includes(purpose) || block.categories.length > 0) return false
    for (const channel of block.channels.length > 0 ? block.channels : channels) {
      const minutes = closed.get(channel)
      if (minutes) closeMinutes(block, minutes)
    }
    return [...closed.values()].every((minutes) => minutes.size === minutesOfWeek)
  })
  return index < 0 ? undefined : index
}

function closeMinutes({ days, bands }: BlockedContact, closed: Set<number>): void {
  const times = bands.length > 0 ? bands : [{ start: 0, end: minutesOfDay }]
  weekdays.forEach((day, place) => {
    if (days.length > 0 && !days.includes(day)) return
    for (const { start, end } of times) {
      const until = end > start ? end : end + minutesOfDay
      for (let minute = start; minute < until; minute++) {
        closed.add((place * minutesOfDay + minute) % minutesOfWeek)
      }
    }
  })
}
