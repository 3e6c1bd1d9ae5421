import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CodedError } from '../../services/domain/errors.ts'
import { readTimelines } from '../../services/timelines/read-timelines.ts'
import { createTimelineRunner } from '../../services/timelines/run-timeline.ts'

/** The semantics as timelines, each file with the rules that it needs: docs/timelines.md says how they are written. */
const folder = join(import.meta.dirname, 'timelines')
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'))
const run = await createTimelineRunner()

describe.each(names.sort())('%s', (name) => {
  const problems: CodedError[] = []
  const file = { path: `test/scenario/timelines/${name}`, text: readFileSync(join(folder, name)) }
  const timelines = readTimelines(file, undefined, problems)

  test('is readable', () => {
    expect(problems.map(String)).toEqual([])
    expect(timelines.length).toBeGreaterThan(0)
  })
  test.each(timelines)('$title', (timeline) => {
    expect(run(timeline).failures.map(String)).toEqual([])
  })
})
