import type { EventLog, JoinOptions, ShardFeed } from '../../services/flow/event-log.ts'
import { decodeProgress } from '../../services/flow/progress.ts'
import type { CommitGroup, ShardStore, StateStore } from '../../services/flow/state-store.ts'

/** An instant, and the CPU time that this process and its main thread had used by then. */
export interface Mark {
  readonly millis: number
  readonly cpuMicros: number
  readonly threadCpuMicros: number
}

export function mark(): Mark {
  const { user, system } = process.cpuUsage()
  const thread = process.threadCpuUsage()
  return { millis: performance.now(), cpuMicros: user + system, threadCpuMicros: thread.user + thread.system }
}

/** Sees the first record come in and every group become durable; looks once a batch and once a group. */
export interface Watch {
  log(log: EventLog): EventLog
  store(store: StateStore): StateStore
  readonly first: Mark | undefined
  /** When half of all records were durable. */
  readonly half: Mark | undefined
  /** When all were. */
  readonly last: Mark | undefined
  readonly groups: number
  /** States written, each once a group. */
  readonly writes: number
}

/** `onCommit` is told of each group that became durable. */
export function createWatch(records: number, onCommit: (shard: number) => void = () => undefined): Watch {
  const durable = new Map<number, number>()
  let first: Mark | undefined
  let half: Mark | undefined
  let last: Mark | undefined
  let groups = 0
  let writes = 0

  function committed(shard: number, group: CommitGroup): void {
    groups++
    onCommit(shard)
    const { positions } = decodeProgress(group.progress)
    durable.set(
      shard,
      Object.values(positions).reduce((sum, position) => sum + position, 0),
    )
    const all = [...durable.values()].reduce((sum, count) => sum + count, 0)
    if (all >= records / 2) half ??= mark()
    if (all >= records) last ??= mark()
  }

  const watchedShard = (shard: number, store: ShardStore): ShardStore => ({
    ...store,
    commit(group) {
      writes += group.writes.count
      const done = store.commit(group)
      return done.then(() => committed(shard, group))
    },
  })

  const watchedFeed = (feed: ShardFeed): ShardFeed => ({
    start(positions, sink) {
      feed.start(positions, {
        push(topic, batch) {
          if (batch.count > 0) first ??= mark()
          sink.push(topic, batch)
        },
      })
    },
    pause: (topic) => feed.pause(topic),
    resume: (topic) => feed.resume(topic),
    progress: (positions) => feed.progress(positions),
  })

  return {
    log: (log) => ({
      ...log,
      join: (options: JoinOptions) =>
        log.join({ ...options, assigned: (shard, feed) => options.assigned(shard, watchedFeed(feed)) }),
    }),
    store: (store) => ({
      ...store,
      claim: async (service, shard) => watchedShard(shard, await store.claim(service, shard)),
    }),
    get first() {
      return first
    },
    get half() {
      return half
    },
    get last() {
      return last
    },
    get groups() {
      return groups
    },
    get writes() {
      return writes
    },
  }
}
