import type { CommitGroup, ShardStore, StateWrites, StoredShard } from '../../services/flow/state-store.ts'

/** Changed states in buffers of their own, which `overwrite` spoils as an owner does that goes on changing them. */
export class TestWrites implements StateWrites {
  readonly #keys: Buffer[]
  readonly #values: Buffer[]

  constructor(entries: readonly (readonly [key: string, value: string | Uint8Array])[]) {
    this.#keys = entries.map(([key]) => Buffer.from(key))
    this.#values = entries.map(([, value]) => Buffer.from(value as Uint8Array))
  }

  get count() {
    return this.#keys.length
  }
  keyLength(i: number) {
    return this.#keys[i]?.length ?? 0
  }
  copyKey(i: number, target: Buffer, at: number) {
    return at + (this.#keys[i]?.copy(target, at) ?? 0)
  }
  valueLength(i: number) {
    return this.#values[i]?.length ?? 0
  }
  copyValue(i: number, target: Buffer, at: number) {
    return at + (this.#values[i]?.copy(target, at) ?? 0)
  }

  overwrite() {
    for (const bytes of [...this.#keys, ...this.#values]) bytes.fill('#')
  }
}

export interface GroupOptions extends Partial<Omit<CommitGroup, 'writes' | 'outbox' | 'sequence'>> {
  readonly writes?: TestWrites | Readonly<Record<string, string>>
  readonly outbox?: string
}

/** A group of which the parts that are left out are empty. */
export function groupOf(sequence: number, { writes = {}, outbox, ...rest }: GroupOptions = {}): CommitGroup {
  return {
    sequence,
    progress: `progress ${sequence}`,
    note: null,
    trimThrough: 0,
    timersAdded: [],
    timersRemoved: [],
    ...rest,
    writes: writes instanceof TestWrites ? writes : new TestWrites(Object.entries(writes)),
    outbox: outbox === undefined ? null : Buffer.from(outbox),
  }
}

/** All keys and values of a shard as a sorted table; a key that comes twice is in it twice. */
export async function contentOf(store: ShardStore): Promise<[key: string, value: string][]> {
  const rows: [string, string][] = []
  for await (const page of store.scan()) {
    for (const [key, value] of page) rows.push([key, value.toString()])
  }
  return rows.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** What a claim found, in a form to compare: timers sorted, outbox as text. */
export function storedAsTable({ sequence, progress, note, timers, outbox }: StoredShard) {
  return {
    sequence,
    progress,
    note,
    timers: timers.map(({ slot, key }) => `${slot} ${key}`).sort(),
    outbox: outbox.map((row) => `${row.sequence} ${row.bytes}`),
  }
}
