import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DocumentEncoder, type EncodedDocument } from '../../services/flow/document-encoder.ts'
import { typeOf } from '../../services/records/avro.ts'
import type { RecordSchema } from '../../services/records/schemas.ts'

interface State {
  readonly name: string
  readonly facts: { readonly at: number | null }
  readonly entries: readonly Entry[]
  readonly words: readonly string[]
}
interface Entry {
  readonly id: string
  readonly until: number
  readonly values: Readonly<Record<string, string>>
}

const schema: RecordSchema = {
  type: 'record',
  name: 'State',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'facts', type: { type: 'record', name: 'Facts', fields: [{ name: 'at', type: ['null', 'long'] }] } },
    {
      name: 'entries',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Entry',
          fields: [
            { name: 'id', type: 'string' },
            { name: 'until', type: 'long' },
            { name: 'values', type: { type: 'map', values: 'string' } },
          ],
        },
      },
    },
    { name: 'words', type: { type: 'array', items: 'string' } },
  ],
}
const type = typeOf(schema)

const entry: fc.Arbitrary<Entry> = fc.record({
  id: fc.string({ maxLength: 40 }),
  until: fc.maxSafeInteger(),
  values: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 300 }), { maxKeys: 3 }),
})
const state: fc.Arbitrary<State> = fc.record({
  name: fc.string(),
  facts: fc.record({ at: fc.option(fc.maxSafeInteger()) }),
  entries: fc.array(entry, { maxLength: 80 }),
  words: fc.array(fc.string({ maxLength: 5 }), { maxLength: 5 }),
})

/** What a step does to a state: a new one, which shares what stays. */
const change: fc.Arbitrary<(state: State) => State> = fc.oneof(
  entry.map((one) => (state: State) => ({ ...state, entries: [...state.entries, one] })),
  fc.tuple(fc.nat(80), entry).map(([place, one]) => (state: State) => {
    return place < state.entries.length ? { ...state, entries: state.entries.with(place, one) } : state
  }),
  fc.nat(80).map((place) => (state: State) => ({ ...state, entries: state.entries.filter((_, i) => i !== place) })),
  fc.nat(3).map((step) => (state: State) => ({ ...state, entries: state.entries.filter((_, i) => i % 4 !== step) })),
  fc.constant((state: State) => ({ ...state, entries: state.entries.toReversed() })),
  fc.constant((state: State) => ({ ...state, entries: [...state.entries, ...state.entries] })),
  fc.string({ maxLength: 20_000 }).map((name) => (state: State) => ({ ...state, name })),
  fc.string({ maxLength: 3 }).map((word) => (state: State) => ({ ...state, words: [word, ...state.words] })),
  fc.option(fc.maxSafeInteger()).map((at) => (state: State) => ({ ...state, facts: { at } })),
  state.map((other) => () => other),
)

/** The first byte, and as avsc encodes it. */
const whole = (value: State): Buffer => Buffer.concat([Buffer.of(7), type.toBuffer(value)])

describe('a document is encoded as avsc does', () => {
  test('whatever became of it since it was encoded before', () => {
    fc.assert(
      fc.property(state, fc.array(change, { maxLength: 12 }), (first, changes) => {
        const encoder = new DocumentEncoder<State>(schema)
        let now = first
        let before: EncodedDocument<State> | undefined
        for (const next of [(same: State) => same, ...changes]) {
          now = next(now)
          before = encoder.encode(7, now, before)
          expect(before.bytes.equals(whole(now))).toBe(true)
        }
      }),
    )
  })

  test('and what stayed the same isn’t encoded again', () => {
    const encoder = new DocumentEncoder<State>(schema)
    let reads = 0
    const kept: Entry = {
      get id() {
        reads++
        return 'kept'
      },
      until: 1,
      values: {},
    }
    const first = { name: '', facts: { at: null }, entries: [kept], words: [] }
    const before = encoder.encode(7, first, undefined)
    const once = reads
    const next = { ...first, name: 'n', entries: [{ id: 'new', until: 2, values: {} }, kept] }
    expect(encoder.encode(7, next, before).bytes.equals(whole(next))).toBe(true)
    // avsc, which it is compared with, reads it.
    expect(reads).toBe(2 * once)
  })
})

test('what the state has beside its schema is left out, and what isn’t of it is refused', () => {
  const encoder = new DocumentEncoder<State>(schema)
  const state = { name: '', facts: { at: null }, entries: [], words: [] }
  const more = { ...state, facts: { at: null, more: 1 }, name: '\ud800' }
  expect(encoder.encode(7, more, undefined).bytes.equals(whole(more))).toBe(true)
  expect(() => encoder.encode(7, { ...state, words: [7] } as unknown as State, undefined)).toThrow(
    'invalid "string": 7',
  )
})
