import { describe, expect, it } from 'vitest'
import { rulesetOf } from './rulesets.ts'
import { ShardDriver, type TestEvent } from './shard-driver.ts'

const minute = 60_000
const start = Date.parse('2026-06-01T12:00Z')
const lines = Array.from({ length: 20 }, (_, i) => i + 1)
const factor = '- { id: balance, title: { en: a }, from: recharge, value: amount, aggregate: last }\n'

const rulesetOfLines = (body: (line: number) => string) =>
  rulesetOf(
    factor,
    lines
      .map(
        (line) => `- { id: r${line}, moment: change, title: { en: a }, on: recharge, purpose: care, ${body(line)} }\n`,
      )
      .join(''),
  )

const recharge = (amount: number, i: number): TestEvent => ({
  type: 'recharge',
  value: {
    event_id: `e${i}`,
    subscriber_id: 's',
    event_time: start + i * minute,
    source: 'x',
    amount,
    currency: 'EUR',
    method: 'app',
  },
})

/** The lines of the rules that fire at each of some values, one after the other. */
function firedAt(body: (line: number) => string, values: readonly number[]): number[][] {
  const driver = new ShardDriver({ ruleset: rulesetOfLines(body), defaultTimeZone: 'UTC' })
  let told = 0
  return values.map((value, i) => {
    driver.send(recharge(value, i))
    const fired = driver.moments().slice(told)
    told += fired.length
    return fired.map(({ rule }) => Number(rule.slice(1)))
  })
}
const between = (from: number, to: number) => lines.filter((line) => line >= from && line <= to)

describe('rules with lines over one number fire exactly on their side of it', () => {
  it.each<[string, (line: number) => string, number, number[]]>([
    ['>= N: N too', (line) => `when: balance >= ${line}`, 10, between(1, 10)],
    ['> N: not N', (line) => `when: balance > ${line}`, 10, between(1, 9)],
    ['<= N: N too', (line) => `when: balance <= ${line}`, 10, between(10, 20)],
    ['< N: not N', (line) => `when: balance < ${line}`, 10, between(11, 20)],
    ['== N: N alone', (line) => `when: balance == ${line}`, 10, [10]],
    ['N < balance, from the right', (line) => `when: ${line} < balance`, 10, between(1, 9)],
    ['a band, its upper end in it', (line) => `when: 'balance > ${line} && balance <= ${line + 2}'`, 10, [8, 9]],
    ['as doubles', (line) => `when: double(balance) > ${line}.0`, 10, between(1, 9)],
    ['and what else must hold', (line) => `when: 'balance >= ${line} && balance % 2 == 1'`, 10, []],
    ['of all', (line) => `when: balance >= ${line}`, 99, lines],
    ['of none', (line) => `when: balance >= ${line}`, 0, []],
  ])('%s', (_, body, value, expected) => {
    expect(firedAt(body, [value])).toEqual([expected])
  })

  it('and no sooner again than once says, however many are true', () => {
    const body = (line: number) => `when: balance >= ${line}, once: 2m`
    expect(firedAt(body, [3, 15, 15, 15])).toEqual([between(1, 3), between(4, 15), between(1, 3), between(4, 15)])
  })
})

describe('edges over one number', () => {
  it.each<[string, (line: number) => string, number[], number[][]]>([
    [
      'cross once, and again when they were below',
      (line) => `becomes: balance >= ${line}`,
      [5, 10, 10, 8, 10],
      [[], between(6, 10), [], [], between(9, 10)],
    ],
    ['downwards', (line) => `becomes: balance < ${line}`, [10, 5, 5, 7, 6], [[], between(6, 10), [], [], [7]]],
    [
      'wait until they are armed again',
      (line) => `becomes: balance >= ${line}, rearm: balance < ${Math.max(1, line - 3)}`,
      [0, 10, 8, 10, 5, 10],
      [[], between(1, 10), [], [], [], between(9, 10)],
    ],
    ['a first value is none', (line) => `becomes: balance >= ${line}`, [30, 30, 0, 30], [[], [], [], lines]],
  ])('%s', (_, body, values, expected) => {
    expect(firedAt(body, values)).toEqual(expected)
  })
})
