import { expect, it } from 'vitest'
import { Sweep } from '../../services/flow/sweep.ts'

const page = (...keys: string[]) => keys.map((key) => [key, Buffer.from(key)] as const)

function sweepOf(pages: readonly (readonly (readonly [string, Buffer])[])[], concerns = (_: Buffer) => true) {
  const told: string[] = []
  const task = {
    wanted: 0,
    concerns,
    done(wanted: number) {
      told.push(`done ${wanted}`)
      if (wanted === this.wanted) this.wanted = 0
    },
  }
  const store = {
    async *scan() {
      told.push('scan')
      yield* pages
    },
  }
  let page = Promise.withResolvers<void>()
  const sweep = new Sweep(store, task, () => page.resolve())
  /** What it gives until it is through, `count` at a time. */
  const all = async (count = 10) => {
    const given: (readonly string[])[] = []
    while (sweep.isWanted) {
      if (sweep.isReading) {
        await page.promise
        page = Promise.withResolvers()
      }
      const keys = await sweep.next(count, async () => void told.push('settle'))
      if (keys.length > 0) given.push(keys)
    }
    return given
  }
  return { task, sweep, all, told }
}

it('gives every key once, behind what was in memory, and tells when it is through', async () => {
  const { task, sweep, all, told } = sweepOf([page('a', 'b'), page(), page('c')])
  expect(sweep.isWanted).toBe(false)
  task.wanted = 3
  expect(await all()).toEqual([['a', 'b'], ['c']])
  expect(told).toEqual(['settle', 'scan', 'done 3'])
})

it('gives no more at a time than it is asked for, and only those whom it concerns', async () => {
  const { task, all } = sweepOf([page('a', 'B', 'c', 'd', 'E'), page('F'), page('g')], (value) =>
    /[a-z]/.test(`${value}`),
  )
  task.wanted = 1
  expect(await all(2)).toEqual([['a', 'c'], ['d'], ['g']])
})

it('begins anew when the rules change once more on the way', async () => {
  const { task, sweep, all, told } = sweepOf([page('a'), page('b')])
  task.wanted = 1
  const settle = async () => void told.push('settle')
  while ((await sweep.next(10, settle)).length === 0) await new Promise((resolve) => setImmediate(resolve))
  task.wanted = 2
  expect(await all()).toEqual([['a'], ['b']])
  expect(told).toEqual(['settle', 'scan', 'settle', 'scan', 'done 2'])
})

it('fails as the store does', async () => {
  const store = {
    // biome-ignore lint/correctness/useYield: it fails before
    async *scan(): AsyncGenerator<never> {
      throw new Error('no answer')
    },
  }
  const task = { wanted: 1, concerns: () => true, done: () => undefined }
  const read = Promise.withResolvers<void>()
  const sweep = new Sweep(store, task, () => read.resolve())
  expect(await sweep.next(1, async () => undefined)).toEqual([])
  await read.promise
  await expect(sweep.next(1, async () => undefined)).rejects.toThrow('no answer')
})
