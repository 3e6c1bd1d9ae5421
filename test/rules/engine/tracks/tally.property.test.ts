import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createTallyTrack,
  readTally,
  type TallyTrack,
  tallyRows,
  tallyText,
} from '../../../../services/rules/engine/tracks/tally.ts'
import { textHash } from '../../../../services/rules/text-hash.ts'
import { arrivals, day, deliver, type Fact, hour, march, newestTime, subscriber, zones } from './arrivals.ts'
import { MemoryBlock } from './memory-block.ts'
import { reaches, timesOf } from './windows.ts'

const ints = fc.oneof(fc.integer({ min: -3, max: 4 }), fc.constantFrom(2 ** 51 - 1, 1 - 2 ** 51))
const texts = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(2 ** 52 - 1, 2 ** 51, 2 ** 32))

function naive(values: readonly number[]) {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const shares = [...counts].map(([value, n]) => ({ value, share: n / values.length }))
  const top = Math.max(...shares.map(({ share }) => share))
  const entropy = shares.reduce((sum, { share }) => sum - share * Math.log2(share), 0)
  const mode = Math.min(...shares.filter(({ share }) => share === top).map(({ value }) => value))
  return values.length === 0 ? [Number.NaN, Number.NaN, Number.NaN] : [entropy, top, mode]
}

const kindOfValues = fc.oneof(
  fc.record({ values: fc.constant('int' as const), facts: arrivals(ints) }),
  fc.record({ values: fc.constant('text' as const), facts: arrivals(texts) }),
)
const cases = fc.record({
  of: kindOfValues,
  it: reaches,
  zone: fc.constantFrom(...zones),
  later: fc.constantFrom(0, 1, hour, day, 40 * day),
  sight: fc.integer({ min: 0, max: 60 }),
})

test('entropy, share of the most frequent and the most frequent itself are those of the window, whatever the order of arrival', () => {
  fc.assert(
    fc.property(cases, ({ of: { values, facts }, it: { reach, window }, zone, later, sight }) => {
      const record = subscriber(zone, march - sight * day, 31)
      const track = createTallyTrack({ reach, values })
      const block = new MemoryBlock(track.wordsMost)
      deliver(facts, (event, { value }) => {
        const before = String(block.content())
        if (!track.add(block, event, value, record)) expect(String(block.content())).toBe(before)
      })
      block.checkNeighbours()
      const at = newestTime(facts) + later
      const isIn = timesOf(reach, window, at, record)
      const inside = isIn ? facts.filter(({ time }) => isIn(time)) : []
      const [entropy, share, mode] = naive(inside.map(({ value }) => value))
      const got = readTally(track, 'entropy', window)(block, at, record)
      if (Number.isNaN(entropy)) expect(got).toBeNaN()
      else expect(got).toBeCloseTo(entropy ?? 0, 10)
      expect(readTally(track, 'top-share', window)(block, at, record)).toBe(share)
      expect(readTally(track, 'mode', window)(block, at, record)).toBe(mode)
      const rows = tallyRows(track, window)(block, at, record)
      expect(rows.reduce((sum, { events }) => sum + events, 0)).toBe(inside.length)
      expect(record.inexactness).toBe(0)
      // Carried over as it is.
      expect(createTallyTrack({ reach, values }).carry(track.parameters, block.words, block.at, block.length)).toEqual(
        block.at < 0 ? new Int32Array(0) : block.content(),
      )
    }),
    { numRuns: 400 },
  )
})

const fact = (time: number, value: number): Fact => ({ time, type: 0, id: `${time}`, value, text: '' })

describe('bounds', () => {
  const reach = { kind: 'panes', unit: 'day', panes: 90 } as const
  const window = { kind: 'panes', ago: 0, periods: 90 } as const

  function filled(facts: Fact[]) {
    const record = subscriber('UTC', march)
    const track = createTallyTrack({ reach, values: 'int' })
    const block = new MemoryBlock(track.wordsMost)
    deliver(facts, (event, { value }) => track.add(block, event, value, record))
    const read = (aggregate: 'entropy' | 'top-share' | 'mode') =>
      readTally(track, aggregate, window)(block, newestTime(facts), record)
    return { record, track, block, read }
  }

  test('256 pairs are exact; then pairs of one value join, and all in all no event is lost', () => {
    const days = (n: number) => Array.from({ length: n }, (_, i) => fact(march + Math.floor(i / 4) * day, i % 4))
    expect(filled(days(256)).record.inexactness).toBe(0)
    const { record, track, block, read } = filled(days(280))
    expect(record.inexactness).toBe(24)
    const rows = tallyRows(track, window)(block, newestTime(days(280)), record)
    expect(rows.reduce((sum, { events }) => sum + events, 0)).toBe(280)
    expect(read('entropy')).toBeCloseTo(2, 12)
    expect([read('top-share'), read('mode')]).toEqual([0.25, 0])
  })

  test('of more than 256 values the rarest go', () => {
    const facts = Array.from({ length: 600 }, (_, i) => fact(march + i, i % 2 === 0 ? 7 : 1000 + i))
    const { record, read } = filled(facts)
    expect(record.inexactness).toBeGreaterThan(0)
    expect(read('mode')).toBe(7)
  })

  test('a number that has no room is not counted', () => {
    const { record, block } = filled([fact(march, 2 ** 51)])
    expect([record.inexactness, block.at]).toEqual([1, -1])
  })
})

test('all of one value: no entropy; for people by pane, newest first', () => {
  const record = subscriber('Asia/Shanghai', march)
  const track = createTallyTrack({ reach: { kind: 'panes', unit: 'day', panes: 7 }, values: 'int' })
  const block = new MemoryBlock(track.wordsMost)
  deliver([fact(march, 5), fact(march + 1, 5), fact(march + day, 5)], (event, { value }) =>
    track.add(block, event, value, record),
  )
  const window = { kind: 'panes', ago: 0, periods: 7 } as const
  expect(readTally(track, 'entropy', window)(block, march + day, record)).toBe(0)
  const midnight = Date.parse('2026-03-01T00:00+08:00')
  expect(tallyRows(track, window)(block, march + day, record)).toEqual([
    { from: midnight + day, to: midnight + 2 * day, events: 1, value: 5 },
    { from: midnight, to: midnight + day, events: 2, value: 5 },
  ])
})

describe('texts of a tally', () => {
  const words = ['pop', '', '古典', 'a word that has more than sixty-four bytes, of which only so many are kept: é']
  const told = (text: string) => Buffer.from(text).subarray(0, 64).toString()
  const named = (facts: readonly Fact[]): Fact[] =>
    facts.map((one) => ({ ...one, text: words[one.value] ?? '', value: textHash(words[one.value] ?? '') }))
  /** Each text that the block has a pair of, once and no other; -1: no block. */
  const textWords = (block: MemoryBlock) => (block.at < 0 ? -1 : (block.words[block.at] as number))
  const listOf = (texts: readonly string[]) =>
    texts.reduce((sum, text) => sum + 2 + Math.ceil(Math.min(64, Buffer.byteLength(text)) / 4), 1)

  const textCases = fc.record({
    facts: arrivals(fc.integer({ min: 0, max: words.length - 1 })).map(named),
    it: reaches,
    zone: fc.constantFrom(...zones),
    later: fc.constantFrom(0, 1, hour, day, 40 * day),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
  })

  test('the most frequent is told by its text; each text is kept once, as long as a pair has it', () => {
    fc.assert(
      fc.property(textCases, ({ facts, it: { reach, window }, zone, later, cut }) => {
        const record = subscriber(zone, march - 99 * day)
        const track = createTallyTrack({ reach, values: 'text', named: true })
        const plain = createTallyTrack({ reach, values: 'text' })
        const [block, bare] = [new MemoryBlock(track.wordsMost), new MemoryBlock(plain.wordsMost)]
        let at = Number.NEGATIVE_INFINITY
        deliver(facts, (event, { value }) => {
          at = Math.max(at, event.time)
          const before = String(block.content())
          if (!track.add(block, event, value, record)) expect(String(block.content())).toBe(before)
          plain.add(bare, event, value, record)
          block.checkNeighbours()
          const content = block.content()
          expect(content.subarray(textWords(block))).toEqual(bare.content())
          const held = new Set(allNames(bare))
          expect(textWords(block)).toBe(listOf(words.filter((word) => held.has(textHash(word)))))
        })
        const now = at + later
        for (const aggregate of ['mode', 'entropy', 'top-share'] as const) {
          const got = readTally(track, aggregate, window)(block, now, record)
          expect(got).toBe(readTally(plain, aggregate, window)(bare, now, record))
        }
        const mode = readTally(plain, 'mode', window)(bare, now, record)
        const text = words.find((word) => textHash(word) === mode)
        expect(tallyText(track, window)(block, now, record)).toBe(text === undefined ? undefined : told(text))
        const rows = tallyRows(track, window)(block, now, record)
        expect(rows.map(({ value: _, ...row }) => row)).toEqual(tallyRows(plain, window)(bare, now, record))
        for (const { value } of rows) expect(words.map(told)).toContain(value)

        // Taken up where none were kept, as by a change of rules, texts come with the next events; then they are dropped again.
        const next = new MemoryBlock(track.wordsMost)
        const split = Math.floor(facts.length * cut)
        const half = new MemoryBlock(plain.wordsMost)
        deliver(facts, (event, fact) => {
          const i = facts.indexOf(fact)
          if (i < split) plain.add(half, event, fact.value, record)
          if (i === split - 1) next.become(track.carry(plain.parameters, half.words, half.at, half.length))
          if (i >= split) track.add(next, event, fact.value, record)
        })
        const named = new Set(facts.slice(split).map(({ value }) => value))
        const shown = tallyText(track, window)(next, now, record)
        if (text !== undefined && named.has(mode)) expect(shown).toBe(told(text))
        else expect([undefined, text]).toContain(shown)
        const back = plain.carry(track.parameters, next.words, next.at, next.length)
        expect(back).toEqual(bare.content())
        expect(track.carry(track.parameters, block.words, block.at, block.length)).toEqual(block.content())
      }),
      { numRuns: 300 },
    )
  })

  function allNames(block: MemoryBlock): number[] {
    const names: number[] = []
    for (let p = block.at; p >= 0 && p < block.at + block.length; p += 4) {
      names.push(((block.words[p + 1] as number) >>> 12) * 2 ** 32 + ((block.words[p] as number) >>> 0))
    }
    return names
  }

  test('of more than 256 texts those go with the rarest', () => {
    const record = subscriber('UTC', march)
    const track: TallyTrack = createTallyTrack({ reach: { kind: 'lifetime' }, values: 'text', named: true })
    const block = new MemoryBlock(track.wordsMost)
    const texts = Array.from({ length: 600 }, (_, i) => (i % 2 === 0 ? 'pop' : `${'x'.repeat(60)}${i}`))
    deliver(
      texts.map((text, i) => ({ time: march + i, type: 0, id: `${i}`, value: textHash(text), text })),
      (event, { value }) => track.add(block, event, value, record),
    )
    const window = { kind: 'lifetime' } as const
    expect(tallyText(track, window)(block, march + day, record)).toBe('pop')
    const rows = tallyRows(track, window)(block, march + day, record)
    expect(rows.length).toBe(256)
    expect(rows.every(({ value }) => texts.includes(String(value)))).toBe(true)
    expect(textWords(block)).toBe(listOf(rows.map(({ value }) => String(value))))
  })
})
