import fc from 'fast-check'
import { expect, it } from 'vitest'
import { firstHeld, heldEntries, hold, takeFirst } from '../../../services/rules/engine/held-events.ts'
import { WordBlock } from './word-block.ts'

const event = fc.record({
  time: fc.constantFrom(1_700_000_000_000, 1_700_000_000_001, 1_700_000_060_000),
  type: fc.nat(3),
  id: fc.constantFrom('a', 'ab', 'b', 'long-id-of-an-event', 'long-id-of-an-evenu'),
  before: fc.string({ maxLength: 5 }),
  after: fc.string({ maxLength: 9 }),
})

it('held events come out in the order of time, type and id, whatever the order in which they came', () => {
  fc.assert(
    fc.property(fc.uniqueArray(event, { selector: ({ time, type, id }) => `${time} ${type} ${id}` }), (events) => {
      const block = new WordBlock()
      for (const { time, type, id, before, after } of events) {
        const value = Buffer.from(`..${before}${id}${after}`)
        const idStart = 2 + Buffer.byteLength(before)
        hold(block, time, type, value, 2, value.length, idStart, idStart + id.length)
      }
      const ordered = [...events].sort(
        (a, b) => a.time - b.time || a.type - b.type || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)),
      )
      expect([...heldEntries(block)].map(({ value }) => value.toString())).toEqual(
        ordered.map(({ before, id, after }) => before + id + after),
      )
      const into = Buffer.alloc(100)
      const taken = { type: -1 }
      for (const { time, type, before, id, after } of ordered) {
        expect(firstHeld(block)).toBe(time)
        const length = takeFirst(block, into, taken)
        expect(into.toString('utf8', 0, length)).toBe(before + id + after)
        expect(taken.type).toBe(type)
      }
      expect(firstHeld(block)).toBe(Number.POSITIVE_INFINITY)
      expect(block.at).toBe(-1)
    }),
  )
})
