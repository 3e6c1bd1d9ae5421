import { describe, expect, test } from 'vitest'
import { impure, leftOut, unchecked } from './impure.ts'
import { filesLike, findIn } from './sources.ts'

const ours = filesLike(/^(services|cli|bin|deploy|docs|schemas|test|[^/]+$).*\.[cm]?[jt]s$/)

describe('the checks see what they should', () => {
  test.each([
    ['new Date()', impure, true],
    ['new Date(0)', impure, false],
    ['Date.now()', impure, true],
    ['Date.UTC(2026, 0)', impure, false],
    ['Math.random()', impure, true],
    ['Math.max(1, 2)', impure, false],
    ['performance.now()', impure, true],
    ['const read = Date.now', impure, true],
    ['Temporal.Now.instant()', impure, true],
    ['Temporal.Instant.fromEpochMilliseconds(0)', impure, false],
    ['setTimeout(() => 1, 2)', impure, true],
    ['process.env.TZ', impure, true],
    ['// Date.now() in a comment', impure, false],
    ['let a: any', unchecked, true],
    ['const a = b!', unchecked, true],
    ['const many = !few', unchecked, false],
    ['test.skip("x", () => {})', leftOut, true],
    ['describe.skipIf(true)("x", () => {})', leftOut, true],
    ['it.concurrent.only("x", () => {})', leftOut, true],
    ['test.each([1]).skip("x", () => {})', leftOut, true],
    ['list.skip(3)', leftOut, false],
  ] as const)('%s', (text, look, isFound) => {
    expect(findIn({ path: 'example.ts', text }, look)).toHaveLength(isFound ? 1 : 0)
  })
})

test('there are sources to look at', () => {
  expect(ours.length).toBeGreaterThan(50)
})

test('domain and rules read no clock, no chance, no process', () => {
  const pure = ours.filter(({ path }) => /^services\/(domain|rules)\//.test(path))
  expect(pure.length).toBeGreaterThan(5)
  expect(pure.flatMap((source) => findIn(source, impure))).toEqual([])
})

test('the runtime waits and measures by its ports, so that a simulation decides everything', () => {
  const ports = /^services\/flow\/(adapters\/|clock\.ts$|scheduler\.ts$)/
  const runtime = ours.filter(({ path }) => path.startsWith('services/flow/') && !ports.test(path))
  expect(runtime.length).toBeGreaterThan(20)
  const timers = ({ text }: { text: string }) => /from 'node:(timers|timers\/promises|perf_hooks)'/.test(text)
  expect(runtime.filter(timers).map(({ path }) => path)).toEqual([])
  expect(runtime.flatMap((source) => findIn(source, impure))).toEqual([])
})

test('nothing switches the type checker off', () => {
  expect(ours.flatMap((source) => findIn(source, unchecked))).toEqual([])
  const silenced = ours.filter(({ text }) => new RegExp(`@ts-(${['ignore', 'nocheck'].join('|')})`).test(text))
  expect(silenced.map(({ path }) => path)).toEqual([])
})

test('every test is run', () => {
  const tests = ours.filter(({ path }) => path.endsWith('.test.ts') || path.startsWith('test/conformance/'))
  expect(tests.flatMap((source) => findIn(source, leftOut))).toEqual([])
})

test('nothing is put off', () => {
  const words = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`)
  const found = filesLike(/\.([cm]?[jt]s|lua|ya?ml|md|avsc|sh)$|(^|\/)(Dockerfile|run)$/).flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (words.test(line) ? [`${path}:${index + 1}  ${line.trim()}`] : [])),
  )
  expect(found).toEqual([])
})
