import { expect, test } from 'vitest'
import { createHealthBoard, validMs } from '../../services/channel-health/board.ts'

/** `12 a down`: process a says at second 12 that SMS is down. Then, at which second it is asked, and since when it is down. */
test.each([
  ['nothing was said', [], 1, undefined],
  ['one says it is down', ['0 a down'], 1, 0],
  ['and again, since the same time', ['0 a down', '5 a down', '10 a down'], 20, 0],
  ['and that it is up again', ['0 a down', '5 a up'], 6, undefined],
  ['and nothing more: it may have ended', ['0 a down'], 16, undefined],
  ['just before that', ['0 a down'], 15, 0],
  ['one gets through: that is enough', ['0 a down', '1 b up'], 2, undefined],
  ['whoever got through is silent', ['0 a down', '1 b up', '15 a down'], 17, 0],
  ['both are down: since the first was', ['0 a down', '4 b down'], 5, 0],
] as const)('%s', (_, lines, at, expected) => {
  let seconds = 0
  const board = createHealthBoard(() => seconds * 1_000)
  const began = new Map<string, number>()
  for (const line of lines) {
    const [time = '', process = '', state] = line.split(' ')
    seconds = Number(time)
    if (state === 'up') began.delete(process)
    else if (!began.has(process)) began.set(process, seconds)
    const since = began.get(process) ?? seconds
    board.take({ process, channel: 'sms', state: state === 'up' ? 'up' : 'down', since })
  }
  seconds = at
  board.look()
  expect(board.downSince('sms')).toBe(expected)
  expect(board.downSince('push')).toBeUndefined()
  expect(validMs).toBe(15_000)
})
