import { expect, test } from 'vitest'
import { createMetrics } from '../../services/telemetry/metrics.ts'

test('memory is told by kind, as it is when it is asked for', async () => {
  const { memory } = createMetrics()
  const told = async () => new Map((await memory.get()).values.map(({ labels, value }) => [labels.kind, value]))
  const before = await told()
  const kept = new ArrayBuffer(64_000_000)
  const after = await told()
  expect([...before.keys()]).toEqual(['resident', 'heap', 'heap_used', 'buffers'])
  expect(after.get('heap_used')).toBeLessThanOrEqual(after.get('heap') ?? 0)
  const grown = (after.get('buffers') ?? 0) - (before.get('buffers') ?? 0)
  expect(grown).toBeGreaterThan(kept.byteLength / 2)
})
