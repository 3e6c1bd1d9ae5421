import { expect, it } from 'vitest'
import { chainReasons, otherReasons } from '../../services/domain/reason-codes.ts'

/** The contact policy's agreed order; reasons that nothing gives yet are left out of the table. */
const agreed = [
  ['expired', 'marketing care service regulatory'],
  ['consent', 'marketing care'],
  ['protected', 'marketing care'],
  ['do-not-disturb', 'marketing care'],
  ['open-issue', 'marketing care'],
  ['live-call', 'marketing care service'],
  ['quiet-hours', 'marketing care service'],
  ['cap', 'marketing'],
  ['gap', 'marketing care'],
  ['cooling', 'marketing'],
  ['ineligible', 'marketing care service'],
  ['budget', 'marketing care'],
  ['priority', 'marketing care'],
  ['holdout', 'marketing'],
]

it('keeps the agreed order and purposes', () => {
  const table = chainReasons.map(({ code, purposes }) => [code, purposes.join(' ')])
  expect(table).toEqual(agreed.filter(([code]) => table.some(([known]) => known === code)))
})

it('gives each code one row with a meaning in both languages', () => {
  const rows = [...chainReasons, ...otherReasons]
  expect(new Set(rows.map(({ code }) => code)).size).toBe(rows.length)
  for (const { meaning } of rows) {
    expect(meaning.en).toMatch(/\.$/)
    expect(meaning.zh).toMatch(/。$/)
  }
})
