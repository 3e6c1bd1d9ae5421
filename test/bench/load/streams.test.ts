import { describe, expect, test } from 'vitest'
import { hotEvents, hotKeyPerSecond, hotSubscriber } from '../hotkey/stream.ts'
import { overloadEvents } from '../overload/stream.ts'
import { loadEvents, perSecond } from '../reload/stream.ts'
import { paced } from './paced.ts'

const start = Date.UTC(2026, 0, 1)
const seconds = 0.5

describe.each([
  ['paced', 200, () => paced(start, seconds, 200)],
  ['paced, longer than ids are remembered', 40_000, () => paced(start, seconds, 40_000)],
  ['overload', 300, () => overloadEvents('run', start, seconds, 300)],
  ['reload', perSecond, () => loadEvents(start, seconds)],
  ['hotkey', hotKeyPerSecond, () => hotEvents(start, seconds, 10)],
])('the stream %s', (_, rate, stream) => {
  const all = [...stream()]
  const once = all.filter(({ isDouble }) => !isDouble)

  test('has its rate, each event at its time', () => {
    expect(once).toHaveLength(rate * seconds)
    expect(once.map(({ sendAt }) => sendAt)).toEqual(once.map((_, i) => start + Math.floor((i * 1_000) / rate)))
    expect(once.map(({ event }) => event.value.event_time)).toEqual(once.map(({ sendAt }) => sendAt))
  })

  test('has each event once, and doubles behind it', () => {
    const ids = once.map(({ event }) => event.value.event_id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [i, { event, sendAt, isDouble }] of all.entries()) {
      if (!isDouble) continue
      expect(all.slice(0, i).map((one) => one.event)).toContainEqual(event)
      expect(sendAt).toBeGreaterThanOrEqual(event.value.event_time)
    }
  })

  test('is the same again', () => {
    expect([...stream()]).toEqual(all)
  })
})

test.each([
  [0, 0],
  [10, 500],
  [100, 50],
])('each so many-th event (%i) is the machine SIM’s: %i of 5,000', (every, count) => {
  const all = [...hotEvents(start, seconds, every)]
  expect(all.filter(({ event }) => event.value.subscriber_id === hotSubscriber)).toHaveLength(count)
})

test('the load of the reload bench has doubles at an even rate', () => {
  expect([...loadEvents(start, seconds)].filter(({ isDouble }) => isDouble)).toHaveLength(8)
})
