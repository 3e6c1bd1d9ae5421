import { CodedError } from '../../services/domain/errors.ts'
import { abortable } from '../../services/flow/abortable.ts'
import type { CommitGroup, ShardStore, StateStore, StoredShard } from '../../services/flow/state-store.ts'
import type { CallFaults, Process } from './process.ts'
import type { World } from './world.ts'

interface StoredState {
  readonly at: number
  readonly epoch: number
  readonly sequence: number
  readonly progress: string
  readonly note: string
  readonly values: ReadonlyMap<string, Buffer>
  readonly timers: ReadonlyMap<string, { slot: number; key: string }>
  readonly outbox: ReadonlyMap<number, Buffer>
}

const empty: StoredState = {
  at: 0,
  epoch: 0,
  sequence: 0,
  progress: '',
  note: '',
  values: new Map(),
  timers: new Map(),
  outbox: new Map(),
}

/** A commit as it travels. */
type Sent = Omit<CommitGroup, 'writes' | 'outbox'> & {
  readonly outbox: Buffer | null
  readonly writes: readonly (readonly [key: string, value: Buffer])[]
}

const code = 'KM_STORE_UNAVAILABLE'
const committing: CallFaults = { refused: 'commit-refused', unanswered: 'commit-unanswered', slow: 'commit-slow' }
const claiming: CallFaults = { refused: 'claim-failed', unanswered: 'claim-failed', slow: 'commit-slow' }
const loading: CallFaults = { refused: 'load-failed', unanswered: 'load-failed', slow: 'read-slow' }

/** The store's server: it keeps its past, and can go back to it with all of its shards, epochs included. */
export class SimulatedStore {
  readonly #world: World
  /** Without the fence it takes any commit. */
  readonly #isFenced: boolean
  readonly #histories = new Map<string, StoredState[]>()
  #epochs = 0

  constructor(world: World, isFenced = true) {
    this.#world = world
    this.#isFenced = isFenced
  }

  /** Loses what was stored after an instant, of one service's shards or of all. */
  goBack(to: number, service = ''): void {
    for (const [id, history] of this.#histories) {
      if (!id.startsWith(service)) continue
      // Its genesis stays: a store without it is another fault, with another answer.
      const genesis = history.findIndex(({ sequence }) => sequence > 0)
      if (genesis < 0) continue
      const later = history.findIndex(({ at }) => at > to)
      if (later >= 0) history.length = Math.max(later, genesis + 1)
    }
  }

  /** The store as a process sees it. */
  seenBy(process: Process): StateStore {
    return {
      claim: async (service, shard, signal) => {
        const id = `${service}.${shard}`
        const gate = { last: 0 }
        const call = <T>(what: string, faults: CallFaults, action: () => T) =>
          abortable(process.call(`${what} ${id}`, faults, code, action, gate), signal)
        const taken = await call('claim', claiming, () => this.#claim(id))
        const stored: StoredShard = {
          sequence: taken.sequence,
          progress: taken.progress,
          note: taken.note,
          timers: [...taken.timers.values()],
          outbox: [...taken.outbox].map(([sequence, bytes]) => ({ sequence, bytes })),
        }
        const shardStore: ShardStore = {
          epoch: String(taken.epoch),
          stored,
          load: (keys) => call('load', loading, () => keys.map((key) => this.#newest(id).values.get(key) ?? null)),
          commit: (group) => {
            const sent = copied(group)
            return call(`commit ${sent.sequence}`, committing, () => this.#commit(id, taken.epoch, sent))
          },
          scan: async function* scan(this: void) {
            yield await call('scan', loading, () => pages(id))
          },
        }
        const pages = (of: string) => [...this.#newest(of).values]
        return shardStore
      },
      peek: async (service, shard, key) => {
        const { sequence, progress, note, values } = this.#newest(`${service}.${shard}`)
        return sequence === 0 ? undefined : { progress, note, value: values.get(key) ?? null }
      },
      scan: (service, shard) => {
        const { sequence, values } = this.#newest(`${service}.${shard}`)
        return (async function* () {
          if (sequence > 0) yield [...values]
        })()
      },
      progress: async (service, shard) => {
        const { sequence, progress } = this.#newest(`${service}.${shard}`)
        return sequence === 0 ? undefined : progress
      },
      index() {
        throw new Error('the simulation has no index')
      },
      close: async () => undefined,
    }
  }

  #historyOf(id: string): StoredState[] {
    const history = this.#histories.get(id) ?? [empty]
    this.#histories.set(id, history)
    return history
  }

  #newest(id: string): StoredState {
    return this.#historyOf(id).at(-1) ?? empty
  }

  #claim(id: string): StoredState {
    const taken = { ...this.#newest(id), epoch: ++this.#epochs, at: this.#world.now }
    this.#historyOf(id).push(taken)
    return taken
  }

  #commit(id: string, epoch: number, group: Sent): void {
    const before = this.#newest(id)
    if (this.#isFenced) {
      if (before.epoch !== epoch) throw new CodedError('KM_SHARD_FENCED', 'simulated')
      if (before.sequence !== group.sequence - 1) throw new CodedError('KM_STATE_ROLLED_BACK', 'simulated')
    }
    const values = new Map(before.values)
    for (const [key, value] of group.writes) {
      if (value.length === 0) values.delete(key)
      else values.set(key, value)
    }
    const timers = new Map(before.timers)
    for (const { slot, key } of group.timersRemoved) timers.delete(`${slot} ${key}`)
    for (const entry of group.timersAdded) timers.set(`${entry.slot} ${entry.key}`, entry)
    const outbox = new Map([...before.outbox].filter(([sequence]) => sequence > group.trimThrough))
    if (group.outbox) outbox.set(group.sequence, group.outbox)
    const { sequence, progress } = group
    const note = group.note ?? before.note
    this.#historyOf(id).push({
      at: this.#world.now,
      epoch: before.epoch,
      sequence,
      progress,
      note,
      values,
      timers,
      outbox,
    })
  }
}

/** As the port promises, what is committed is read at once. */
function copied(group: CommitGroup): Sent {
  const writes = Array.from({ length: group.writes.count }, (_, i) => {
    const key = Buffer.alloc(group.writes.keyLength(i))
    group.writes.copyKey(i, key, 0)
    const value = Buffer.alloc(group.writes.valueLength(i))
    group.writes.copyValue(i, value, 0)
    return [key.toString(), value] as const
  })
  return { ...group, writes, outbox: group.outbox ? Buffer.from(group.outbox) : null }
}
