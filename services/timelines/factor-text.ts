import type { Known } from './timeline.ts'

export type FactorValues = Readonly<Record<string, unknown>>

/** As a timeline writes it. */
export const factorText = (value: unknown): string =>
  value === null || value === undefined ? 'unknown' : typeof value === 'object' ? JSON.stringify(value) : String(value)

/** Sums of doubles come in another order than a person adds them. */
export function sameValue(expected: Known, actual: unknown): boolean {
  if (typeof expected !== 'number' || (typeof actual !== 'number' && typeof actual !== 'bigint')) {
    return expected === (actual ?? null)
  }
  const number = Number(actual)
  return Math.abs(expected - number) <= 1e-9 * Math.max(1, Math.abs(expected), Math.abs(number))
}

/** Values worth telling: those that are wanted, then others that say something, a line's worth. */
export function factorsText(factors: FactorValues, wanted: readonly string[], most = 10): string {
  const telling = Object.keys(factors).filter((id) => !wanted.includes(id) && saysSomething(factors[id]))
  const ids = [...wanted.filter((id) => Object.hasOwn(factors, id)), ...telling].slice(0, most)
  return ids.map((id) => `${id}=${factorText(factors[id])}`).join(' ')
}

const saysSomething = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== 0 && value !== false
