import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect } from 'vitest'
import { shardId } from '../../services/domain/ids.ts'
import type { ShardStore, StateStore, TimerEntry } from '../../services/flow/state-store.ts'
import { contentOf, groupOf, storedAsTable, TestWrites } from './commit-group.ts'

interface Group {
  readonly writes: readonly (readonly [key: string, value: string])[]
  readonly note: string | null
  readonly outbox: string | undefined
  readonly trimBack: number | undefined
  readonly added: readonly TimerEntry[]
  readonly removed: readonly TimerEntry[]
}

type Act =
  | { readonly kind: 'commit'; readonly groups: readonly Group[] }
  | { readonly kind: 'stale' | 'skip'; readonly groups: readonly Group[] }
  | { readonly kind: 'claim' | 'restart' | 'check' }

const key = fc.constantFrom('a', 'b', 'c', 'd:e', 'é', '用户', 'k'.repeat(64))
const timer = fc.record({ slot: fc.constantFrom(0, 60_000, 1_767_225_600_000), key })
const group: fc.Arbitrary<Group> = fc.record({
  writes: fc.uniqueArray(fc.tuple(key, fc.oneof(fc.constant(''), fc.string({ minLength: 1, maxLength: 20 }))), {
    selector: ([of]) => of,
    maxLength: 5,
  }),
  note: fc.option(fc.string({ maxLength: 10 })),
  outbox: fc.option(fc.string({ minLength: 1, maxLength: 10 }), { nil: undefined }),
  trimBack: fc.option(fc.nat(3), { nil: undefined }),
  added: fc.array(timer, { maxLength: 3 }),
  removed: fc.array(timer, { maxLength: 3 }),
})
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('commit'), groups: fc.array(group, { minLength: 1, maxLength: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('stale', 'skip'), groups: fc.tuple(group) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('claim', 'check') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart') }) },
)

/** The port as its docstrings have it, and nothing else. */
class Model {
  sequence = 0
  progress = ''
  note = ''
  readonly values = new Map<string, string>()
  readonly timers = new Set<string>()
  outbox: { sequence: number; text: string }[] = []

  apply({ writes, note, outbox, added, removed }: Group, sequence: number, trimThrough: number): void {
    this.sequence = sequence
    this.progress = `progress ${sequence}`
    this.note = note ?? this.note
    for (const [of, value] of writes) {
      if (value === '') this.values.delete(of)
      else this.values.set(of, value)
    }
    for (const entry of removed) this.timers.delete(`${entry.slot} ${entry.key}`)
    for (const entry of added) this.timers.add(`${entry.slot} ${entry.key}`)
    if (outbox !== undefined) this.outbox.push({ sequence, text: outbox })
    this.outbox = this.outbox.filter((row) => row.sequence > trimThrough)
  }
}

/** Plays random histories on the store and on the model, and compares them; returns the store of the last restart. */
export async function checkAgainstModel(
  fixture: { restart(): Promise<StateStore> },
  first: StateStore,
  histories: number,
): Promise<StateStore> {
  let store = first
  const shard = shardId(3)
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), async (acts) => {
      const service = `m${randomUUID().slice(0, 8)}`
      const model = new Model()
      let owner = await store.claim(service, shard)
      let stale: ShardStore | undefined
      for (const next of [...acts, { kind: 'claim' } as const]) {
        const commit = (to: ShardStore, part: Group, sequence: number) => {
          const trimThrough = part.trimBack === undefined ? 0 : Math.max(0, sequence - 1 - part.trimBack)
          const writes = new TestWrites(part.writes)
          const timers = { timersAdded: part.added, timersRemoved: part.removed }
          const outbox = part.outbox === undefined ? {} : { outbox: part.outbox }
          const done = to.commit(groupOf(sequence, { writes, note: part.note, trimThrough, ...timers, ...outbox }))
          writes.overwrite()
          return { done, trimThrough }
        }
        switch (next.kind) {
          case 'commit': {
            const under = next.groups.map((part) => {
              const sequence = model.sequence + 1
              const { done, trimThrough } = commit(owner, part, sequence)
              model.apply(part, sequence, trimThrough)
              return done
            })
            await Promise.all(under)
            break
          }
          case 'stale':
          case 'skip': {
            const to = next.kind === 'stale' ? stale : owner
            const [part] = next.groups
            if (!to || !part) break
            const code = next.kind === 'stale' ? 'KM_SHARD_FENCED' : 'KM_STATE_ROLLED_BACK'
            const sequence = model.sequence + (next.kind === 'stale' ? 1 : 2)
            await expect(commit(to, part, sequence).done).rejects.toMatchObject({ code })
            // A refused owner starts again from what is stored.
            if (next.kind === 'skip') owner = await store.claim(service, shard)
            break
          }
          case 'claim':
          case 'restart': {
            if (next.kind === 'restart') store = await fixture.restart()
            stale = next.kind === 'restart' ? undefined : owner
            owner = await store.claim(service, shard)
            expect(storedAsTable(owner.stored)).toEqual({
              sequence: model.sequence,
              progress: model.progress,
              note: model.note,
              timers: [...model.timers].sort(),
              outbox: model.outbox.map(({ sequence, text }) => `${sequence} ${text}`),
            })
            break
          }
          case 'check': {
            const keys = ['a', 'é', 'c', 'absent', 'a']
            const expected = keys.map((of) => model.values.get(of) ?? null)
            expect((await owner.load(keys)).map((value) => value?.toString() ?? null)).toEqual(expected)
          }
        }
      }
      expect(new Map(await contentOf(owner))).toEqual(model.values)
    }),
    { numRuns: histories },
  )
  return store
}
