import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFold, type Totals } from '../../services/learning/fold.ts'
import { wholeOf } from '../../services/learning/whole.ts'
import type { Outcome } from '../../services/records/types.ts'
import { outcomeOf, outcomesOf, start } from './outcomes.ts'

const day = 86_400_000

function totalsOf(outcomes: readonly Outcome[], from?: Totals): Totals {
  const fold = createFold(from)
  for (const outcome of outcomes) fold.take(outcome)
  return fold.totals
}

const wholeWith = (...shards: readonly Totals[]) =>
  wholeOf(
    () => shards,
    () => 0,
  )
const cell = { offer: 'a', channel: 'sms', segment: null } as const

describe('what is learned of an offer', () => {
  it('comes from windows that are over: answers as they come would flatter what is new', () => {
    const totals = totalsOf(
      outcomesOf(`
        0  exposed   c1
        0  exposed   c2
        0  exposed   c3
        0  accepted  c1
        1  refused   c2
        7  settled   c1 yes=1
        7  settled   c2
        7  ignored   c3
      `),
    )
    expect(totals.odds).toMatchObject([{ offer: 'a', accepted: 1, others: 2 }])
    expect(
      wholeWith(totalsOf(outcomesOf('0 exposed c1\n0 accepted c1'))).learned(cell, start, undefined),
    ).toBeUndefined()
  })

  it('is kept apart by offer, channel and segment, and not from what is not to be learned', () => {
    const { odds } = totalsOf(
      outcomesOf(`
        0  ignored  c1
        0  ignored  c2 offer=b
        0  ignored  c3 channel=push
        0  ignored  c4 segment=rich
        0  ignored  c5 learn=no
        0  settled  c6 segment=rich yes=1
      `),
    )
    expect(
      odds.map(({ offer, channel, segment, accepted, others }) => [offer, channel, segment, accepted, others]),
    ).toEqual([
      ['a', 'sms', null, 0, 1],
      ['b', 'sms', null, 0, 1],
      ['a', 'push', null, 0, 1],
      ['a', 'sms', 'rich', 1, 1],
    ])
  })

  it('fades by its half-life: in every place the same, whenever it is asked', () => {
    const one = totalsOf(outcomesOf('0 settled c1 yes=1 half=10\n10 ignored c2 half=10'))
    expect(one.odds).toMatchObject([{ accepted: 0.5, others: 1 }])
    const whole = wholeWith(one, totalsOf(outcomesOf('20 settled c3 yes=1 half=10')))
    expect(whole.learned(cell, start + 20 * day, 10 * day)).toEqual({ accepted: 1.25, others: 0.5 })
    expect(whole.learned(cell, start + 30 * day, 10 * day)).toEqual({ accepted: 0.625, others: 0.25 })
    expect(whole.learned({ ...cell, offer: 'b' }, start, undefined)).toBeUndefined()
    expect(whole.talliedAt).toBe(start + 20 * day)
  })
})

describe('who is held out', () => {
  it('is counted beside those who are addressed, teaches nothing and is of no variant', () => {
    const { odds, variants, arms } = totalsOf(
      outcomesOf(`
        0  exposed    c1 variant=warm as=addressed
        0  held-out   c2 variant=warm as=held-out learn=no
        0  held-out   c3 variant=warm as=held-out-of-all learn=no
        1  bought     c1 variant=warm as=addressed
        1  accepted   c1 variant=warm as=addressed
        1  bought     c2 variant=warm as=held-out learn=no
        1  opted-out  c2 variant=warm as=held-out learn=no
        2  left       c3 variant=warm as=held-out-of-all learn=no
        7  settled    c1 variant=warm as=addressed yes=1
        7  settled    c2 variant=warm as=held-out learn=no
        0  exposed    c4 variant=warm
      `),
    )
    expect(odds).toMatchObject([{ accepted: 1, others: 0 }])
    expect(variants).toMatchObject([{ variant: 'warm', exposed: 2, accepted: 1, opted_out: 0, settled: 1 }])
    expect(arms).toMatchObject(
      [
        { arm: 'held-out', windows: 1, bought: 1, opted_out: 1, left: 0 },
        { arm: 'held-out-of-all', windows: 1, bought: 0, opted_out: 0, left: 1 },
        { arm: 'addressed', windows: 1, bought: 1, opted_out: 0, left: 0 },
      ].toSorted((a, b) => arms.findIndex(({ arm }) => arm === a.arm) - arms.findIndex(({ arm }) => arm === b.arm)),
    )
    const both = wholeWith({ ...totalsOf([]), arms }, { ...totalsOf([]), arms })
    expect(both.arms().map(({ windows }) => windows)).toEqual([2, 2, 2])
  })
})

describe('what is counted', () => {
  it('of a variant is all that became of its commands', () => {
    const lines = `
      0  exposed    c1 variant=warm
      0  exposed    c2 variant=warm
      0  exposed    c3 variant=warm
      0  exposed    c4 variant=plain
      1  opted-out  c1 variant=warm
      1  unsent     c2 variant=warm
      2  accepted   c3 variant=warm
      7  settled    c1 variant=warm
      7  settled    c3 variant=warm yes=1
      7  ignored    c4 variant=plain
      7  exposed    c5
    `
    const half = outcomesOf(lines).length / 2
    const whole = wholeWith(
      totalsOf(outcomesOf(lines).slice(0, Math.ceil(half))),
      totalsOf(outcomesOf(lines).slice(Math.ceil(half))),
    )
    const variants = whole.variantsOf('first')
    expect(variants.get('warm')).toMatchObject({
      exposed: 3,
      unsent: 1,
      opted_out: 1,
      accepted: 1,
      refused: 0,
      settled: 2,
    })
    expect(variants.get('plain')).toMatchObject({ exposed: 1, ignored: 1, first_at: start, last_at: start + 7 * day })
    expect(whole.variantsOf('second').size).toBe(0)
  })

  it('counts once, however often the log holds it and wherever counting was interrupted', () => {
    const kinds = ['exposed', 'accepted', 'refused', 'opted-out', 'ignored', 'settled'] as const
    const outcomes = fc.array(
      fc.record({ id: fc.integer({ min: 0, max: 400 }), kind: fc.constantFrom(...kinds), days: fc.nat(60) }),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(outcomes, fc.array(fc.nat(), { maxLength: 5 }), fc.nat(), (drawn, cuts, again) => {
        const lines = drawn.map(({ id, kind, days }) => outcomeOf(`${days} ${kind} ${names[id]} variant=warm half=20`))
        const once = [...new Map(lines.map((one) => [one.outcome_id, one])).values()].filter((one) => one)
        const firsts = lines.filter((one, i) => lines.findIndex((other) => other.outcome_id === one.outcome_id) === i)
        // An append whose answer was lost is there twice.
        const at = firsts.length === 0 ? 0 : again % firsts.length
        const log = [...firsts.slice(0, at), ...firsts.slice(Math.max(0, at - 10), at), ...firsts.slice(at)]
        const ends = [...cuts.map((cut) => (log.length === 0 ? 0 : cut % log.length)), log.length].sort((a, b) => a - b)
        let totals: Totals | undefined
        let from = 0
        for (const end of ends) {
          totals = totalsOf(log.slice(from, end), totals)
          from = end
        }
        expect(totals).toEqual(totalsOf(firsts))
        const counted = totals?.variants.reduce((sum, one) => {
          const { exposed, accepted, refused, opted_out, ignored, settled } = one
          return sum + exposed + accepted + refused + opted_out + ignored + settled
        }, 0)
        expect(counted ?? 0).toBe(once.length)
      }),
      { numRuns: 200 },
    )
  })
})

/** Ids whose first characters tell them apart, as hashes do. */
const names = Array.from({ length: 401 }, (_, i) => {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  return `${letters[i % 26]}${letters[Math.floor(i / 26) % 26]}`
})
