import { type EventType, eventTypes } from '../../topology.ts'
import type { Expression } from '../expression.ts'
import { type Names, toJavaScript, valueToJavaScript } from '../javascript.ts'
import { partsOf } from '../parts.ts'
import { factorsReadBy } from '../reads.ts'
import type { Ruleset } from '../ruleset.ts'
import type { Bundle } from './bundles.ts'
import { conjuncts } from './generate-dispatch.ts'
import type { LaneNumber } from './lane-plan.ts'

/** What the source of a bundle is made for. */
export interface BundlePlace {
  readonly ruleset: Ruleset
  readonly lane: LaneNumber
  /** How expressions of a rule over events of these types read. */
  readonly namesFor: (on: readonly EventType[]) => Names
  /** Source that reads a factor together with others of its ring, into V; undefined: it is read alone. */
  readonly sweepOf: (factor: string) => string | undefined
  /** Place of a factor in V. */
  readonly placeOf: (factor: string) => number | undefined
}

/**
 * `b<i>()`: looks at the bundle's conditions, as of the newest event of its types. Those that hold are put down first, in
 * the order of rules, and told to the host in one loop at the end: a condition is hardly ever true, and a branch that was
 * never taken costs an engine its optimized code when it is. For the same reason plain comparisons are joined by `&`.
 */
export function bundleSource({ rules, types }: Bundle, i: number, place: BundlePlace): string {
  const { ruleset, lane } = place
  const heads = types.map((type) => `head = host.headOf(${eventTypes.indexOf(type)}); if (head > t) t = head`)
  // Settled events come in order: the one in hand is the newest of all.
  const asOf = lane === 0 ? heads.join('\n') : 't = host.time'
  const locals = localsOf(ruleset, rules, place)
  const statements = rules.map((index) => {
    const trigger = ruleset.rules[index]?.trigger
    if (trigger?.kind !== 'condition') return ''
    const own = place.namesFor(trigger.on)
    const names = { ...own, factor: (id: string) => locals.names.get(id) ?? own.factor(id) }
    if (!trigger.edge) return `H[n] = ${index}; n += ${holds(trigger.when, names, locals.names)}`
    const rearm = trigger.edge.rearm ? valueToJavaScript(trigger.edge.rearm, names).source : 'NaN'
    return `H[n] = -1 - ${index}; P[2 * n] = ${valueToJavaScript(trigger.when, names).source}; P[2 * n + 1] = ${rearm}; n++`
  })
  return `function b${i}() {
let t = -1, head = 0, n = 0
${asOf}
instant(t)
host.evaluations += ${rules.length}
${locals.source}
${statements.join('\n')}
for (let i = 0; i < n; i++) {
const rule = H[i]
if (rule >= 0) host.fire(rule, t)
else host.edge(-1 - rule, t, P[2 * i], P[2 * i + 1])
}
}`
}

/** Factors that are read at the front, by the names of their locals: those of several of the rules. */
function localsOf(ruleset: Ruleset, rules: readonly number[], { namesFor, sweepOf, placeOf }: BundlePlace) {
  const names = new Map<string, string>()
  const sweeps = new Set<string>()
  const reads: string[] = []
  for (const id of sharedFactors(ruleset, rules)) {
    const name = `x${names.size}`
    names.set(id, name)
    const sweep = sweepOf(id)
    if (sweep !== undefined) sweeps.add(sweep)
    reads.push(`const ${name} = ${sweep === undefined ? namesFor([]).factor(id) : `V[${placeOf(id)}]`}`)
  }
  return { names, source: [...sweeps, ...reads].join('\n') }
}

function sharedFactors(ruleset: Ruleset, rules: readonly number[]): ReadonlySet<string> {
  const once = new Set<string>()
  const several = new Set<string>()
  for (const index of rules) {
    const trigger = ruleset.rules[index]?.trigger
    if (trigger?.kind !== 'condition') continue
    for (const id of factorsReadBy(trigger.when)) (once.has(id) ? several : once).add(id)
  }
  return several
}

/** Source of 1 where the condition holds, else 0. What costs something is looked at where all that is plain holds. */
function holds(when: Expression, names: Names, locals: ReadonlyMap<string, string>): string {
  const parts = conjuncts(when)
  const sources = (own: readonly Expression[]) => own.map((part) => toJavaScript(part, names).source)
  const plain = sources(parts.filter((part) => isPlain(part, locals)))
  const other = sources(parts.filter((part) => !isPlain(part, locals)))
  const all = `(1 & ${plain.join(' & ')})`
  if (other.length === 0) return all
  return `(${[...(plain.length > 0 ? [`${all} === 1`] : []), ...other].join(' && ')} ? 1 : 0)`
}

/** A comparison (or the like) of things that lie at hand. */
function isPlain(part: Expression, locals: ReadonlyMap<string, string>): boolean {
  const isAtHand = (operand: Expression): boolean =>
    operand.kind === 'literal' || operand.kind === 'field' || (operand.kind === 'factor' && locals.has(operand.id))
  if (part.kind === 'has' || isAtHand(part)) return true
  if (part.kind === 'binary' && (part.operator === '&&' || part.operator === '||')) return false
  return (part.kind === 'binary' || part.kind === 'in') && partsOf(part).every(isAtHand)
}
