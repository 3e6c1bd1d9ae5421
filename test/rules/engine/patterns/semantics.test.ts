import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { PatternRule } from '../../../../services/rules/engine/patterns/compile-patterns.ts'
import { notedEvent, patternRule } from './notation.ts'
import { Timeline } from './timeline.ts'

/** As docs/patterns.md says it. */
const grace = 5

interface Line {
  readonly name: string
  readonly rules: readonly string[]
  readonly happens: readonly string[]
  readonly outcome: string
}

const cells = (line: string): string[] =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll('`', '').replaceAll('\\|', '|').trim())

const lines: Line[] = readFileSync(new URL('../../../../docs/patterns.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`'))
  .map((line) => {
    const [name = '', rules = '', happens = '', outcome = ''] = cells(line)
    return { name, rules: rules.split(' / '), happens: happens.split(' · '), outcome }
  })

const rulesOf = (texts: readonly string[]): PatternRule[] =>
  texts.map((text, i) => patternRule(text, `rule-${i + 1}`, i))

/** What happens, in the order of arrival; after it, a clock that has passed everything. */
function run({ rules, happens }: Line, reloads: boolean): Timeline {
  const timeline = new Timeline(rulesOf(rules), grace)
  for (const one of happens) {
    const [verb = '', ...rest] = one.split(' ')
    if (verb === 'clock') timeline.due(Number(rest[0]))
    else if (verb === 'adopt') timeline.adopt(0, Number(rest[0]), rest[1] ?? '')
    else if (verb === 'rules') timeline.change(rulesOf(rest.join(' ').split(' / ')))
    else if (verb.startsWith('×'))
      for (let i = 0; i < Number(verb.slice(1)); i++) timeline.send(notedEvent(`${rest[0]}${i}`))
    else {
      timeline.send(notedEvent(verb))
      timeline.due(timeline.head)
    }
    if (reloads) timeline.reload()
  }
  timeline.due(1_000_000)
  return timeline
}

function outcomeOf(timeline: Timeline, { rules, happens }: Line): string {
  const isOfSeveral = rules.length > 1 || happens.some((one) => one.includes(' / '))
  const fired = timeline.firings.map(
    ({ rule, at, occurrence, times }) =>
      `${isOfSeveral ? `${rule + 1}: ` : ''}${at} ${occurrence} (${times.join(' ')})`,
  )
  if (timeline.allOverflows > 0) fired.push(`${timeline.allOverflows} pushed out`)
  return fired.length === 0 ? 'nothing' : fired.join(', ')
}

describe('the table of patterns', () => {
  it('has lines', () => {
    expect(lines.length).toBeGreaterThan(60)
    expect(new Set(lines.map(({ name }) => name)).size).toBe(lines.length)
  })
  it.each(lines.map((line) => [line.name, line] as const))('%s', (_, line) => {
    expect(outcomeOf(run(line, false), line)).toBe(line.outcome)
    expect(outcomeOf(run(line, true), line)).toBe(line.outcome)
  })
})
