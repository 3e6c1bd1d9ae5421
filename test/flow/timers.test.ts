import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TimerEntry } from '../../services/flow/state-store.ts'
import { Timers } from '../../services/flow/timers.ts'

const takeAll = (timers: Timers, clock: number): string[] => {
  const keys: string[] = []
  for (let key = timers.take(clock); key !== undefined; key = timers.take(clock)) keys.push(key)
  return keys
}

test('keys come in the order of their due times, the clock included', () => {
  const timers = new Timers([], 60)
  timers.arm('b', 20)
  timers.arm('a', 10)
  timers.arm('c', 30)
  expect(takeAll(timers, 20)).toEqual(['a', 'b'])
  expect(timers.nextDue).toBe(30)
})

test('the earliest due time of a key counts, and a key comes once', () => {
  const timers = new Timers([], 60)
  timers.arm('a', 30)
  timers.arm('a', 10)
  timers.arm('a', 20)
  expect(takeAll(timers, 100)).toEqual(['a'])
  expect(timers.size).toBe(0)
})

test('moving a deadline within its slot costs no write', () => {
  const timers = new Timers([], 60)
  timers.arm('a', 119)
  expect(timers.changes()).toEqual({ added: [{ slot: 60, key: 'a' }], removed: [] })
  timers.arm('a', 61)
  expect(timers.changes()).toEqual({ added: [], removed: [] })
  takeAll(timers, 61)
  expect(timers.changes()).toEqual({ added: [], removed: [{ slot: 60, key: 'a' }] })
})

test('what is stored finds every key again, never later than it is due', () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant('arm' as const), key: fc.constantFrom('a', 'b', 'c', 'd'), due: fc.nat(1_000) }),
    fc.record({ kind: fc.constant('take' as const), clock: fc.nat(1_000) }),
  )
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const timers = new Timers([], 50)
      const stored = new Map<string, TimerEntry>()
      const due = new Map<string, number>()
      for (const step of acts) {
        if (step.kind === 'arm') {
          timers.arm(step.key, step.due)
          due.set(step.key, Math.min(step.due, due.get(step.key) ?? Number.POSITIVE_INFINITY))
        } else {
          const expected = [...due].filter(([, time]) => time <= step.clock).map(([key]) => key)
          expect(takeAll(timers, step.clock).sort()).toEqual(expected.sort())
          for (const key of expected) due.delete(key)
        }
        const { added, removed } = timers.changes()
        for (const { slot, key } of removed) stored.delete(`${slot} ${key}`)
        for (const entry of added) stored.set(`${entry.slot} ${entry.key}`, entry)
      }
      const restored = new Timers([...stored.values()], 50)
      for (const [key, time] of due) {
        const early = takeAll(new Timers([...stored.values()], 50), time)
        expect(early).toContain(key)
      }
      expect(restored.size).toBe(due.size)
    }),
  )
})
