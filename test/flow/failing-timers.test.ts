import { expect, test } from 'vitest'
import { FailingTimers } from '../../services/flow/failing-timers.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { waitFor } from '../support/wait-for.ts'
import { countingEngine, hour, start } from './counting-engine.ts'

const minute = 60_000

test('a timer that fails is one dead letter however often it does, tried again ever more seldom, until it is mended', async () => {
  let failures = 3
  const failing: number[] = []
  const observer = { ...silentObserver, failingTimers: (_: number, count: number) => void failing.push(count) }
  const { clock, log, run, recharge, receipts, deadLetters } = await countingEngine({
    timerFails: () => failures-- > 0,
    observer,
  })
  await run()
  await log.append([recharge('a', 0)])
  clock.advance(start + 3 * hour)
  await waitFor('the receipt and the timer', async () => (await receipts()).length === 2)
  // Behind ten, twenty and forty minutes.
  expect(await receipts()).toEqual(['a-1', `timer-1-${start + hour + 70 * minute}`])
  const letters = await deadLetters()
  expect(letters.map(({ code, topic, position }) => [code, topic, position])).toEqual(
    letters.map(() => ['KM_TEST_TIMER', 'timer', start + hour]),
  )
  expect(letters.length).toBe(3)
  expect(new Set(letters.map(({ dead_letter_id }) => dead_letter_id)).size).toBe(1)
  expect(failing.filter((count, i) => count !== failing[i - 1])).toEqual([0, 1, 0])
})

test('records of a subscriber do not have its failing timer tried before its time', async () => {
  const { clock, log, run, recharge, receipts, deadLetters } = await countingEngine({ timerFails: () => true })
  await run()
  await log.append([recharge('a', 0)])
  clock.advance(start + hour)
  await waitFor('the failure', async () => (await deadLetters()).length === 1)
  // Each names a deadline of its own, which is over by then.
  await log.append([-5, -4, -3, -2].map((minutes, i) => recharge('a', minutes, 100, `late-${i}`)))
  await waitFor('the receipts', async () => (await receipts()).length === 5)
  clock.advance(start + hour + 10 * minute)
  await waitFor('the next try', async () => (await deadLetters()).length > 1)
  expect((await deadLetters()).length).toBe(2)
})

test('a process that begins tries it at once, as the fault may be mended, and goes on with the same letter', async () => {
  let isMended = false
  const { clock, log, store, run, recharge, receipts, deadLetters } = await countingEngine({ timerFails: () => true })
  const first = await run()
  await log.append([recharge('a', 0)])
  clock.advance(start + 3 * hour)
  await waitFor('failures', async () => (await deadLetters()).length === 4)
  await first.stop()
  const again = await countingEngine({ log, store, timerFails: () => !isMended })
  again.clock.advance(start + 3 * hour + 1)
  const second = await again.run()
  await waitFor('another failure', async () => (await deadLetters()).length === 5)
  expect(new Set((await deadLetters()).map(({ dead_letter_id }) => dead_letter_id)).size).toBe(1)
  await second.stop()
  isMended = true
  await again.run()
  await waitFor('the timer', async () => (await receipts()).length === 2)
})

test('the pauses double from ten minutes up to a day', () => {
  const timers = new FailingTimers()
  let clock = 1_000
  const pauses = Array.from({ length: 11 }, () => {
    const { since, retryAt } = timers.failed('a', clock)
    expect(since).toBe(1_000)
    expect(timers.heldUntil('a', retryAt - 1)).toBe(retryAt)
    expect(timers.heldUntil('a', retryAt)).toBeUndefined()
    const pause = retryAt - clock
    clock = retryAt
    return pause / minute
  })
  expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440])
})

test('what was stored goes on where it was; what is looked at for another reason is tried at once', () => {
  const timers = new FailingTimers()
  expect(timers.stored).toBeUndefined()
  timers.failed('a', 5)
  timers.failed('a', 700_000)
  expect(timers.heldUntil('a', 700_000)).toBe(1_900_000)
  timers.retryNow('a')
  expect(timers.heldUntil('a', 700_000)).toBeUndefined()
  const restored = new FailingTimers(timers.stored)
  expect(restored.heldUntil('a', 0)).toBeUndefined()
  expect(restored.failed('a', 10)).toEqual({ since: 5, retryAt: 10 + 40 * minute })
  expect([restored.mended('a'), restored.mended('a'), restored.size]).toEqual([true, false, 0])
})

test('very many are not told apart by their beginning, and are tried each hour', () => {
  const timers = new FailingTimers()
  for (let i = 0; i < 1_000; i++) timers.failed(`s${i}`, i)
  expect(timers.failed('one-more', 7)).toEqual({ since: 0, retryAt: 7 + hour })
  expect([timers.size, timers.heldUntil('one-more', 7)]).toEqual([1_000, undefined])
})
