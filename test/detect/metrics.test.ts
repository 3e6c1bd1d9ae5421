import { expect, test } from 'vitest'
import { createCounters } from '../../services/detect/counters.ts'
import { createCounting } from '../../services/detect/metrics.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'

test('whatever detect lets go of is in the metrics, once, by its reason', async () => {
  const metrics = createMetrics()
  const count = createCounting(metrics)
  const counters = createCounters()
  counters.ended = 1
  counters.momentsExpired = 2
  count(counters)
  counters.momentsExpired = 5
  counters.inexact = 1
  counters.seenOverflows = 3
  counters.patternOverflows = 4
  count(counters)
  const { values } = await metrics.dropped.get()
  expect(values.map(({ labels, value }) => `${labels.reason} ${value}`).toSorted()).toEqual([
    'identity-ended 1',
    'moment-expired 5',
    'pattern-mark-pushed-out 4',
    'seen-id-pushed-out 3',
    'window-entries-merged 1',
  ])
})
