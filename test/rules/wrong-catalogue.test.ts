import { expect, test } from 'vitest'
import { problemCodes } from '../../services/rules/problem.ts'
import { problemsOf } from './wrong-file.ts'

test('all problems of a catalogue are told at once, in the order of the files', () => {
  const rules = Array.from(
    { length: 28 },
    (_, index) =>
      `- { id: r${index}, moment: change, title: { en: R }, on: cdr, when: call_24h > ${index}, purpose: care }`,
  )
  const found = problemsOf(
    { path: 'rules/many.yaml', text: `${rules.join('\n')}\n` },
    { path: 'rules/broken.yaml', text: 'id: [' },
    { path: 'offers/o.yaml', text: 'id: O!\ntitle: { en: O }\nmessage: { en: Hello }\n' },
  )
  expect(found).toHaveLength(30)
  expect(found.map((line) => line.split(':').slice(0, 2).join(':'))).toEqual([
    'offers/o.yaml:1',
    'rules/broken.yaml:1',
    ...rules.map((_, index) => `rules/many.yaml:${index + 1}`),
  ])
})

test('every code has a meaning', () => {
  for (const [code, meaning] of Object.entries(problemCodes)) {
    expect(code).toMatch(/^KM_[A-Z_]+$/)
    expect(meaning).not.toBe('')
  }
})
