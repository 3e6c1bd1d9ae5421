import { expect, test } from 'vitest'
import type { ShardId } from '../../services/domain/ids.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { simulatedClock } from '../../services/flow/clock.ts'
import { Committer } from '../../services/flow/committer.ts'
import { Group } from '../../services/flow/group.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import type { CommitMark } from '../../services/flow/progress.ts'
import { Relay } from '../../services/flow/relay.ts'
import { nodeScheduler } from '../../services/flow/scheduler.ts'
import type { ShardStore } from '../../services/flow/state-store.ts'
import { topics } from '../../services/topology.ts'
import { waitFor } from '../support/wait-for.ts'

const shard = 0 as ShardId
const topic = topics.moments.name

/** A committer over a store whose commits end as these promises do. */
function committing(answers: readonly Promise<void>[]) {
  const log = createEmbeddedLog({ file: ':memory:', shards: 1, clock: simulatedClock() })
  const from = { relayedThrough: 0, ends: new Map() }
  const notes: (string | null)[] = []
  const marks: CommitMark[] = []
  const store: ShardStore = {
    epoch: 'e',
    stored: { sequence: 0, progress: '', note: 'stored', timers: [], outbox: [] },
    load: async () => [],
    commit({ sequence, note }) {
      notes.push(note)
      return answers[sequence - 1] ?? Promise.resolve()
    },
    async *scan() {},
  }
  const committer = new Committer<never>({
    shard,
    store,
    scheduler: nodeScheduler,
    relay: new Relay(log, shard, [], new AbortController().signal, from, () => undefined),
    observer: silentObserver,
    inFlightMax: 2,
    onCommitted: () => undefined,
    onRelayed: () => undefined,
    onEnd: () => undefined,
  })
  const writes = { count: 0, keyLength: () => 0, copyKey: () => 0, valueLength: () => 0, copyValue: () => 0 }
  const commit = async (value: string, note = 'stored') => {
    const group = new Group<never>(1)
    if (value !== '') group.outputs.push({ topic, key: 'a', value: Buffer.from(value) })
    await committer.commit(group, (mark) => {
      marks.push(mark)
      return { writes, progress: '', note, positions: [0], timers: { added: [], removed: [] } }
    })
  }
  return { committer, commit, notes, marks, ends: () => log.ends([topic]) }
}

/** Vitest fails a file in which a rejection goes unhandled, as Node ends the process. */
test('a commit that fails before the one ahead of it has ended is reported in its turn', async () => {
  const first = Promise.withResolvers<void>()
  const { committer, commit } = committing([first.promise, Promise.reject(new Error('closed'))])
  await commit('one')
  await commit('two')
  await new Promise((resolve) => setImmediate(resolve))
  expect(committer.failure).toBeUndefined()
  first.resolve()
  await expect(committer.settled()).rejects.toThrow('closed')
})

test('outputs of a commit behind one that failed stay in the outbox: they do not overtake its', async () => {
  const first = Promise.withResolvers<void>()
  const { committer, commit, ends } = committing([first.promise, Promise.resolve()])
  await commit('one')
  await commit('two')
  first.reject(new Error('no answer'))
  await expect(committer.settled()).rejects.toThrow('no answer')
  await new Promise((resolve) => setImmediate(resolve))
  expect(await ends()).toEqual([[0]])
})

test('a note goes with a commit when it has changed, and with no other', async () => {
  const { committer, commit, notes } = committing([])
  for (const note of ['stored', 'longer', 'longer', 'stored', 'stored', '']) await commit('one', note)
  await committer.settled()
  expect(notes).toEqual([null, 'longer', null, 'stored', null, ''])
})

test('a commit says up to which commit all outputs are on the log: itself, if nothing is on its way', async () => {
  const second = Promise.withResolvers<void>()
  const { committer, commit, marks } = committing([Promise.resolve(), second.promise])
  await commit('')
  await waitFor('the first', () => !committer.isBusy)
  await commit('put out')
  await commit('')
  second.resolve()
  await waitFor('the output to be on the log', () => !committer.isBusy)
  await commit('another')
  await waitFor('that, too', () => !committer.isBusy)
  await commit('')
  expect(marks.map(({ owner, number, relayed }) => [owner, number, relayed])).toEqual([
    ['e', 1, 1],
    ['e', 2, 1],
    ['e', 3, 1],
    ['e', 4, 3],
    ['e', 5, 5],
  ])
})
