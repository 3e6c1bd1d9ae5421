import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CodedError } from '../../services/domain/errors.ts'
import { readTimelines } from '../../services/timelines/read-timelines.ts'
import { catalogue, run } from './timelines-under-test.ts'

const lines = [
  '09:00  cdr balance_after=1',
  '+48h  => low-balance at +48h',
  'day 2 09:00  anna: profile tags={a: "b"}',
  '10:00  cdr at 09:59 => late, three-calls calls_1h=3',
  '11:00  again',
  '11:00  restart',
  '12:00  down',
  '13:00  up',
  '  => calls_1h=unknown',
]
const text = (chosen: readonly string[]) =>
  `title: it\ntimeline: |\n${chosen.map((line) => `  ${line}\n`).join('')}${catalogue}`

test('however a file of timelines is damaged, it runs or every problem has a code and a place in it', {
  timeout: 60_000,
}, () => {
  const piece = fc.constantFrom(
    '=>',
    'at',
    ':',
    '{',
    '"',
    '+1h',
    '-',
    '\n',
    '#',
    ',',
    '=',
    '1',
    ' ',
    'nothing',
    '\u00e9',
    '\t',
  )
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...lines), { minLength: 1, maxLength: 8 }),
      fc.array(fc.record({ at: fc.nat(400), length: fc.nat(6), piece }), { maxLength: 4 }),
      (chosen, damages) => {
        let damaged = text(chosen)
        for (const { at, length, piece } of damages) damaged = damaged.slice(0, at) + piece + damaged.slice(at + length)
        const problems: CodedError[] = []
        const timelines = readTimelines({ path: 'a.yaml', text: damaged }, undefined, problems)
        for (const problem of problems) {
          expect(problem.code).toMatch(/^KM_/)
          expect(problem.location?.file).toBeDefined()
        }
        if (timelines.length === 0) expect(problems).not.toEqual([])
        for (const timeline of timelines)
          for (const failure of run(timeline).failures) expect(failure.code).toMatch(/^KM_TIMELINE/)
      },
    ),
    { numRuns: 300 },
  )
})
