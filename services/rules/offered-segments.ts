import { type Campaign, offersOfRule } from './campaigns.ts'
import type { Offer } from './catalogue.ts'
import type { Expression } from './expression.ts'
import type { KnownSegments } from './known-segments.ts'
import { segmentFactorId } from './lower-call.ts'
import { type Problem, problem } from './problem.ts'
import type { Rule } from './ruleset.ts'
import type { SourceNode } from './source.ts'

/** By dimension the segments of which one must be the subscriber's. */
type Demanded = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Tells of offers for segments in which no subscriber of the rules that list them can be: the rules ask for others. A rule that
 * asks for no segment of the dimension leaves all of them open. `rules`: all of them.
 */
export function checkOfferedSegments(
  nodes: readonly SourceNode[],
  {
    offers,
    rules,
    campaigns,
  }: {
    readonly offers: ReadonlyMap<string, Offer | undefined>
    readonly rules: readonly Rule[]
    readonly campaigns: readonly Campaign[]
  },
  { dimensions }: KnownSegments,
  problems: Problem[],
): void {
  const byFactor = new Map([...dimensions].map(([id, dimension]) => [segmentFactorId(id), { id, dimension }]))
  const demands = new Map(rules.map((rule) => [rule, demandedBy(rule, byFactor)]))
  for (const node of nodes) {
    const offer = node.id === undefined ? undefined : offers.get(node.id)
    const listing = offer ? rules.filter((rule) => offersOfRule(rule, campaigns).has(offer.id)) : []
    if (listing.length === 0) continue
    for (const [dimension, allowed] of Object.entries(offer?.segments ?? {})) {
      const asked = listing.map((rule) => demands.get(rule)?.get(dimension))
      if (!asked.every((some) => some && !allowed.some((id) => some.has(id)))) continue
      const whom = [...new Set(asked.flatMap((some) => [...(some ?? [])]))].join(', ')
      const by = listing.map(({ id }) => `'${id}'`).join(', ')
      const message = `nobody can get it: it is for ${allowed.join(', ')}, and listed only by ${by}, for ${whom}`
      problems.push(problem('KM_OFFER_NEVER', message, node.at(['segments', dimension])))
    }
  }
}

type Segments = ReadonlyMap<string, { readonly id: string; readonly dimension: string }>

function demandedBy(rule: Rule, segments: Segments): Demanded {
  const { trigger, only } = rule
  const whole = trigger.kind === 'condition' || trigger.kind === 'schedule' ? [only, trigger.when] : [only]
  return whole.map((expression) => (expression ? demandedIn(expression, segments) : new Map())).reduce(both, new Map())
}

/** What an expression asks for if it is to be true. */
function demandedIn(expression: Expression, segments: Segments): Demanded {
  if (expression.kind === 'factor') {
    const segment = segments.get(expression.id)
    return new Map(segment ? [[segment.dimension, new Set([segment.id])]] : [])
  }
  if (expression.kind !== 'binary') return new Map()
  const [left, right] = [demandedIn(expression.left, segments), demandedIn(expression.right, segments)]
  if (expression.operator === '&&') return both(left, right)
  return expression.operator === '||' ? either(left, right) : new Map()
}

const both = (one: Demanded, other: Demanded): Demanded =>
  new Map(
    [...new Set([...one.keys(), ...other.keys()])].map((dimension) => {
      const [a, b] = [one.get(dimension), other.get(dimension)]
      return [dimension, a && b ? a.intersection(b) : (a ?? b ?? new Set())]
    }),
  )

const either = (one: Demanded, other: Demanded): Demanded =>
  new Map(
    [...one].flatMap(([dimension, ids]) => {
      const others = other.get(dimension)
      return others ? [[dimension, ids.union(others)] as const] : []
    }),
  )
