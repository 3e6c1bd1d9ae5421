import { expect, it } from 'vitest'
import { Sweep } from '../../services/flow/sweep.ts'

const page = (...keys: string[]) => keys.map((key) => [key, Buffer.alloc(0)] as const)

function sweepOf(pages: readonly (readonly (readonly [string, Buffer])[])[]) {
  const told: string[] = []
  const processor = {
    sweep: 0,
    swept(sweep: number) {
      told.push(`swept ${sweep}`)
      if (sweep === this.sweep) this.sweep = 0
    },
  }
  const store = {
    async *scan() {
      told.push('scan')
      yield* pages
    },
  }
  const sweep = new Sweep({ store, processor })
  const next = () => sweep.next(async () => void told.push('settle'))
  return { processor, sweep, next, told }
}

it('gives every key once, behind what was in memory, and tells when it is through', async () => {
  const { processor, sweep, next, told } = sweepOf([page('a', 'b'), page('c')])
  expect(sweep.isWanted).toBe(false)
  processor.sweep = 3
  expect([await next(), await next(), await next()]).toEqual([['a', 'b'], ['c'], []])
  expect(told).toEqual(['settle', 'scan', 'swept 3'])
  expect(sweep.isWanted).toBe(false)
})

it('begins anew when the rules change once more on the way', async () => {
  const { processor, next, told } = sweepOf([page('a'), page('b')])
  processor.sweep = 1
  expect(await next()).toEqual(['a'])
  processor.sweep = 2
  expect([await next(), await next(), await next()]).toEqual([['a'], ['b'], []])
  expect(told).toEqual(['settle', 'scan', 'settle', 'scan', 'swept 2'])
})
