import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CodedError } from '../../services/domain/errors.ts'
import { aggregates } from '../../services/rules/factor-aggregates.ts'
import type { RawAggregate } from '../../services/rules/raw.ts'
import { readTimelines } from '../../services/timelines/read-timelines.ts'
import { createTimelineRunner, type RunTimeline } from '../../services/timelines/run-timeline.ts'
import { root } from '../tidy/sources.ts'

const page = readFileSync(join(root, 'docs', 'language.md'), 'utf8')

/** The rows of a made table, as cells. */
function rowsOf(block: string): readonly (readonly string[])[] {
  const text = new RegExp(`<!-- ${block}: [^\\n]*\\n([\\s\\S]*?)<!-- /${block} -->`).exec(page)?.[1] ?? ''
  const lines = text.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** A factor of each aggregate, in short. */
const samples: Readonly<Record<RawAggregate, string>> = {
  count: 'window: { days: 7 }',
  sum: 'value: duration_s, window: { days: 7 }',
  avg: 'value: duration_s, window: { days: 7 }',
  min: 'value: duration_s, window: { days: 7 }',
  max: 'value: duration_s, window: { days: 7 }',
  distinct: 'value: other_party, window: { days: 7 }',
  last: 'value: duration_s',
  first: 'value: duration_s',
  previous: 'value: duration_s',
  rate: 'per: 1d, window: { days: 7 }',
  share: 'of: duration_s > 9, window: { days: 7 }',
  streak: 'while: value > 0, window: { days: 2 }',
  'days-since': '',
  baseline: 'half_life: 1, window: { days: 2 }',
  trend: 'window: { days: 2 }',
  cadence: '',
  entropy: 'value: other_party, window: { days: 7 }',
  'top-share': 'value: other_party, window: { days: 7 }',
  mode: 'value: other_party, window: { days: 7 }',
}
const idOf = (aggregate: string) => `f_${aggregate.replace('-', '_')}`

describe('the table of aggregates', () => {
  let run: RunTimeline
  beforeAll(async () => {
    run = await createTimelineRunner()
  })

  test('has each of them', () => {
    expect(rowsOf('aggregates').map(([name]) => name)).toEqual(Object.keys(aggregates).map((name) => `\`${name}\``))
  })

  test.each(rowsOf('aggregates'))('%s: %s has the type and the value over nothing', (name = '', _is, type, nothing) => {
    const aggregate = name.replaceAll('`', '') as RawAggregate
    const id = idOf(aggregate)
    const rest = [`from: cdr, aggregate: ${aggregate}`, samples[aggregate]].filter((part) => part !== '').join(', ')
    const text = `title: over nothing
factors: [{ id: ${id}, title: { en: F }, ${rest} }]
rules:
  - { id: never, moment: change, title: { en: R }, on: bill, when: known(${id}) && event.amount == 7, purpose: care, offers: [thanks], evidence: [${id}] }
timeline: |
  09:00  bill  => ${id}=${nothing}
`
    const problems: CodedError[] = []
    const [timeline] = readTimelines({ path: 'a.yaml', text }, undefined, problems)
    expect(problems.map(String)).toEqual([])
    if (!timeline) return
    expect(run(timeline).failures.map(String)).toEqual([])
    const found = timeline.catalogue.ruleset.factors.find((factor) => factor.id === id)
    expect(found?.type).toBe(type === 'as `value`' ? 'int' : type === 'text' ? 'string' : type)
  })
})

test('the table of costs is in bytes that grow with what is kept', () => {
  const cost = new Map(rowsOf('cost').map(([factor = '', bytes]) => [factor, Number(bytes)]))
  const of = (part: string) => [...cost].find(([factor]) => factor.includes(part))?.[1] ?? Number.NaN
  expect([...cost.values()].every((bytes) => bytes > 0 && bytes % 4 === 0)).toBe(true)
  expect(of('aggregate: count, window: { days: 7 }')).toBeLessThan(
    of('aggregate: count, window: { rolling: 24h, pane: 1h }'),
  )
  expect(of('aggregate: count, window: { rolling: 24h, pane: 1h }')).toBeLessThan(
    of('aggregate: count, window: { rolling: 24h }'),
  )
})
