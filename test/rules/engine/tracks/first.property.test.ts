import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFirstTrack, firstRows, firstText, readFirst } from '../../../../services/rules/engine/tracks/first.ts'
import { arrivals, deliver, march, newestFirst, newestTime, subscriber } from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'

const record = subscriber('UTC', march)

test('the earliest event by time, type and id, whatever the order of arrival', () => {
  fc.assert(
    fc.property(
      arrivals(fc.constantFrom(Number.NaN, 0, 1.5, 70_000)),
      fc.constantFrom('values', 'texts'),
      (facts, content) => {
        const track = createFirstTrack({ content })
        const block = new MemoryBlock(track.wordsMost)
        deliver(facts, (event, { value }) => {
          const before = String(block.content())
          if (!track.add(block, event, value, record)) expect(String(block.content())).toBe(before)
        })
        block.checkNeighbours()
        const first = newestFirst(facts).at(-1)
        const at = newestTime(facts)
        expect(readFirst(block, at, record)).toBe(first?.value)
        const text = content === 'texts' && !Number.isNaN(first?.value) ? first?.text : undefined
        expect(firstText(track)(block, at)).toBe(text)
        expect(firstRows(track)(block, at)).toMatchObject([{ from: first?.time, event_id: first?.id }])
        const next = createFirstTrack({ content }).carry({ content }, block.words, block.at, block.length)
        expect(next).toEqual(block.content())
      },
    ),
  )
})

test('unknown before it', () => {
  const track = createFirstTrack({ content: 'texts' })
  const block = new MemoryBlock(track.wordsMost)
  expect([readFirst(block, march, record), firstText(track)(block, march), firstRows(track)(block, march)]).toEqual([
    Number.NaN,
    undefined,
    [],
  ])
  deliver([{ time: march + 1, type: 0, id: 'e', value: 4, text: 'four' }], (event) =>
    track.add(block, event, 4, record),
  )
  expect([readFirst(block, march, record), firstText(track)(block, march), firstRows(track)(block, march)]).toEqual([
    Number.NaN,
    undefined,
    [],
  ])
  expect([readFirst(block, march + 1, record), firstText(track)(block, march + 1)]).toEqual([4, 'four'])
})
