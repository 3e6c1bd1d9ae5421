import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { given, planFor } from '../../docs/scale-plan.ts'
import { root } from '../tidy/sources.ts'

test('each measured figure of the plan is cited from a section that is there', () => {
  const results = readFileSync(join(root, 'test/bench/RESULTS.md'), 'utf8')
  for (const one of Object.values(given)) {
    if ('section' in one) expect.soft(results, one.what).toContain(`\n## ${one.section}\n`)
    expect.soft(Number.isFinite(one.value) && one.value > 0, `${one.what}: ${one.value}`).toBe(true)
  }
})

test('more subscribers and more events never take less', () => {
  const loads = [1, 3, 10, 30, 100].map((times) => ({ subscribers: times * 1_000_000, events: times * 10_000 }))
  const grows = ['shards', 'detectProcesses', 'redisMasters', 'redisDataGb', 'brokers', 'logTb'] as const
  for (const name of grows) {
    const values = loads.map((load) => planFor(load)[name])
    expect(values, name).toEqual(values.toSorted((a, b) => a - b))
  }
})

test('what no system can be made for is refused', () => {
  expect(() => planFor({ subscribers: 10_000_000_000, events: 100_000_000 })).toThrow(RangeError)
})
