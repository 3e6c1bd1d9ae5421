import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { DocumentProcessor } from '../../services/flow/documents.ts'
import type { Context } from '../../services/flow/processor.ts'
import type { Step } from '../../services/flow/step.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'

/** Looks at a subscriber as often as it is asked to; a look changes the state of those who count. */
interface Looked {
  readonly counts: boolean
  readonly looks: number
}

const step: Step<Looked, never, never> = {
  stateSchema: {
    type: 'record',
    name: 'Looked',
    fields: [
      { name: 'counts', type: 'boolean' },
      { name: 'looks', type: 'int' },
    ],
  },
  initial: { counts: true, looks: 0 },
  handle: (state) => ({ state }),
  nextDue: () => Number.NEGATIVE_INFINITY,
  timer: (state) => ({ state: state.counts ? { ...state, looks: state.looks + 1 } : state }),
  adopt: (state) => state,
}
const context: Context<never> = { clock: 0, now: 0, head: 0, appendedAt: 0, emit() {}, arm() {}, effect() {} }
const codec = await createCodec(createEmbeddedRegistry(':memory:'))

const keys = Array.from({ length: 12 }, (_, i) => `s${i}`)
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('look' as const), key: fc.constantFrom(...keys) }),
    fc.record({ do: fc.constant('evict' as const), documents: fc.nat(12) }),
    fc.record({ do: fc.constant('commit' as const) }),
  ),
  { maxLength: 60 },
)

/** What the store has, as a shard writes it there and brings it from there. */
class Stored {
  readonly processor = new DocumentProcessor<Looked>({ step: step as never, reads: [], codec })
  readonly #values = new Map<string, Buffer>()

  bring(key: string): void {
    this.processor.admit(key, this.#values.get(key) ?? null)
  }

  commit(): string[] {
    const { writes } = this.processor
    const written: string[] = []
    for (let i = 0; i < writes.count; i++) {
      const key = Buffer.alloc(writes.keyLength(i))
      const value = Buffer.alloc(writes.valueLength(i))
      writes.copyKey(i, key, 0)
      writes.copyValue(i, value, 0)
      this.#values.set(key.toString(), value)
      written.push(key.toString())
    }
    this.processor.settled()
    return written
  }

  isResident(key: string): boolean {
    const bytes = Buffer.from(key)
    return this.processor.isResident(bytes, 0, bytes.length)
  }
}

it('what is put out of memory loses nothing, is no more than must be, and never what is yet to be written', () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const stored = new Stored()
      const { processor } = stored
      const looks = new Map<string, number>()
      const dirty = new Set<string>()
      for (const one of steps) {
        if (one.do === 'look') {
          stored.bring(one.key)
          processor.timer(one.key, context)
          looks.set(one.key, (looks.get(one.key) ?? 0) + 1)
          dirty.add(one.key)
        } else if (one.do === 'commit') {
          expect(stored.commit().toSorted()).toEqual([...dirty].toSorted())
          dirty.clear()
        } else {
          const resident = keys.filter((key) => stored.isResident(key))
          const each = resident.length === 0 ? 0 : processor.memoryBytes / resident.length
          processor.evict(one.documents * each)
          const left = keys.filter((key) => stored.isResident(key))
          expect(left).toEqual(expect.arrayContaining([...dirty]))
          expect(left.length).toBeGreaterThanOrEqual(Math.min(one.documents, resident.length) - 1)
          if (processor.memoryBytes > one.documents * each) expect(left.toSorted()).toEqual([...dirty].toSorted())
        }
      }
      stored.commit()
      processor.evict(0)
      expect(keys.filter((key) => stored.isResident(key))).toEqual([])
      for (const [key, count] of looks) {
        stored.bring(key)
        expect(processor.look(key).looks).toBe(count)
      }
    }),
  )
})

it('who was used since the last look at memory is put out of it last', () => {
  const stored = new Stored()
  const { processor } = stored
  for (const key of keys) {
    stored.bring(key)
    processor.timer(key, context)
  }
  stored.commit()
  const each = processor.memoryBytes / keys.length
  processor.evict(11 * each)
  const left = keys.filter((key) => stored.isResident(key))
  expect(left).toHaveLength(11)
  const used = left[3] as string
  processor.timer(used, context)
  stored.commit()
  processor.evict(each)
  expect(keys.filter((key) => stored.isResident(key))).toEqual([used])
})
