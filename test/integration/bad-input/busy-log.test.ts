import { expect, test } from 'vitest'
import { detect } from '../../../services/detect/service.ts'
import { CodedError } from '../../../services/domain/errors.ts'
import type { EventLog } from '../../../services/flow/event-log.ts'
import { createIngest } from '../../../services/ingest/service.ts'
import type { Deployable } from '../../../services/platform/deployable.ts'
import { topics } from '../../../services/topology.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startEngine } from './engine.ts'
import { lines, longCall } from './events.ts'

/** Ingest whose appends go through `append` instead of straight to the log. */
function ingestThrough(append: (log: EventLog) => EventLog['append']): Deployable {
  const ingest = createIngest()
  return {
    ...ingest,
    routes(http, platform, process) {
      const through = () => {
        const opened = platform()
        return { ...opened, log: { ...opened.log, append: append(opened.log) } }
      }
      ingest.routes?.(http, through, process)
    },
  }
}

const now = Date.now()

test('a log that cannot keep up gets no more than its measure: 429 with Retry-After, and what was taken arrives', async () => {
  const gate = Promise.withResolvers<void>()
  let waiting = 0
  const slow = ingestThrough((log) => async (records) => {
    waiting++
    await gate.promise
    return log.append(records)
  })
  const batch = (name: string) =>
    lines(Array.from({ length: 50 }, (_, n) => longCall(`${name}-${n}`, `s-${name}-${n}`, now + n)))
  const size = batch('a').length
  const engine = await startEngine({
    deployables: [detect, slow],
    settings: { KEYMOMENT_HTTP_WAITING_BYTES_MAX: String(2 * size + 100) },
  })
  await engine.running.started
  const taken = ['a', 'b'].map((name) => engine.post(batch(name)))
  await waitFor('two batches to wait', () => waiting === 2)

  const refused = await engine.post(batch('c'))
  expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 429, code: 'KM_INGEST_BUSY' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)

  gate.resolve()
  expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([202, 202])
  expect((await engine.post(batch('c'))).status).toBe(202)
  expect(await engine.atLeast(topics.moments, 150)).toHaveLength(150)
})

test('a batch that is larger than all that may wait gets through alone', async () => {
  const engine = await startEngine({ settings: { KEYMOMENT_HTTP_WAITING_BYTES_MAX: '1' } })
  await engine.running.started
  expect((await engine.post(lines([longCall('a', 's-1', now)]))).status).toBe(202)
})

test('a log that refuses is told as 503 with Retry-After, and the same batch is taken once it is back', async () => {
  let isThere = false
  const engine = await startEngine({
    deployables: [
      detect,
      ingestThrough((log) => async (records) => {
        if (!isThere) throw new CodedError('KM_LOG_UNAVAILABLE', 'the log does not answer', { canRetry: true })
        return log.append(records)
      }),
    ],
  })
  await engine.running.started
  const batch = lines([longCall('a', 's-1', now)])
  const refused = await engine.post(batch)
  expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 503, code: 'KM_LOG_UNAVAILABLE' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  isThere = true
  expect((await engine.post(batch)).status).toBe(202)
  expect(await engine.atLeast(topics.moments, 1)).toHaveLength(1)
})
