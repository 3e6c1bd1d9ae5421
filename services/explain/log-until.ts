import type { EventLog } from '../flow/event-log.ts'

/** The log, which ends what is asked and read of it when the signal is aborted, with the signal's reason. */
export const logUntil = (log: EventLog, signal: AbortSignal): EventLog => ({
  ...log,
  ends: (topics) => log.ends(topics, signal),
  read: (topic, shard, from, to) => log.read(topic, shard, from, to, signal),
})
