import { expect, test } from 'vitest'
import { createSandboxChannel, type SandboxSettings } from '../../services/deliver/adapters/sandbox/sandbox.ts'
import { createSandboxShelf, type SandboxShelf } from '../../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { waitFor } from '../support/wait-for.ts'
import { effectOf, startSender } from './sender-under-test.ts'

function startSandbox(changes: Partial<SandboxSettings> = {}, keep = 500) {
  const shelf = createSandboxShelf(keep)
  const settings = { channel: 'sms', deliveryMs: 20, failShare: 0, ...changes } as const
  return { ...startSender((log) => createSandboxChannel(settings, wallClock, log, shelf)), shelf }
}

test('shows what was sent, masked, and reports its delivery', async () => {
  const { sender, shelf, receipts } = startSandbox()
  const effect = effectOf('您的余额不足'.repeat(12), { address: '+8613912345678' })
  expect((await sender.send(effect)).outcome).toMatchObject({
    kind: 'accepted',
    messageIds: [expect.any(String), expect.any(String)],
  })
  await waitFor('the receipt', () => receipts().length === 1)
  expect(receipts()[0]).toMatchObject({ command_id: effect.commandId, status: 'delivered', parts: 2 })
  expect(shelf.messages()).toMatchObject([
    {
      number: 1,
      subscriberId: effect.subscriberId,
      text: effect.text,
      encoding: 'ucs2',
      segments: 2,
      status: 'delivered',
      address: '•••••••••••78',
    },
  ])
})

test('keeps the newest only, newest first, and gives those behind a number', async () => {
  const { sender, shelf } = startSandbox({}, 3)
  for (let i = 1; i <= 5; i++) await sender.send(effectOf(`message ${i}`))
  const numbers = (options?: Parameters<SandboxShelf['messages']>[0]) =>
    shelf.messages(options).map(({ number }) => number)
  expect(numbers()).toEqual([5, 4, 3])
  expect(numbers({ after: 4 })).toEqual([5])
  expect(numbers({ limit: 2 })).toEqual([5, 4])
})

test('fails the share that it was told to, and the same ones each time', async () => {
  const failed = async () => {
    const { sender, receipts } = startSandbox({ failShare: 0.3 })
    const effects = Array.from({ length: 100 }, (_, i) => effectOf('hello', { commandId: `c${i}` }))
    await Promise.all(effects.map((effect) => sender.send(effect)))
    await waitFor('all receipts', () => receipts().length === 100)
    return receipts()
      .filter(({ status }) => status === 'failed')
      .map(({ command_id }) => command_id)
      .toSorted()
  }
  const first = await failed()
  expect(first.length).toBeGreaterThan(15)
  expect(first.length).toBeLessThan(45)
  expect(await failed()).toEqual(first)
})

test('past not_after nothing leaves', async () => {
  const { sender, shelf } = startSandbox()
  const { outcome } = await sender.send(effectOf('too late', { notAfter: Date.now() }))
  expect(outcome).toMatchObject({ kind: 'not-sent', code: 'expired' })
  expect(shelf.messages()).toEqual([])
})

test('reports on closing what it had not reported yet', async () => {
  const { sender, shelf, receipts } = startSandbox({ deliveryMs: 60_000 })
  await sender.send(effectOf('hello'))
  expect(shelf.messages()).toMatchObject([{ status: null }])
  await sender.stop()
  expect(shelf.messages()).toMatchObject([{ status: 'delivered' }])
  expect(receipts()).toHaveLength(1)
  expect((await sender.send(effectOf('later'))).outcome).toMatchObject({ kind: 'not-sent', code: 'stopping' })
})
