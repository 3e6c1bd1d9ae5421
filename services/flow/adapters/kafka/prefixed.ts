import type { EventLog } from '../../event-log.ts'

/** The same log with its topics and groups under a prefix, so that several systems can share a cluster. */
export function prefixed(log: EventLog, prefix: string): EventLog {
  if (prefix === '') return log
  const under = (name: string) => prefix + name
  return {
    shards: log.shards,
    async append(records) {
      const ends = await log.append(records.map((record) => ({ ...record, topic: under(record.topic) })))
      return ends.map((end) => ({ ...end, topic: end.topic.slice(prefix.length) }))
    },
    ends: (topics, signal) => log.ends(topics.map(under), signal),
    begins: (topics, signal) => log.begins(topics.map(under), signal),
    read: (topic, shard, from, to, signal) => log.read(under(topic), shard, from, to, signal),
    join: (options) => log.join({ ...options, group: under(options.group), topics: options.topics.map(under) }),
    close: () => log.close(),
  }
}
