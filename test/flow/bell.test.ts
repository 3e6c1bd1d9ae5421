import { expect, test } from 'vitest'
import { Bell } from '../../services/flow/bell.ts'

test('what rang since it began to listen is not waited for', async () => {
  const bell = new Bell()
  bell.listen()
  bell.ring()
  const before = performance.now()
  await bell.wait(5_000)
  expect(performance.now() - before).toBeLessThan(1_000)
})

test('a ring ends the wait, and so does its time', async () => {
  const bell = new Bell()
  bell.listen()
  const waited = bell.wait(5_000).then(() => 'rung')
  bell.ring()
  expect(await waited).toBe('rung')
  bell.listen()
  expect(await bell.wait(5)).toBeUndefined()
})
