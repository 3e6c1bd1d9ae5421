import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Slab } from '../../services/detect/slab.ts'

/** So few keys that they come again, so many that the index grows; some are longer than a line of the cache. */
const keys = Array.from({ length: 60 }, (_, i) => Buffer.from(`79${'0'.repeat(i % 40)}${i}`))

const doing = fc.oneof(
  fc.record({ what: fc.constant('put' as const), key: fc.nat(59), words: fc.array(fc.integer(), { maxLength: 300 }) }),
  fc.record({ what: fc.constant('expect' as const), keys: fc.array(fc.integer({ min: -1, max: 59 })) }),
  fc.record({ what: fc.constant('settle' as const) }),
  fc.record({ what: fc.constant('evict' as const), bytes: fc.nat(10_000) }),
)

/** Told of keys that aren't held, and of one without a byte, too. */
function columnOf(wanted: readonly number[]) {
  return {
    key: Buffer.alloc(0),
    keyStart: 0,
    keyEnd: 0,
    select(i: number) {
      this.key = keys[wanted[i] as number] ?? Buffer.alloc(0)
      this.keyEnd = this.key.length
    },
  }
}

it('holds what was put, whatever it is told to expect, and tells each change once', () => {
  fc.assert(
    fc.property(fc.array(doing, { minLength: 100, maxLength: 300 }), (steps) => {
      const slab = new Slab(4)
      const held = new Map<number, readonly number[]>()
      const dirty = new Set<number>()
      for (const step of steps) {
        if (step.what === 'put') {
          const key = keys[step.key] as Buffer
          if (!slab.find(key, 0, key.length)) slab.create()
          slab.open()
          slab.resize(0, step.words.length - slab.length)
          slab.words.set(step.words, slab.value)
          slab.put()
          held.set(step.key, step.words)
          dirty.add(step.key)
        } else if (step.what === 'expect') {
          slab.expect(columnOf(step.keys), 0, step.keys.length)
        } else if (step.what === 'settle') {
          expect(written(slab)).toEqual(new Map([...dirty].map((i) => [String(keys[i]), held.get(i)])))
          slab.settled()
          dirty.clear()
        } else {
          const before = held.size + slab.evicted
          slab.evict(step.bytes)
          for (const i of held.keys()) {
            const key = keys[i] as Buffer
            if (!slab.find(key, 0, key.length)) {
              expect(dirty).not.toContain(i)
              held.delete(i)
            }
          }
          expect(held.size + slab.evicted).toBe(before)
        }
      }
      expect(slab.records).toBe(held.size)
      for (const [i, words] of held) {
        const key = keys[i] as Buffer
        expect(slab.find(key, 0, key.length)).toBe(true)
        slab.open()
        expect([...slab.words.subarray(slab.value, slab.value + slab.length)]).toEqual(words)
      }
    }),
  )
})

function written({ writes }: Slab): Map<string, number[]> {
  writes.expect?.(0, writes.count)
  const all = new Map<string, number[]>()
  for (let i = 0; i < writes.count; i++) {
    const key = Buffer.alloc(writes.keyLength(i))
    writes.copyKey(i, key, 0)
    const value = Buffer.alloc(writes.valueLength(i))
    writes.copyValue(i, value, 0)
    all.set(String(key), [...new Int32Array(new Uint8Array(value).buffer)])
  }
  return all
}
