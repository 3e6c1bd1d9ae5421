import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { withMeasured } from '../../services/quantiles/write-measured.ts'

const measured = { at: '2026-11-23', subscribers: 20, thresholds: [5, 7.5] }
const words = '{ at: 2026-11-23, subscribers: 20, thresholds: [5, 7.5] }'

test.each([
  [
    'on one line',
    '- { id: other, quantiles: { of: b, cuts: [0.1] } }\n- { id: f, quantiles: { of: a, cuts: [0.4, 0.8] } } # mine\n',
    `- { id: other, quantiles: { of: b, cuts: [0.1] } }\n- { id: f, quantiles: { of: a, cuts: [0.4, 0.8], measured: ${words} } } # mine\n`,
  ],
  [
    'with a comma at the end',
    'id: f\nquantiles: {\n  of: a,\n  cuts: [0.4, 0.8],\n}\n',
    `id: f\nquantiles: {\n  of: a,\n  cuts: [0.4, 0.8], measured: ${words}\n}\n`,
  ],
  [
    'in a block, with comments',
    '- id: f\n  quantiles:\n    of: a # spending\n    cuts: [0.4, 0.8] # tiers\n\n# another\n- id: g\n',
    `- id: f\n  quantiles:\n    of: a # spending\n    cuts: [0.4, 0.8] # tiers\n    measured: ${words}\n\n# another\n- id: g\n`,
  ],
  [
    'at the end of the file',
    'id: f\nquantiles:\n  of: a\n  cuts:\n    - 0.4\n    - 0.8',
    `id: f\nquantiles:\n  of: a\n  cuts:\n    - 0.4\n    - 0.8\n  measured: ${words}`,
  ],
  [
    'measured before',
    'id: f\nquantiles: { measured: { at: 2025-01-01, subscribers: 1, thresholds: [1, 2] }, of: a }\n',
    `id: f\nquantiles: { measured: ${words}, of: a }\n`,
  ],
  [
    'measured before, in a block',
    'id: f\nquantiles:\n  measured:\n    at: 2025-01-01\n    thresholds: [1, 2]\n  of: a\n',
    `id: f\nquantiles:\n  measured:\n    ${words}\n  of: a\n`,
  ],
])('what was measured is written %s', (_, before, after) => {
  const text = withMeasured(before, 'f', measured)
  expect(text).toBe(after)
  for (const document of parseAllDocuments(text ?? '')) expect(document.errors).toEqual([])
})

test.each([
  ['another factor', 'id: g\nquantiles: { of: a }\n'],
  ['a factor of another kind', 'id: f\nderive: a + 1\n'],
  ['no YAML', 'id: "f\n'],
])('%s stays as it is', (_, text) => {
  expect(withMeasured(text, 'f', measured)).toBeUndefined()
})
