import { CodedError } from '../../services/domain/errors.ts'
import type { CommitGroup, ShardStore, StateStore, StoredShard } from '../../services/flow/state-store.ts'

interface StoredState {
  readonly epoch: number
  readonly sequence: number
  readonly progress: string
  readonly note: string
  readonly values: ReadonlyMap<string, Buffer>
  readonly timers: ReadonlyMap<string, { slot: number; key: string }>
  readonly outbox: ReadonlyMap<number, Buffer>
}

const empty: StoredState = {
  epoch: 0,
  sequence: 0,
  progress: '',
  note: '',
  values: new Map(),
  timers: new Map(),
  outbox: new Map(),
}

/** What may go wrong with one call to the store. */
export type StoreFault = 'none' | 'unavailable' | 'done-but-unanswered' | 'goes-back'

export interface MemoryStore extends StateStore {
  /** Commits that were applied, over all shards. */
  readonly commits: number
}

/** A store in memory whose faults are chosen by the caller; it remembers its past, and can go back some commits. */
export function createMemoryStore(fault: () => StoreFault, backBy: () => number): MemoryStore {
  const histories = new Map<string, StoredState[]>()
  let commits = 0
  let epochs = 0

  const historyOf = (id: string): StoredState[] => {
    const history = histories.get(id) ?? [empty]
    histories.set(id, history)
    return history
  }
  const newest = (id: string) => historyOf(id).at(-1) ?? empty
  const unavailable = () => new CodedError('KM_STORE_UNAVAILABLE', 'simulated', { canRetry: true })

  function goBack(id: string): void {
    const history = historyOf(id)
    const keep = Math.max(1, history.length - backBy())
    const { epoch } = newest(id)
    // Its genesis stays: a store without it is another fault, with another answer.
    const genesis = history.findIndex(({ sequence }) => sequence > 0)
    if (genesis < 0) return
    history.length = Math.max(keep, genesis + 1)
    history.push({ ...newest(id), epoch })
  }

  function apply(id: string, group: CommitGroup): void {
    const before = newest(id)
    const values = new Map(before.values)
    for (let i = 0; i < group.writes.count; i++) {
      const key = Buffer.alloc(group.writes.keyLength(i))
      group.writes.copyKey(i, key, 0)
      const value = Buffer.alloc(group.writes.valueLength(i))
      group.writes.copyValue(i, value, 0)
      if (value.length === 0) values.delete(key.toString())
      else values.set(key.toString(), value)
    }
    const timers = new Map(before.timers)
    for (const { slot, key } of group.timersRemoved) timers.delete(`${slot} ${key}`)
    for (const entry of group.timersAdded) timers.set(`${entry.slot} ${entry.key}`, entry)
    const outbox = new Map([...before.outbox].filter(([sequence]) => sequence > group.trimThrough))
    if (group.outbox) outbox.set(group.sequence, Buffer.from(group.outbox))
    const { sequence, progress } = group
    const note = group.note ?? before.note
    historyOf(id).push({ epoch: before.epoch, sequence, progress, note, values, timers, outbox })
    commits++
  }

  return {
    get commits() {
      return commits
    },
    async claim(service, shard): Promise<ShardStore> {
      const id = `${service}.${shard}`
      if (fault() === 'goes-back') goBack(id)
      const epoch = ++epochs
      const taken = { ...newest(id), epoch }
      historyOf(id).push(taken)
      const stored: StoredShard = {
        sequence: taken.sequence,
        progress: taken.progress,
        note: taken.note,
        timers: [...taken.timers.values()],
        outbox: [...taken.outbox].map(([sequence, bytes]) => ({ sequence, bytes })),
      }
      return {
        epoch: String(epoch),
        stored,
        async load(keys) {
          if (fault() === 'unavailable') throw unavailable()
          return keys.map((key) => newest(id).values.get(key) ?? null)
        },
        commit(group) {
          const chosen = fault()
          if (chosen === 'goes-back') goBack(id)
          if (chosen === 'unavailable') return Promise.reject(unavailable())
          const now = newest(id)
          if (now.epoch !== epoch) {
            return Promise.reject(new CodedError('KM_SHARD_FENCED', 'simulated'))
          }
          if (now.sequence !== group.sequence - 1) {
            return Promise.reject(new CodedError('KM_STATE_ROLLED_BACK', 'simulated'))
          }
          apply(id, group)
          return chosen === 'done-but-unanswered' ? Promise.reject(unavailable()) : Promise.resolve()
        },
        async *scan() {
          yield [...newest(id).values]
        },
      }
    },
    async peek(service, shard, key) {
      const { sequence, progress, note, values } = newest(`${service}.${shard}`)
      return sequence === 0 ? undefined : { progress, note, value: values.get(key) ?? null }
    },
    index() {
      throw new Error('the simulation has no index')
    },
    close: async () => undefined,
  }
}
