import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteSearch } from '../../services/records/byte-search.ts'

const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '路', '🚀'), maxLength: 8 })

test.each(['startsWith', 'endsWith', 'contains'] as const)('%s finds in bytes what is in the text', (how) => {
  fc.assert(
    fc.property(texts, texts, texts, texts, (before, text, sought, after) => {
      const bytes = Buffer.from(`${before}${text}${after}`)
      const start = Buffer.byteLength(before)
      const found = byteSearch(how, sought)(bytes, start, start + Buffer.byteLength(text))
      expect(found).toBe(how === 'contains' ? text.includes(sought) : text[how](sought))
    }),
    { numRuns: 2000 },
  )
})
