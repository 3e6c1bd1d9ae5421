import { expect, onTestFinished, test } from 'vitest'
import { startTail } from '../../services/catalogue/tail.ts'
import { createEmbeddedLog } from '../../services/flow/adapters/embedded/log.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'

const aMinute = 60_000

async function tailing() {
  const log = createEmbeddedLog({ file: ':memory:', shards: 2 })
  onTestFinished(() => log.close())
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const tail = await startTail({
    log,
    codec,
    version: () => undefined,
    report: () => undefined,
    failed: (error) => {
      throw error
    },
  })
  onTestFinished(() => tail.stop())
  await tail.caughtUp()
  return tail
}

test('who waits for a version that doesn’t come back is told in time', async () => {
  const tail = await tailing()
  await expect(tail.reached(1, 20)).rejects.toMatchObject({ code: 'KM_LOG_UNAVAILABLE', canRetry: true })
})

test('who waits when the process ends is told at once', async () => {
  const tail = await tailing()
  const waits = Promise.allSettled([tail.reached(1, aMinute), tail.reached(2, aMinute)])
  await tail.stop()
  const told = await waits
  expect(told).toMatchObject([{ reason: { code: 'KM_LOG_UNAVAILABLE' } }, { reason: { code: 'KM_LOG_UNAVAILABLE' } }])
  await expect(tail.reached(1, aMinute)).rejects.toMatchObject({ code: 'KM_LOG_UNAVAILABLE' })
})
