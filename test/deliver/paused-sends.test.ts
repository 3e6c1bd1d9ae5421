import { expect, test } from 'vitest'
import { controlByHand } from '../control/held-by-hand.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { waitFor } from '../support/wait-for.ts'
import { effectOf, startSmppSender } from './sender-under-test.ts'

test('what was claimed before the pause and still waits for the channel does not leave under it', async () => {
  const smsc = await startSmsc()
  const control = controlByHand()
  const { sender } = startSmppSender(smsc.url, { perSecond: 20, burst: 1, window: 2 }, { control })
  const sends = Array.from({ length: 60 }, (_, i) => sender.send(effectOf(`message ${i}`)))
  const served = Array.from({ length: 3 }, (_, i) => sender.send(effectOf(`served ${i}`, { purpose: 'service' })))
  await waitFor('some to have left', () => smsc.taken().length >= 5)
  control.operator('pause p1 purpose=marketing')
  const results = await Promise.all(sends)
  const left = results.filter(({ outcome }) => outcome.kind === 'accepted').length
  const held = results.filter(({ outcome }) => outcome.kind === 'not-sent' && outcome.code === 'paused').length
  expect(held).toBeGreaterThan(0)
  expect(left + held).toBe(60)
  expect((await Promise.all(served)).map(({ outcome }) => outcome.kind)).toEqual(['accepted', 'accepted', 'accepted'])
  await smsc.tookAtLeast(left + 3)
  expect(smsc.taken()).toHaveLength(left + 3)
})

test('nothing leaves that is paused, cancelled, or of which that is not known, when it comes to the channel', async () => {
  const smsc = await startSmsc()
  const control = controlByHand()
  const { sender } = startSmppSender(smsc.url, {}, { control })
  const codeOf = async (changes: Parameters<typeof effectOf>[1] = {}) => {
    const { outcome } = await sender.send(effectOf('hi', { commandId: 'one', ...changes }))
    return outcome.kind === 'not-sent' ? outcome.code : outcome.kind
  }
  control.operator('pause p1 campaign=topped-up')
  expect(await codeOf({ campaigns: ['topped-up'] })).toBe('paused')
  expect(await codeOf({ campaigns: ['another'] })).toBe('accepted')
  control.operator('cancel c1 command=one')
  expect(await codeOf()).toBe('cancelled')
  control.operator('unknown')
  expect(await codeOf({ commandId: 'two' })).toBe('pauses-unknown')
  expect(await codeOf({ commandId: 'two', purpose: 'service' })).toBe('accepted')
  expect(control.looks()).toBeGreaterThan(0)
})
