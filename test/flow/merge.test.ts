import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Merge } from '../../services/flow/merge.ts'
import { MergeBuffers } from '../../services/flow/merge-buffers.ts'
import { batchOf } from './record-batches.ts'

const timeInValue = { timeOf: (_: number, { value }: { value: Buffer }) => Number(value.toString()) }
const noValve = { pause: () => undefined, resume: () => undefined }
const merging = (topics: number) =>
  new Merge(new Array(topics).fill(0), timeInValue, noValve, 1_000, new MergeBuffers(1_000_000))
const records = (...times: number[]) => times.map((time, position) => ({ position, value: String(time) }))

function drain(merge: Merge): string[] {
  const taken: string[] = []
  for (let topic = merge.next(); topic >= 0; topic = merge.next()) {
    taken.push(`${topic}@${merge.time(topic)}`)
    merge.take(topic)
  }
  return taken
}

test('the smallest head comes first, and ties go to the topic named first', () => {
  const merge = merging(2)
  merge.push(0, batchOf(records(1, 5, 6), { atEnd: true }))
  merge.push(1, batchOf(records(2, 5, 9), { atEnd: true }))
  expect(drain(merge)).toEqual(['0@1', '1@2', '0@5', '1@5', '0@6', '1@9'])
  expect(merge.positions).toEqual([3, 3])
  expect(merge.caughtUp).toBe(true)
})

test('it waits for a topic that has more to give, and not for one that is at its end', () => {
  const merge = merging(2)
  merge.push(0, batchOf(records(1, 7), { atEnd: true }))
  expect(drain(merge)).toEqual([])
  merge.push(1, batchOf(records(3)))
  expect(drain(merge)).toEqual(['0@1', '1@3'])
  merge.push(1, batchOf([{ position: 1, value: '4' }], { atEnd: true }))
  expect(drain(merge)).toEqual(['1@4', '0@7'])
})

test('an empty batch at the end of a topic lets the others go on', () => {
  const merge = merging(2)
  merge.push(0, batchOf(records(1), { atEnd: true }))
  merge.push(1, batchOf([], { atEnd: true }))
  expect(drain(merge)).toEqual(['0@1'])
})

test('a gap behind the last record of a batch counts as read', () => {
  const merge = merging(1)
  merge.push(0, batchOf(records(1), { atEnd: true, next: 10 }))
  drain(merge)
  expect(merge.positions).toEqual([10])
})

test('what a batch without records passes over counts as read, behind what came before it', () => {
  const merge = merging(2)
  merge.push(0, batchOf([], { atEnd: true, next: 7 }))
  merge.push(1, batchOf(records(1), { atEnd: true }))
  merge.push(1, batchOf([], { atEnd: true, next: 9 }))
  expect(merge.positions).toEqual([7, 0])
  drain(merge)
  expect(merge.positions).toEqual([7, 9])
  expect(merge.caughtUp).toBe(true)
})

test('a head that is not ready holds everything back until it is asked again', () => {
  let ready = false
  const reader = { timeOf: (topic: number) => (topic === 1 && !ready ? Number.NaN : 5 - topic) }
  const merge = new Merge([0, 0], reader, noValve, 1_000, new MergeBuffers(1_000_000))
  merge.push(0, batchOf(records(5), { atEnd: true }))
  merge.push(1, batchOf(records(4), { atEnd: true }))
  expect(merge.next()).toBe(-1)
  ready = true
  merge.retryHeads()
  expect(drain(merge)).toEqual(['1@4', '0@5'])
})

test('a topic with too many records waiting is paused until half of them are gone', () => {
  const calls: string[] = []
  const valve = {
    pause: (topic: number) => calls.push(`pause ${topic}`),
    resume: (topic: number) => calls.push(`resume ${topic}`),
  }
  const merge = new Merge([0], timeInValue, valve, 4, new MergeBuffers(1_000_000))
  merge.push(0, batchOf(records(1, 2, 3, 4, 5)))
  expect(calls).toEqual(['pause 0'])
  for (let i = 0; i < 3; i++) merge.take(0)
  expect(calls).toEqual(['pause 0'])
  merge.take(0)
  expect(calls).toEqual(['pause 0', 'resume 0'])
})

describe('a topic with more bytes waiting than its share of the memory', () => {
  const waiting = () => {
    const calls: string[] = []
    const valve = {
      pause: (topic: number) => calls.push(`pause ${topic}`),
      resume: (topic: number) => calls.push(`resume ${topic}`),
    }
    return { calls, valve }
  }
  const heavy = (bytes: number, ...times: number[]) => batchOf(records(...times), { bytes })

  test('is paused until half of it is gone; a batch counts until its last record is taken', () => {
    const { calls, valve } = waiting()
    const buffers = new MergeBuffers(1_000)
    const merge = new Merge([0, 0], timeInValue, valve, 1_000, buffers)
    merge.push(0, heavy(300, 1, 2))
    merge.push(0, heavy(300, 3))
    expect([calls, buffers.bytes]).toEqual([['pause 0'], 600])
    merge.take(0)
    expect([calls, buffers.bytes]).toEqual([['pause 0'], 600])
    merge.take(0)
    expect([calls, buffers.bytes]).toEqual([['pause 0'], 300])
    merge.take(0)
    expect([calls, buffers.bytes]).toEqual([['pause 0', 'resume 0'], 0])
  })

  test('has less where more shards share the memory, and all of it again when they are gone', () => {
    const { calls, valve } = waiting()
    const buffers = new MergeBuffers(1_000)
    const merge = new Merge([0], timeInValue, valve, 1_000, buffers)
    const other = new Merge([0, 0, 0], timeInValue, noValve, 1_000, buffers)
    expect(buffers.share).toBe(250)
    other.push(1, heavy(100, 1))
    other.close()
    expect([buffers.share, buffers.bytes]).toEqual([1_000, 0])
    merge.push(0, heavy(900, 1))
    expect(calls).toEqual([])
  })
})

test('whatever the batches, the merge of sorted topics is sorted and complete', () => {
  const topic = fc.array(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 5 }), { maxLength: 5 })
  fc.assert(
    fc.property(fc.array(topic, { minLength: 1, maxLength: 4 }), (topics) => {
      const merge = merging(topics.length)
      const all: number[] = []
      const streams = topics.map((chunks) => {
        const times = chunks.flat().sort((a, b) => a - b)
        all.push(...times)
        let position = 0
        const sizes = chunks.map((chunk) => chunk.length)
        return sizes.map((size, i) => {
          const part = times
            .slice(position, position + size)
            .map((time, k) => ({ position: position + k, value: String(time) }))
          position += size
          return batchOf(part, { atEnd: i === sizes.length - 1 })
        })
      })
      const taken: number[] = []
      const takeAll = () => taken.push(...drain(merge).map((step) => Number(step.split('@')[1])))
      for (let round = 0; round < 5; round++) {
        for (const [i, batches] of streams.entries()) {
          const batch = batches[round]
          if (batch) merge.push(i, batch)
          else if (round === 0) merge.push(i, batchOf([], { atEnd: true }))
        }
        takeAll()
      }
      expect(taken).toEqual(all.sort((a, b) => a - b))
    }),
  )
})
