import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openCatalogue } from '../../services/platform/catalogue-source.ts'
import { difference } from './agreement.ts'
import { openEmbeddedBackend } from './embedded.ts'
import { writeOverloadCatalogue } from './overload/catalogue.ts'
import { median, withSections } from './page.ts'
import { measure } from './rules/scaling.ts'
import { shapes } from './rules/shapes.ts'

test('a small run of the benchmark ends, with moments and without dead letters', { timeout: 60_000 }, async () => {
  const backend = await openEmbeddedBackend(10_000)
  onTestFinished(() => backend.close())
  const result = await backend.run()
  expect(result).toMatchObject({ records: backend.records, own: { late: 0, deadLetters: 0 } })
  expect(result.moments.length).toBeGreaterThan(0)
  expect(result.duplicates).toBe(backend.records - 10_000)
})

describe('an event looks at no more conditions under 100 rules than under 10', () => {
  test.each(shapes)('$name', { timeout: 60_000 }, async (shape) => {
    const few = await measure(shape, 10, 3_000)
    const many = await measure(shape, 100, 3_000)
    expect(many.conditionsPerEvent).toBeLessThan(few.conditionsPerEvent + 0.01)
  })
})

test('overload is measured under a catalogue without fault, in which only the channel holds back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-overload-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { policy } = await openCatalogue(writeOverloadCatalogue(folder))
  expect(policy).toMatchObject({ quietHours: [], caps: [] })
  expect(policy.holdout ?? 0).toBe(0)
})

test.each([
  [
    'a section takes the place of the one with its title',
    '# P\n\n## a\n\n1\n\n## b\n\n2\n',
    '# P\n\n## a\n\n3\n\n## b\n\n2\n',
  ],
  ['a new one stands at the end', '# P\n\n## b\n\n2\n', '# P\n\n## b\n\n2\n\n## a\n\n3\n'],
  ['of none there were', '# P\n', '# P\n\n## a\n\n3\n'],
])('%s', (_, before, after) => {
  expect(withSections(before, [{ title: 'a', text: '3\n' }])).toBe(after)
})

test.each([
  ['the same in another order', ['a', 'b'], ['b', 'a'], [], []],
  ['one less', ['a'], ['a', 'b'], ['b'], []],
  ['one more, twice', ['a', 'c', 'c'], ['a'], [], ['c']],
])('moments that are compared: %s', (_, got, expected, missing, extra) => {
  expect(difference(got, new Set(expected))).toEqual({ missing, extra })
})

test.each([
  [[3], 3],
  [[4, 1, 2], 2],
  [[4, 1], 2.5],
  [[], Number.NaN],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})
