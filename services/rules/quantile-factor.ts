import { didYouMean } from '../domain/nearest-name.ts'
import type { Expression } from './expression.ts'
import { derived, type Made } from './factor-desugar.ts'
import type { RawQuantiles } from './raw.ts'
import type { Quantiles } from './ruleset.ts'
import type { FactorScopes } from './scope.ts'
import type { Subject } from './subject.ts'

type Path = readonly (string | number)[]

/**
 * Where a subscriber stands among all: the greatest of the cuts whose threshold the factor reaches, 0 below all of them, unknown
 * where the factor is. Thresholds are numbers of the catalogue, so that a replay judges as the day itself did; they are measured
 * by `keymoment catalogue measure`, and declared until then. undefined with its faults.
 */
export function checkQuantiles(
  id: string,
  quantiles: RawQuantiles,
  subject: Subject,
  scopes: FactorScopes,
): Made | undefined {
  const { of, cuts, declared, measured } = quantiles
  const isSound = [
    areCuts(cuts, subject),
    areThresholds(declared, cuts, subject, ['quantiles', 'declared']),
    !measured || areThresholds(measured.thresholds, cuts, subject, ['quantiles', 'measured', 'thresholds']),
  ].every((sound) => sound)
  const type = typeOfNumber(of, subject, scopes)
  if (!isSound || !type) return undefined
  const { thresholds } = inForce(quantiles)
  if (type === 'int' && !thresholds.every((threshold) => Number.isSafeInteger(threshold))) {
    const message = `'${of}' is int; its thresholds are whole numbers, not ${thresholds.join(', ')}`
    subject.fault(
      'KM_FACTOR_QUANTILES',
      message,
      measured ? ['quantiles', 'measured', 'thresholds'] : ['quantiles', 'declared'],
    )
    return undefined
  }
  const number: Expression = { kind: 'factor', type, id: of }
  const value = cuts.reduce<Expression>(
    (below, cut, i) => chosen(atLeast(number, thresholds[i] as number), double(cut), below),
    double(0),
  )
  const always = scopes.factors.get(of)?.always ?? false
  return {
    factors: [{ ...derived(id, value), quantiles: inForce(quantiles) }],
    known: { type: 'double', range: { low: 0, high: cuts.at(-1) as number }, always },
  }
}

const inForce = ({ of, cuts, declared, measured }: RawQuantiles): Quantiles =>
  measured
    ? { of, cuts, thresholds: measured.thresholds, measured: { at: measured.at, subscribers: measured.subscribers } }
    : { of, cuts, thresholds: declared }

function areCuts(cuts: readonly number[], subject: Subject): boolean {
  const wrong = cuts.findIndex((cut, i) => !(cut > (cuts[i - 1] ?? 0) && cut < 1))
  if (wrong < 0) return true
  const message = `cuts are parts of all subscribers between 0 and 1, each greater than the one before; ${cuts[wrong]} is not`
  subject.fault('KM_FACTOR_QUANTILES', message, ['quantiles', 'cuts', wrong])
  return false
}

function areThresholds(thresholds: readonly number[], cuts: readonly number[], subject: Subject, path: Path): boolean {
  if (thresholds.length !== cuts.length) {
    const message = `each of the ${cuts.length} cuts has a threshold; there are ${thresholds.length}`
    subject.fault('KM_FACTOR_QUANTILES', message, path)
    return false
  }
  const wrong = thresholds.findIndex((threshold, i) => threshold < (thresholds[i - 1] ?? threshold))
  if (wrong < 0) return true
  const message = `a greater part has no smaller threshold; ${thresholds[wrong]} is below the one before`
  subject.fault('KM_FACTOR_QUANTILES', message, [...path, wrong])
  return false
}

function typeOfNumber(id: string, subject: Subject, scopes: FactorScopes): 'int' | 'double' | undefined {
  const factor = scopes.factors.get(id)
  const path = ['quantiles', 'of']
  if (factor?.type === 'int' || factor?.type === 'double') return factor.type
  if (factor) subject.fault('KM_RULE_TYPE', `'${id}' is ${factor.type}; quantiles are of a number`, path)
  else if (!scopes.factors.has(id)) {
    const message = `no factor '${id}'${didYouMean(id, [...scopes.factors.keys()])}`
    subject.fault('KM_RULE_UNKNOWN_FACTOR', message, path)
  }
  return undefined
}

const atLeast = (number: Expression, threshold: number): Expression => ({
  kind: 'binary',
  type: 'bool',
  operator: '>=',
  left: number,
  right: { kind: 'literal', type: number.type, value: threshold },
})

const double = (value: number): Expression => ({ kind: 'literal', type: 'double', value })
const chosen = (condition: Expression, then: Expression, otherwise: Expression): Expression => ({
  kind: 'conditional',
  type: 'double',
  condition,
  then,
  otherwise,
})
