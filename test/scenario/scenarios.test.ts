import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CodedError } from '../../services/domain/errors.ts'
import { readTimelines } from '../../services/timelines/read-timelines.ts'
import { createTimelineRunner } from '../../services/timelines/run-timeline.ts'

/**
 * The semantics as timelines, each file with the rules that it needs: docs/timelines.md says how they are written. `covers`
 * names the lines of the semantics that a timeline shows, and the cases that are easy to get wrong.
 */
const folder = join(import.meta.dirname, 'timelines')
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'))
const run = await createTimelineRunner()

const semantics = [
  'time-1', // a moment's time is that of its condition
  'time-2', // L apart is not within L
  'time-3', // civil windows in the subscriber's zone
  'time-4', // wall times that don't exist, or exist twice
  'time-5', // lateness by the grace of the type
  'time-6', // an absence waits for the graces that it reads
  'time-7', // the same event; ties at one instant
  'time-8', // what was due while the engine was down
  'time-9', // catching up gives what being live gave; settled rules
  'first',
  'change',
  'special',
  'do-not-disturb',
  'until', // what a moment was told for has ended
  'rules-in-flight',
  'policy', // who gets nothing, and why
]
const easyToGetWrong = [
  'edges',
  'first-part-last',
  'duplicate-a-day-later',
  'exactly-the-grace',
  'unknown-in-condition',
  'clock-ahead',
  'zero-week',
  'before-first-sight',
  'own-cadence',
  'plan-misfit',
  'silence-and-callback',
  'leap-day',
  'lunar-leap-month',
  'hundredth-day',
  'local-anniversary',
  'billing-day-31',
  'local-day',
  'recycled-number',
  'changed-in-flight',
]

const files = names.sort().map((name) => {
  const problems: CodedError[] = []
  const file = { path: `test/scenario/timelines/${name}`, text: readFileSync(join(folder, name)) }
  return { name, problems, timelines: readTimelines(file, undefined, problems) }
})

describe.each(files)('$name', ({ problems, timelines }) => {
  test('is readable', () => {
    expect(problems.map(String)).toEqual([])
    expect(timelines.length).toBeGreaterThan(0)
  })
  test.each(timelines)('$title', (timeline) => {
    expect(run(timeline).failures.map(String)).toEqual([])
  })
})

describe('all of them', () => {
  const timelines = files.flatMap((file) => file.timelines)
  const covered = new Set(timelines.flatMap(({ covers }) => covers))

  test('are many', () => {
    expect(timelines.length).toBeGreaterThanOrEqual(150)
  })
  test('have titles of their own', () => {
    const titles = timelines.map(({ title }) => title)
    expect(titles.filter((title, index) => titles.indexOf(title) < index)).toEqual([])
  })
  test.each(semantics)('some show %s', (line) => {
    expect(covered).toContain(line)
  })
  test.each(easyToGetWrong)('some show the case %s', (name) => {
    expect(covered).toContain(name)
  })
  test('cover what there is', () => {
    const known = [...semantics, ...easyToGetWrong]
    expect([...covered].filter((name) => !known.includes(name))).toEqual([])
  })
})
