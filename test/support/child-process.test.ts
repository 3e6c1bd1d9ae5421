import { expect, onTestFinished, test } from 'vitest'
import { startChild } from './child-process.ts'
import { waitFor } from './wait-for.ts'

const node = (script: string) => startChild(process.execPath, ['-e', script])

test('a line that a child wrote is found, also when it has ended', async () => {
  const child = await node('console.log("one"); console.error("ready at 17")')
  expect((await child.waitForLine(/^ready at (\d+)$/))[1]).toBe('17')
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(child.stdout()).toBe('one\n')
})

test('a child that ends without the line is told with what it wrote', async () => {
  const child = await node('console.error("no such port"); process.exit(3)')
  await expect(child.waitForLine(/ready/)).rejects.toThrow(/ended with 3; it wrote:\nno such port/)
})

test('a child that takes too long is told, and killed by its pid', async () => {
  const child = await node('setInterval(() => {}, 1000); console.log("waits")')
  onTestFinished(async () => {
    await child.kill('SIGKILL')
  })
  await child.waitForLine(/waits/)
  await expect(child.waitForLine(/ready/, 100)).rejects.toThrow(/not within 100 ms/)
  expect(await child.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
})

test('a command that is not there is an error', async () => {
  await expect(startChild('keymoment-no-such-command', [])).rejects.toThrow(/ENOENT/)
})

test('a wait in vain says for what, and why not', async () => {
  const refused = () => {
    throw new Error('refused')
  }
  const error = await waitFor('the broker', refused, { deadlineMs: 50 }).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ message: 'waited 50 ms in vain for the broker', cause: { message: 'refused' } })
})
