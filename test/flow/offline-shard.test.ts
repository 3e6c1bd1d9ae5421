import { beforeEach, expect, test } from 'vitest'
import { OfflineShard } from '../../services/flow/offline-shard.ts'
import type { Context, Processor } from '../../services/flow/processor.ts'
import { recordView } from '../../services/flow/record-view.ts'
import { topics } from '../../services/topology.ts'

/** What happened, in order. */
let told: string[]
let shard: OfflineShard<Processor>
beforeEach(() => {
  told = []
  shard = new OfflineShard(echo(), {
    admit: (key) => told.push(`admit ${key}`),
    take: (outputs) => told.push(`out ${outputs.map(({ value }) => Buffer.from(value).toString()).join()}`),
  })
})

/** Arms what a record says (`a` in 5: a timer at 5), puts out what it was given, and throws at `!`. */
function echo(): Processor {
  const put = (key: string, text: string, context: Context) => context.emit(topics.moments, key, Buffer.from(text))
  return {
    isResident: () => true,
    admit: () => undefined,
    record(_topic, { key, value }, context) {
      put(String(key), `${key}${value}`, context)
      if (String(value) === '!') throw new Error('refused')
      context.arm(String(key), Number(value))
    },
    timer: (key, context) => put(key, `${key}@${context.clock} head ${context.head} now ${context.now}`, context),
    adopt: () => undefined,
    effectResult: () => undefined,
    writes: { count: 0, keyLength: () => 0, copyKey: () => 0, valueLength: () => 0, copyValue: () => 0 },
    settled: () => undefined,
    memoryBytes: 0,
    evict: () => undefined,
    note: '',
    restore: () => undefined,
  }
}
const send = (key: string, value: string) => shard.record(0, recordView(key, Buffer.from(value), 7))

test('what is due comes in its order, the clock and the head standing at its due time, and once', () => {
  send('a', '30')
  send('b', '20')
  told = []
  shard.advance(30)
  expect(told).toEqual(['admit b', 'out b@20 head 20 now 20', 'admit a', 'out a@30 head 30 now 30'])
  shard.advance(100)
  expect(told).toHaveLength(4)
  expect(shard.clock).toBe(100)
})

test('what is due exactly at the end comes, a millisecond later it waits', () => {
  send('a', '31')
  told = []
  shard.advance(30)
  expect(told).toEqual([])
  shard.advance(31)
  expect(told).toHaveLength(2)
})

test('the head goes no further than the time of day, and policy is judged on that', () => {
  send('a', '30')
  told = []
  shard.headMost = 10
  shard.timeOfDay = 50
  shard.advance(30)
  expect(told.at(-1)).toBe('out a@30 head 10 now 50')
})

test('a record that is refused has put out nothing, also not with the next', () => {
  expect(() => send('a', '!')).toThrow('refused')
  send('b', '5')
  expect(told).toEqual(['admit a', 'admit b', 'out b5'])
  expect(shard.appendedAt).toBe(7)
})

test('a clock goes forward only', () => {
  shard.advance(30)
  shard.advance(20)
  expect(shard.clock).toBe(30)
})

test('another process knows the timers that were stored, by their slots', () => {
  send('a', '90000')
  const { added } = shard.timerChanges()
  shard.restart(echo(), added)
  told = []
  shard.advance(90_000)
  expect(told).toEqual(['admit a', 'out a@60000 head 60000 now 60000'])
})
