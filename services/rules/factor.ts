import { didYouMean } from '../domain/nearest-name.ts'
import type { ValueType } from './expression.ts'
import { derived, type Made, quotient } from './factor-desugar.ts'
import { checkOverEvents } from './factor-over-events.ts'
import { checkProfile } from './profile-factor.ts'
import { checkQuantiles } from './quantile-factor.ts'
import { anything, mayBeUnknown, rangeOf } from './ranges.ts'
import type { RawFactor } from './raw.ts'
import type { FactorScopes } from './scope.ts'
import { checkScore } from './score-factor.ts'
import type { Subject } from './subject.ts'
import type { Tag } from './tags.ts'

const overEvents = ['from', 'where', 'value', 'aggregate', 'window', 'per', 'of'] as const
const overPeriods = ['half_life', 'at_least', 'measure', 'while'] as const

/** The keys of each kind of factor, the one that makes it this kind first. */
const kinds = {
  from: [...overEvents, ...overPeriods],
  derive: ['derive'],
  ratio: ['ratio'],
  score: ['score'],
  quantiles: ['quantiles'],
  profile: ['profile', 'previous', 'unchanged', 'became', 'window'],
  tag: ['tag', 'type'],
  product: ['product'],
  consent: ['consent'],
} as const satisfies Readonly<Record<string, readonly (keyof RawFactor)[]>>
type FactorKind = keyof typeof kinds
const kindNames = Object.keys(kinds) as FactorKind[]

/** Which kind of factor it is meant to be, or undefined; what else it says and has no place in it is told. */
export function kindOfFactor(raw: RawFactor, subject: Subject): FactorKind | undefined {
  const given = kindNames.filter((kind) => raw[kind] !== undefined)
  const [kind] = given
  if (kind === undefined || given.length > 1) {
    const message =
      kind === undefined
        ? `a factor is made by one of ${kindNames.join(', ')}`
        : `a factor is made by one thing, not by ${given.join(' and ')}`
    subject.fault('KM_FACTOR_KIND', message, given.length > 1 ? [given[1] ?? ''] : [])
    return undefined
  }
  const own: readonly string[] = kinds[kind]
  const misplaced = [...new Set(Object.values(kinds).flat())].filter(
    (key) => raw[key] !== undefined && !own.includes(key),
  )
  for (const key of misplaced) {
    subject.fault('KM_FACTOR_KIND', `'${key}' has no place in a factor with ${kind}; it takes ${own.join(', ')}`, [key])
  }
  return kind
}

/** A factor and the hidden ones behind it, or undefined with its faults. What it reads is known to `scopes`. */
export function checkFactor(
  raw: RawFactor,
  kind: FactorKind,
  subject: Subject,
  scopes: FactorScopes,
  tags: ReadonlyMap<string, Tag | undefined>,
): Made | undefined {
  switch (kind) {
    case 'from':
      return checkOverEvents(raw, subject, scopes)
    case 'derive':
      return checkDerived(raw, subject, scopes)
    case 'ratio':
      return checkRatio(raw, subject, scopes)
    case 'score':
      return checkScore(raw, subject, scopes)
    case 'quantiles':
      return raw.quantiles && checkQuantiles(raw.id, raw.quantiles, subject, scopes)
    case 'profile':
      return checkProfile(raw, subject)
    case 'tag':
      return checkTag(raw, subject, tags)
    case 'product': {
      const products = [raw.product ?? []].flat()
      return alone(raw.id, 'bool', { kind: 'product', products })
    }
    case 'consent': {
      const { channel = 'sms', purpose = 'marketing' } = raw.consent ?? {}
      const made = alone(raw.id, 'bool', { kind: 'consent', channel, purpose })
      return { ...made, known: { ...made.known, always: true } }
    }
  }
}

const alone = (id: string, type: ValueType, definition: Made['factors'][number]['definition']): Made => ({
  factors: [{ id, type, definition }],
  known: { type },
})

function checkDerived(raw: RawFactor, subject: Subject, scopes: FactorScopes): Made | undefined {
  const scope = scopes.scope()
  const value = subject.expression(raw.derive ?? '', ['derive'], scope, ['int', 'double', 'bool'])
  if (!value) return undefined
  const known = { type: value.type, range: rangeOf(value, scope), always: !mayBeUnknown(value, scope) }
  return { factors: [derived(raw.id, value)], known }
}

function checkRatio(raw: RawFactor, subject: Subject, scopes: FactorScopes): Made | undefined {
  const side = (id: string, key: 'of' | 'to') => {
    const known = scopes.factors.get(id)
    if (known?.type === 'int' || known?.type === 'double') return { kind: 'factor', type: known.type, id } as const
    if (known) subject.fault('KM_RULE_TYPE', `'${id}' is ${known.type}; a ratio is of numbers`, ['ratio', key])
    else if (!scopes.factors.has(id)) {
      const message = `no factor '${id}'${didYouMean(id, [...scopes.factors.keys()])}`
      subject.fault('KM_RULE_UNKNOWN_FACTOR', message, ['ratio', key])
    }
    return undefined
  }
  const of = side(raw.ratio?.of ?? '', 'of')
  const to = side(raw.ratio?.to ?? '', 'to')
  if (!of || !to) return undefined
  const isPositive = [of, to].every(({ id }) => (scopes.factors.get(id)?.range ?? anything).low >= 0)
  const range = isPositive ? { low: 0, high: Number.POSITIVE_INFINITY } : anything
  return { factors: [derived(raw.id, quotient(of, to))], known: { type: 'double', range } }
}

function checkTag(raw: RawFactor, subject: Subject, tags: ReadonlyMap<string, Tag | undefined>): Made | undefined {
  const id = raw.tag ?? ''
  const tag = tags.get(id)
  if (!tag) {
    if (tags.has(id)) return undefined
    const message = `no tag '${id}' is declared in tags/*.yaml${didYouMean(id, [...tags.keys()])}`
    subject.fault('KM_TAG_UNKNOWN', message, ['tag'])
    return undefined
  }
  const type = raw.type === 'text' ? 'string' : (raw.type ?? tag.type)
  if (type !== tag.type) {
    const declared = tag.type === 'string' ? 'text' : tag.type
    subject.fault('KM_FACTOR_VALUE', `tag '${id}' is declared as ${declared}, not ${raw.type}`, ['type'])
    return undefined
  }
  const made = alone(raw.id, type, { kind: 'tag', tag: id })
  return { ...made, known: { type, ...(tag.values && type === 'string' && { values: tag.values }) } }
}
