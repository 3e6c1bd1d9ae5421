import type { AppendRecord } from '../../services/flow/event-log.ts'
import { topics } from '../../services/topology.ts'
import type { Incidents } from './incidents.ts'
import type { Plant } from './run.ts'
import type { Workload } from './workload.ts'

/** What a plant does to the run, and to what goes in. */
export interface Planted extends Plant {
  readonly workload?: (workload: Workload) => Workload
  /** What it takes to show it, beside the usual. */
  readonly incidents?: Incidents
}

/** Bugs that an engine of this kind may have, each a port with something missing. */
export const plants: Readonly<Record<string, Planted>> = {
  'commit without the fence': { isUnfenced: true },

  // Trimmed as soon as it is committed: whoever claims the shard next finds nothing to relay.
  'outbox trimmed before the relay is acknowledged': {
    incidents: { 'log-away': 60 },
    store: (store) => ({
      ...store,
      async claim(...claimed) {
        const shard = await store.claim(...claimed)
        return { ...shard, stored: { ...shard.stored, outbox: [] } }
      },
    }),
  },

  'timers lost on reassignment': {
    store: (store) => ({
      ...store,
      async claim(...claimed) {
        const shard = await store.claim(...claimed)
        return { ...shard, stored: { ...shard.stored, timers: [] } }
      },
    }),
  },

  'adoption skipped': { log: (log) => ({ ...log, read: async function* nothing() {} }) },

  'attempt not on the log before the send': {
    log: (log) => ({
      ...log,
      async append(records: readonly AppendRecord[]) {
        const isAttempt = ({ topic }: AppendRecord) => topic === topics.attempts.name
        const attempts = records.filter(isAttempt)
        if (attempts.length > 0) void log.append(attempts).catch(() => undefined)
        const others = records.filter((record) => !isAttempt(record))
        return others.length > 0 ? log.append(others) : []
      },
    }),
  },

  // As a ring of ids that remembers nothing sees them, what comes twice has another id each time.
  'ids of seen events lost': {
    workload: (workload) => ({
      ...workload,
      arrivals: workload.arrivals.map((arrival, i) => {
        const { event } = arrival
        if (event.type === 'profile') return arrival
        const record = { ...event.record, event_id: `${event.record.event_id}-${i}` }
        return { ...arrival, event: { ...event, record } as typeof event }
      }),
    }),
  },
}
