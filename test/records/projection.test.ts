import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { isCoded } from '../../services/domain/errors.ts'
import { resolve, typeOf, writerType } from '../../services/records/avro.ts'
import type { Codec } from '../../services/records/codec.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { compileProjection, type Slot } from '../../services/records/projection.ts'
import type { SchemaRegistry } from '../../services/records/registry.ts'
import { type FieldSchema, type RecordSchema, readSchema, withoutNull } from '../../services/records/schemas.ts'
import { createValidate } from '../../services/records/validate.ts'
import { allTopics, type SchemaName } from '../../services/topology.ts'
import { recordOf } from './arbitraries.ts'
import { evolvedFrom } from './evolved-schema.ts'

const names: readonly SchemaName[] = [...new Set(allTopics.map((topic) => topic.schema))]
const schemas = new Map(names.map((name) => [name, readSchema(name)]))
const schemaOf = (name: SchemaName): RecordSchema => schemas.get(name) ?? readSchema(name)
const anyName = fc.constantFrom(...names)

let registry: SchemaRegistry
let codec: Codec
beforeAll(async () => {
  registry = createEmbeddedRegistry(':memory:')
  codec = await createCodec(registry)
})

/** A value, or the code with which it was refused. */
type Outcome = { readonly value: unknown } | { readonly code: string }

function outcomeOf(read: () => unknown): Outcome {
  try {
    return { value: read() }
  } catch (error) {
    if (isCoded(error)) return { code: error.code }
    throw error
  }
}

/** A slot for every top-level field that can have one, and what is to be read from the registers then. */
function slotsFor(schema: RecordSchema) {
  const wanted = new Map<string, Slot>()
  let at = 0
  for (const field of schema.fields) {
    const { type } = withoutNull(field.type)
    const kind = typeof type === 'object' && 'type' in type ? type.type : type
    if (kind === 'string' && field.values) {
      wanted.set(field.name, {
        kind: 'word',
        at: at++,
        words: new Map(field.values.slice(1).map((word, i) => [word, 7 * i])),
      })
    } else if (kind === 'string') {
      wanted.set(field.name, { kind: 'span', at })
      at += 2
    } else if (kind === 'int' || kind === 'long' || kind === 'double' || kind === 'boolean') {
      wanted.set(field.name, { kind: 'number', at: at++ })
    }
  }
  return { wanted, registers: new Float64Array(at) }
}

/** What the registers should hold of a decoded record, next to what they hold. */
function compareRegisters(
  record: Record<string, unknown>,
  wanted: ReadonlyMap<string, Slot>,
  registers: Float64Array,
  bytes: Buffer,
) {
  const expected: Record<string, unknown> = {}
  const found: Record<string, unknown> = {}
  for (const [name, slot] of wanted) {
    const value = record[name]
    const register = registers[slot.at] ?? Number.NaN
    if (slot.kind === 'span') {
      expected[name] = value
      found[name] = Number.isNaN(register) ? null : bytes.toString('utf8', register, registers[slot.at + 1])
    } else {
      const word = slot.kind === 'word' && typeof value === 'string' ? (slot.words.get(value) ?? -1) : value
      expected[name] = value === null ? Number.NaN : Number(word)
      found[name] = register
    }
  }
  return { expected, found }
}

const compiled = new Map<string, ReturnType<typeof compile>>()

function compile(name: SchemaName, schemaId: number) {
  const { wanted, registers } = slotsFor(schemaOf(name))
  const project = compileProjection(codec.writerSchema(schemaId) ?? {}, schemaOf(name), wanted, registers)
  return { project, wanted, registers }
}

function projectionOf(name: SchemaName, schemaId: number) {
  const known = compiled.get(`${name} ${schemaId}`) ?? compile(name, schemaId)
  compiled.set(`${name} ${schemaId}`, known)
  return known
}

/** Reads a body with the codec and with a projection of all fields: both accept it, with the same values, or neither. */
function readBothWays(name: SchemaName, schemaId: number, body: Buffer): Outcome {
  const { project, wanted, registers } = projectionOf(name, schemaId)
  const bytes = Buffer.concat([Buffer.from([9, 9, 9, 0, 0, 0, 0, 0]), body, Buffer.from([0, 2, 4, 6])])
  bytes.writeUInt32BE(schemaId, 4)
  const [start, end] = [3, 8 + body.length]
  const decoded = outcomeOf(() => codec.decode(name, bytes, start, end))
  const projected = outcomeOf(() => project(bytes, start + 5, end))
  if ('code' in decoded || 'code' in projected) expect(projected).toEqual(decoded)
  else {
    const { expected, found } = compareRegisters(decoded.value as Record<string, unknown>, wanted, registers, bytes)
    expect(found).toEqual(expected)
  }
  return decoded
}

/**
 * avsc's reading of a body and the validation of the value, which know nothing of the generated code. `exact`: writing
 * the value again gives the same bytes.
 */
function judge(name: SchemaName, writer: object, body: Buffer) {
  const own = typeOf(schemaOf(name))
  let read: { value: unknown; offset: number }
  try {
    read = own.decode(body, 0, resolve(own, writerType(writer)))
  } catch {
    return { readable: false } as const
  }
  if (read.offset !== body.length) return { readable: false } as const
  const problems = createValidate(schemaOf(name))(read.value)
  return { readable: true, value: read.value, problems, exact: isExact(name, read.value, body) } as const
}

function isExact(name: SchemaName, value: unknown, body: Buffer): boolean {
  try {
    return typeOf(schemaOf(name)).toBuffer(value).equals(body)
  } catch {
    return false // an int of more than 32 bits: avsc reads it and won't write it
  }
}

const ownId = async (name: SchemaName) =>
  registry.register(`${allTopics.find((t) => t.schema === name)?.name}-value`, schemaOf(name))
const bodyOf = (name: SchemaName, value: unknown): Buffer => typeOf(schemaOf(name)).toBuffer(value)

describe('a projection and the codec', { timeout: 60_000 }, () => {
  test('read every record that keeps its ranges, as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyName.chain((name) => fc.tuple(fc.constant(name), recordOf(schemaOf(name), { strayValues: false }))),
        async ([name, record]) => {
          expect(createValidate(schemaOf(name))(record)).toBeUndefined()
          const outcome = readBothWays(name, await ownId(name), bodyOf(name, record))
          expect(outcome).toEqual({ value: record })
        },
      ),
      { numRuns: 500 },
    )
  })

  test('refuse values outside their ranges, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyName.chain((name) => fc.tuple(fc.constant(name), recordOf(schemaOf(name), { strayValues: true }))),
        async ([name, record]) => {
          const outcome = readBothWays(name, await ownId(name), bodyOf(name, record))
          const problems = createValidate(schemaOf(name))(record)
          expect(outcome).toEqual(problems ? { code: 'KM_RECORD_OUT_OF_RANGE' } : { value: record })
        },
      ),
      { numRuns: 1_500 },
    )
  })

  /** Changes some bytes, cuts, or adds. */
  const damaged = (body: Buffer) =>
    fc.oneof(
      fc.nat({ max: body.length }).map((length) => body.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 3 }).map((more) => Buffer.concat([body, more])),
      fc
        .array(fc.tuple(fc.nat({ max: body.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 })
        .map((changes) => {
          const copy = Buffer.from(body)
          for (const [at, byte] of changes) copy[at] = byte
          return copy
        }),
    )

  test('refuse damaged bytes alike, and never what is whole', async () => {
    const tally: Record<string, number> = {}
    await fc.assert(
      fc.asyncProperty(
        anyName
          .chain((name) => fc.tuple(fc.constant(name), recordOf(schemaOf(name), { strayValues: false })))
          .chain(([name, record]) => fc.tuple(fc.constant(name), damaged(bodyOf(name, record)))),
        async ([name, body]) => {
          const outcome = readBothWays(name, await ownId(name), body)
          const code = 'code' in outcome ? outcome.code : 'accepted'
          tally[code] = (tally[code] ?? 0) + 1
          // avsc takes a count of 2^40 at its word: of damaged records only flat ones may be shown to it.
          const flat = schemaOf(name).fields.every(
            ({ type }) => typeof withoutNull(type).type !== 'object' || !/map|array/.test(JSON.stringify(type)),
          )
          if (code === 'KM_RECORD_UNDECODABLE' && !flat) return
          const verdict = judge(name, schemaOf(name), body)
          if (!verdict.readable) expect(code).not.toBe('accepted')
          else if (code === 'accepted') {
            expect(outcome).toEqual({ value: verdict.value })
            expect(verdict.problems).toBeUndefined()
          } else if (code === 'KM_RECORD_OUT_OF_RANGE') expect(verdict.problems).toBeDefined()
          else expect(verdict.exact).toBe(false)
        },
      ),
      { numRuns: 3_000 },
    )
    expect(Object.keys(tally).sort()).toEqual(['KM_RECORD_OUT_OF_RANGE', 'KM_RECORD_UNDECODABLE', 'accepted'])
  })

  test('read what other writers wrote: fields added, left out, in another order, of narrower types', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyName
          .chain((name) => fc.tuple(fc.constant(name), evolvedFrom(schemaOf(name))))
          .chain(([name, writer]) =>
            fc.tuple(fc.constant(name), fc.constant(writer), recordOf(writer, { strayValues: false }), fc.boolean()),
          ),
        async ([name, writer, record, cut]) => {
          const id = await registry.register(`test-${JSON.stringify(writer)}`, writer)
          await codec.learn(id)
          const whole = typeOf(writer).toBuffer(record)
          const body = cut ? whole.subarray(0, whole.length - 1) : whole
          const outcome = readBothWays(name, id, body)
          const verdict = cut ? undefined : judge(name, writer, body)
          if (verdict?.problems) expect(outcome).toEqual({ code: 'KM_RECORD_OUT_OF_RANGE' })
          else expect(outcome).toEqual(verdict ? { value: verdict.value } : { code: 'KM_RECORD_UNDECODABLE' })
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a body that is not of its schema', () => {
  const fields = {
    flag: { name: 'flag', type: 'boolean' },
    count: { name: 'count', type: 'int' },
    amount: { name: 'amount', type: 'long' },
    ratio: { name: 'ratio', type: 'double' },
    text: { name: 'text', type: 'string', maxLength: 4 },
    maybe: { name: 'maybe', type: ['null', 'long'], default: null },
    list: { name: 'list', type: { type: 'array', items: 'string' } },
    table: { name: 'table', type: { type: 'map', values: 'long' } },
    country: { name: 'country', type: 'string', pattern: '^[A-Z]{2}$' },
    phone: { name: 'phone', type: 'string', pattern: '^\\+[1-9][0-9]{6,14}$' },
  } as const satisfies Record<string, FieldSchema>

  test.each<[field: keyof typeof fields, hex: string, verdict: string, meaning: string]>([
    ['flag', '00', 'taken', 'false'],
    ['flag', '02', 'KM_RECORD_UNDECODABLE', 'neither true nor false'],
    ['flag', '', 'KM_RECORD_UNDECODABLE', 'cut'],
    ['flag', '00 00', 'KM_RECORD_UNDECODABLE', 'one byte too many'],
    ['count', 'fe ff ff ff 0f', 'taken', '2^31 - 1'],
    ['count', '80 80 80 80 10', 'KM_RECORD_UNDECODABLE', '2^31'],
    ['count', '80 80 80 00', 'taken', 'zero in more bytes than it needs'],
    ['amount', 'fe ff ff ff ff ff ff 1f', 'taken', '2^53 - 1'],
    ['amount', 'fd ff ff ff ff ff ff 1f', 'taken', '-(2^53 - 1)'],
    ['amount', '80 80 80 80 80 80 80 20', 'KM_RECORD_OUT_OF_RANGE', '2^53'],
    ['amount', 'ff ff ff ff ff ff ff ff ff 01', 'KM_RECORD_OUT_OF_RANGE', '-2^63'],
    ['amount', '80 80 80 80 80 80 80 80 80 80 00', 'KM_RECORD_UNDECODABLE', 'eleven bytes'],
    ['ratio', '00 00 00 00 00 00 f0 3f', 'taken', '1'],
    ['ratio', '00 00 00 00 00 00 f8 7f', 'KM_RECORD_OUT_OF_RANGE', 'NaN'],
    ['ratio', '00 00 00 00 00 00 f0', 'KM_RECORD_UNDECODABLE', 'cut'],
    ['text', '18 f0 9f 98 80 f0 9f 98 80 f0 9f 98 80', 'taken', 'three characters of four bytes'],
    ['text', '0a 61 62 63 64 65', 'KM_RECORD_OUT_OF_RANGE', 'five characters'],
    ['text', '04 c0 80', 'KM_RECORD_UNDECODABLE', 'UTF-8 of more bytes than it needs'],
    ['text', '06 ed a0 80', 'KM_RECORD_UNDECODABLE', 'half a surrogate pair'],
    ['text', '02 e2', 'KM_RECORD_UNDECODABLE', 'half a character'],
    ['text', '01', 'KM_RECORD_UNDECODABLE', 'length -1'],
    ['text', '04 61', 'KM_RECORD_UNDECODABLE', 'cut'],
    ['maybe', '00', 'taken', 'null'],
    ['maybe', '04 00', 'KM_RECORD_UNDECODABLE', 'third branch of two'],
    ['list', '04 02 61 02 62 00', 'taken', 'a, b'],
    ['list', '03 08 02 61 02 62 00', 'taken', 'the same with its size in bytes'],
    ['list', '03 06 02 61 02 62 00', 'KM_RECORD_UNDECODABLE', 'with a wrong size'],
    ['list', '80 80 80 80 80 80 40', 'KM_RECORD_UNDECODABLE', '2^41 items in no bytes'],
    ['table', '02 02 61 02 00', 'taken', 'a: 1'],
    ['table', '02 12 5f 5f 70 72 6f 74 6f 5f 5f 02 00', 'KM_RECORD_OUT_OF_RANGE', '__proto__'],
    ['country', '04 44 45', 'taken', 'DE'],
    ['country', '04 44 65', 'KM_RECORD_OUT_OF_RANGE', 'De'],
    ['country', '06 44 45 55', 'KM_RECORD_OUT_OF_RANGE', 'DEU'],
    ['phone', '10 2b 34 39 31 35 31 32 33', 'taken', '+4915123'],
    ['phone', '10 2b 30 39 31 35 31 32 33', 'KM_RECORD_OUT_OF_RANGE', '+0915123'],
    ['phone', '10 2b 34 39 31 35 31 32 78', 'KM_RECORD_OUT_OF_RANGE', '+491512x'],
  ])('%s: %s is %s (%s)', (field, hex, verdict) => {
    const schema: RecordSchema = { type: 'record', name: 'Sample', fields: [fields[field]] }
    const body = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    const project = compileProjection(schema, schema, new Map(), new Float64Array(0))
    // With bytes behind, which belong to somebody else.
    const bytes = Buffer.concat([body, Buffer.alloc(16)])
    const outcome = outcomeOf(() => project(bytes, 0, body.length))
    expect(outcome).toEqual(verdict === 'taken' ? { value: undefined } : { code: verdict })
  })
})

describe('a word is told from others of its length, and from what is no word', () => {
  const texts = [
    '',
    'a',
    'b',
    'ab',
    'ba',
    'é',
    '漢',
    'word-0',
    'word-1',
    'word-9',
    'word-31',
    'word-99',
    'word-199',
    'words',
  ]

  test.each([1, 2, 10, 32, 33, 200])('of %i', (count) => {
    const words = new Map(Array.from({ length: count }, (_, i) => [i === 0 ? 'é' : `word-${i}`, 3 * i]))
    const schema: RecordSchema = { type: 'record', name: 'Sample', fields: [{ name: 'text', type: 'string' }] }
    const registers = new Float64Array(1)
    const project = compileProjection(schema, schema, new Map([['text', { kind: 'word', at: 0, words }]]), registers)
    const found = texts.map((text) => {
      const bytes = Buffer.from(text)
      const body = Buffer.concat([Buffer.of(2 * bytes.length), bytes])
      project(Buffer.concat([body, Buffer.from('word-1')]), 0, body.length)
      return registers[0]
    })
    expect(found).toEqual(texts.map((text) => words.get(text) ?? -1))
  })
})

describe('a writer whose records cannot be read', () => {
  const reader: RecordSchema = { type: 'record', name: 'R', fields: [{ name: 'amount', type: 'long' }] }
  const compile = (writer: object) => compileProjection(writer, reader, new Map(), new Float64Array(0))

  test.each([
    ['lacks a field without default', { ...reader, fields: [] }],
    ['has it of another type', { ...reader, fields: [{ name: 'amount', type: 'string' }] }],
    ['may write null', { ...reader, fields: [{ name: 'amount', type: ['null', 'long'] }] }],
    ['has another name', { ...reader, name: 'Other' }],
    ['contains itself', { ...reader, fields: [...reader.fields, { name: 'x', type: ['null', 'R'] }] }],
    [
      'has arrays of nothing',
      { ...reader, fields: [...reader.fields, { name: 'x', type: { type: 'array', items: 'null' } }] },
    ],
    ['is no Avro schema', { type: 'object' }],
  ])('%s', (_what, writer) => {
    expect(outcomeOf(() => compile(writer))).toEqual({ code: 'KM_SCHEMA_INCOMPATIBLE' })
  })

  test('a slot that its field cannot fill is a mistake of the program', () => {
    const slot = (name: string, kind: 'span' | 'number') =>
      compileProjection(reader, reader, new Map([[name, { kind, at: 0 }]]), new Float64Array(2))
    expect(() => slot('amount', 'span')).toThrow(RangeError)
    expect(() => slot('amuont', 'number')).toThrow(RangeError)
  })
})
