import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import { breachesOf } from './checker/breaches.ts'
import type { Entry } from './checker/history.ts'
import { type Life, lives } from './checker/lives.ts'
import { type Plant, plants } from './checker/plants.ts'
import { codes } from './checker/reasons.ts'
import { record } from './checker/record.ts'
import { unfounded } from './checker/unfounded.ts'
import { worlds } from './checker/worlds.ts'

/** The same for every plant: where one fault goes unseen, the streams are too poor or the checker is blind. */
const samples = fc.sample(fc.record({ catalogue: worlds, life: lives }), { numRuns: 1500, seed: 7 })

/** Whether the fault can change anything of a life. */
const isTouched = ({ stream }: Life, { heard }: Plant): boolean =>
  !heard || stream.some(({ told }) => JSON.stringify(heard(told)) !== JSON.stringify(told))

describe('a fault in deciding is found by what left', () => {
  test.each(plants)('$name: $code', { timeout: 120_000 }, (plant) => {
    const { code, catalogue: broken = (all) => all, heard } = plant
    const isFound = samples.some(({ catalogue, life }) => {
      if (!isTouched(life, plant)) return false
      const { stream, calls } = life
      const history = record(createDecideStep(broken(catalogue)), stream, calls, heard)
      return breachesOf(history, catalogue).some((breach) => breach.code === code && !calls.includes(breach.command))
    })
    expect(isFound).toBe(true)
  })

  test('what leaves when it may no more', () => {
    const isFound = samples.some(({ catalogue, life: { stream, calls } }) => {
      const late = record(createDecideStep(catalogue), stream, calls).map((entry) =>
        entry.kind === 'command'
          ? { ...entry, command: { ...entry.command, not_after: entry.at + 86_400_000 } }
          : entry,
      )
      return breachesOf(late, catalogue).some(({ code }) => code === 'quiet-hours')
    })
    expect(isFound).toBe(true)
  })

  test('of each reason', () => {
    expect(codes.filter((code) => !plants.some((plant) => plant.code === code))).toEqual([])
  })
})

describe('a decision that says what is not so is found', () => {
  test.each(plants)('$name: $code', { timeout: 120_000 }, (plant) => {
    const { code, catalogue: broken = (all) => all, heard = (told) => told } = plant
    // The other way round: what decide goes by is all there, and what there is lacks it.
    const isFound = samples.some(({ catalogue, life }) => {
      if (!isTouched(life, plant)) return false
      const { stream, calls } = life
      const history = record(createDecideStep(catalogue), stream, calls).flatMap((entry): Entry[] => {
        if (entry.kind !== 'told') return [entry]
        const told = heard(entry.told)
        return told ? [{ ...entry, told }] : []
      })
      return unfounded(history, broken(catalogue)).some((sentence) => sentence.includes(code))
    })
    expect(isFound).toBe(true)
  })
})
