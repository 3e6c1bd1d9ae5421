import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { policy, shippedFiles } from './catalogue-files.ts'

const files = shippedFiles().filter(({ path }) => !path.startsWith('examples/'))
const odd = [
  '',
  '\t',
  '\u0000',
  '*x',
  '&x ',
  '<<: ',
  '!!',
  '{',
  ']',
  '"',
  "'",
  '---\n',
  '- ',
  ': ',
  '流',
  '\ud800',
  '\r',
  '__proto__: ',
  '%',
  '0x',
  '9'.repeat(400),
]

test('however a shipped file is damaged, it loads or every problem has a code and a place in it', {
  timeout: 60_000,
}, () => {
  const damage = fc.record({
    file: fc.nat({ max: files.length - 1 }),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.oneof(fc.nat({ max: 40 }), fc.constant(Number.POSITIVE_INFINITY)),
    put: fc.oneof(fc.constantFrom(...odd), fc.string({ maxLength: 5 })),
  })
  fc.assert(
    fc.property(damage, ({ file, at, cut, put }) => {
      const source = files[file]
      if (!source) return
      const text = String(source.text)
      const from = Math.floor(at * text.length)
      const damaged = { ...source, text: text.slice(0, from) + put + text.slice(from + cut) }
      // With what it refers to missing there is more to tell.
      const { catalogue, problems } = loadCatalogue(source.path === policy.path ? [damaged] : [damaged, policy])
      if (catalogue) return
      expect(problems).not.toHaveLength(0)
      for (const problem of problems) expect(problem.toString()).toMatch(/^[^:]+:\d+:\d+ {2}KM_[A-Z_]+ {2}\S/)
    }),
    { numRuns: 150 },
  )
})
