import { expect, onTestFinished, test } from 'vitest'
import { openEmbeddedBackend } from './embedded.ts'

test('a small run of the benchmark ends, with moments and without dead letters', { timeout: 60_000 }, async () => {
  const backend = await openEmbeddedBackend(10_000)
  onTestFinished(() => backend.close())
  const result = await backend.run()
  expect(result).toMatchObject({ records: backend.records, late: 0, deadLetters: 0 })
  expect(Object.values(result.moments).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
  expect(result.duplicates).toBe(backend.records - 10_000)
})
