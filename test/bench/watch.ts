import { abortable } from '../../services/flow/abortable.ts'
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
  /** Records of which the outcome is durable. */
  readonly durable: number
  /** When half of those that are durable now were. */
  readonly half: Mark | undefined
  readonly groups: number
  /** States written, each once a group. */
  readonly writes: number
}

export interface WatchOptions {
  /** Shards are claimed when this has resolved. */
  readonly gate?: Promise<void>
  /** Told of each group that became durable. */
  readonly onCommit?: (shard: number) => void
}

export function createWatch({ gate, onCommit }: WatchOptions = {}): Watch {
  const durable = new Map<number, number>()
  const all = () => [...durable.values()].reduce((sum, count) => sum + count, 0)
  /** One a group. */
  const marks: { readonly durable: number; readonly mark: Mark }[] = []
  let first: Mark | undefined
  let writes = 0

  function committed(shard: number, group: CommitGroup): void {
    onCommit?.(shard)
    const { positions } = decodeProgress(group.progress)
    durable.set(
      shard,
      Object.values(positions).reduce((sum, position) => sum + position, 0),
    )
    marks.push({ durable: all(), mark: mark() })
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
      async claim(service, shard, signal) {
        if (gate) await abortable(gate, signal)
        return watchedShard(shard, await store.claim(service, shard, signal))
      },
    }),
    get first() {
      return first
    },
    get durable() {
      return all()
    },
    get half() {
      const half = all() / 2
      return marks.find((one) => one.durable >= half)?.mark
    },
    get groups() {
      return marks.length
    },
    get writes() {
      return writes
    },
  }
}
