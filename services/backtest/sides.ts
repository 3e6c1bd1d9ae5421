import type { EventLog } from '../flow/event-log.ts'
import { eventTypes, topics } from '../topology.ts'

/** The catalogue that is compared with, and the one that is tried. */
export const sides = ['present', 'candidate'] as const
export type Side = (typeof sides)[number]

const shared = new Set<string>([...eventTypes.map((type) => topics.events[type].name), topics.receipts.name])

/** The log as one side sees it: both read the same events and receipts; what one writes the other doesn't see. */
export function ofSide(log: EventLog, side: Side): EventLog {
  const own = (topic: string) => (shared.has(topic) ? topic : `${side}.${topic}`)
  const known = (topic: string) => (topic.startsWith(`${side}.`) ? topic.slice(side.length + 1) : topic)
  return {
    shards: log.shards,
    async append(records) {
      const ends = await log.append(records.map((record) => ({ ...record, topic: own(record.topic) })))
      return ends.map((end) => ({ ...end, topic: known(end.topic) }))
    },
    ends: (names) => log.ends(names.map(own)),
    begins: (names) => log.begins(names.map(own)),
    read: (topic, shard, from, to) => log.read(own(topic), shard, from, to),
    join: (options) => log.join({ ...options, group: `${side}.${options.group}`, topics: options.topics.map(own) }),
    close: () => log.close(),
  }
}
