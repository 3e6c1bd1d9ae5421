import { expect, test } from 'vitest'
import { CodedError } from '../../services/domain/errors.ts'
import { startSmsc } from '../counterparts/smsc.ts'
import { effectOf, openEdge, startSmppSender } from './sender-under-test.ts'

test('what has left is accepted, though its id could not be kept; the loss is told with its code', async () => {
  const away = new CodedError('KM_STORE_UNAVAILABLE', 'Redis does not answer', { canRetry: true })
  const edge = { ...openEdge(), remember: () => Promise.reject(away) }
  const smsc = await startSmsc()
  const { sender, lines } = startSmppSender(smsc.url, {}, { edge })
  const { outcome } = await sender.send(effectOf('hello'))
  expect(outcome).toMatchObject({ kind: 'accepted', messageIds: [expect.stringMatching(/./)] })
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ level: 50, provider: 'smpp', code: 'KM_STORE_UNAVAILABLE' }),
  )
  await smsc.tookAtLeast(1)
  expect(smsc.taken()).toHaveLength(1)
})
