import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { acceleratedClock, simulatedClock, wallClock } from '../../services/flow/clock.ts'
import { FeedDelay } from '../../services/flow/feed-delay.ts'

const minute = 60_000
const noon = Date.parse('2026-03-02T12:00:00Z')
const never = Number.NEGATIVE_INFINITY
/** Of topic 0 and topic 1. */
const graces = [10 * minute, 60 * minute]

beforeEach(() => void vi.useFakeTimers({ now: noon }))
afterEach(() => void vi.useRealTimers())

// Times in minutes from noon; a pause in the feed is waited for half a minute.
test.each([
  // topic, event, its arrival | how long ago that was | how far the clock may go
  ['comes at once', 0, 0, 0, 0, 0],
  ['comes exactly at the grace', 0, -10, 0, 0, 0],
  ['comes later than the grace', 0, -11, 0, 0, -11],
  ['comes within the longer grace of its own type', 1, -11, 0, 0, 0],
  ['is behind, and time passes', 0, -180, 0, 0.25, -179.75],
  ['is behind, and nothing comes any more', 0, -180, 0, 0.5, 0.5],
  ['waited on the log while nobody read it', 0, -180, -179, 0, 0],
  ['came behind, and waited on the log too', 0, -180, -100, 0, -80],
  ['has no known arrival', 0, -180, never, 0, -180],
  ['arrived on a clock ahead of ours', 0, -180, 9_000, 0, -180],
])('the newest event %s', (_, topic, event, arrival, passed, reach) => {
  const feed = new FeedDelay(wallClock, graces, minute / 2)
  feed.newest(topic, noon + event * minute, noon + arrival * minute)
  expect(feed.delay).toBeGreaterThanOrEqual(0)
  vi.advanceTimersByTime(passed * minute)
  expect((feed.reach - noon) / minute).toBe(reach)
})

test('it is asked again when the deadline is reached, or the feed is silent for long enough', () => {
  const feed = new FeedDelay(wallClock, graces, minute / 2)
  feed.newest(0, noon - 180 * minute, noon)
  expect(feed.millisUntil(noon - 180 * minute + 1_000)).toBe(1_000)
  expect(feed.millisUntil(noon - 60 * minute)).toBe(minute / 2)
  expect(feed.millisUntil(noon + minute)).toBe(minute)
  vi.advanceTimersByTime(minute / 2)
  expect(feed.millisUntil(noon - 60 * minute)).toBe(0)
})

test('a feed that has caught up is not waited for any more', () => {
  const feed = new FeedDelay(wallClock, graces, minute / 2)
  feed.newest(0, noon - 180 * minute, noon)
  expect(feed.delay).toBe(180 * minute)
  feed.newest(0, noon - minute, noon)
  expect([feed.delay, feed.reach]).toEqual([0, noon])
})

test('another process goes on waiting', () => {
  const feed = new FeedDelay(wallClock, graces, minute / 2)
  feed.restore(180 * minute)
  expect(feed.reach).toBe(noon - 180 * minute)
  vi.advanceTimersByTime(minute / 2)
  expect(feed.reach).toBe(noon + minute / 2)
})

test('the pause is real time also where the clock of a demonstration runs faster', () => {
  const feed = new FeedDelay(acceleratedClock(noon, 60), graces, minute / 2)
  feed.newest(0, noon - 180 * minute, noon)
  expect(feed.reach).toBe(noon - 180 * minute)
  vi.advanceTimersByTime(minute / 4)
  expect(feed.reach).toBe(noon - 165 * minute)
  vi.advanceTimersByTime(minute / 4)
  expect(feed.reach).toBe(noon + 30 * minute)
})

test('in a simulation nothing is behind', () => {
  const clock = simulatedClock()
  const feed = new FeedDelay(clock, graces, minute / 2)
  feed.newest(0, noon - 180 * minute, noon)
  clock.advance(noon)
  expect(feed.reach).toBe(noon)
})

test('without graces, as in decide, no feed is waited for', () => {
  const feed = new FeedDelay(wallClock, [], minute / 2)
  feed.newest(0, noon - 180 * minute, noon)
  expect(feed.reach).toBe(noon)
})
