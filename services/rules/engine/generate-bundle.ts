import { type EventType, eventTypes } from '../../topology.ts'
import type { Expression } from '../expression.ts'
import { type Names, toJavaScript, valueToJavaScript } from '../javascript.ts'
import { partsOf } from '../parts.ts'
import { factorsReadBy } from '../reads.ts'
import type { Ruleset } from '../ruleset.ts'
import type { Bundle } from './bundles.ts'
import type { GeneratedFunction, GeneratedParts } from './generate-alike.ts'
import { conjuncts } from './generate-dispatch.ts'
import type { LaneNumber } from './lane-plan.ts'
import { limitsOf } from './limits.ts'

/** What the source of a bundle is made for. */
export interface BundlePlace {
  readonly ruleset: Ruleset
  readonly lane: LaneNumber
  /** How expressions of a rule over events of these types read. */
  readonly namesFor: (on: readonly EventType[]) => Names
  /** Number of the sweep that reads a factor together with others of its ring; undefined: it is read alone. */
  readonly sweepOf: (factor: string) => number | undefined
  /** Place of a factor in V. */
  readonly placeOf: (factor: string) => number | undefined
}

/**
 * `b<i>`: looks at the bundle's conditions, as of the newest event of its types. Those that hold are put down first, in
 * the order of rules, and told to the host in one loop at the end: a condition is hardly ever true, and a branch that was
 * never taken costs an engine its optimized code when it is. For the same reason plain comparisons are joined by `&`, and
 * what is to be computed where they hold is a function of its own.
 */
export function bundleFunction(
  bundle: Bundle,
  i: number,
  place: BundlePlace,
  parts: GeneratedParts,
): GeneratedFunction {
  const { rules, types, subject } = bundle
  const { ruleset, lane } = place
  const heads = types.map((type) => `head = host.headOf(${eventTypes.indexOf(type)}); if (head > t) t = head`)
  // Settled events come in order: the one in hand is the newest of all.
  const asOf = lane === 0 ? heads.join('\n') : 't = host.time'
  const front = `let t = -1, head = 0, n = 0\n${asOf}\ninstant(t)`
  if (subject) {
    const on = eventTypes.filter((type) => rules.some((index) => onOf(ruleset, index).includes(type)))
    const { source } = valueToJavaScript(subject, place.namesFor(on))
    return { name: `b${i}`, body: `${front}\nl${i}(${source}, t)` }
  }
  const locals = new Locals(place)
  const shared = several(rules.map((index) => factorsOf(ruleset, index)))
  const namesOf = (on: readonly EventType[]): Names => {
    const own = place.namesFor(on)
    const factor = (id: string) => (shared.has(id) ? locals.factor(id) : own.factor(id))
    return { ...own, factor, field: (name) => locals.of(own.field(name)) }
  }
  const triggers = rules.flatMap((index) => {
    const trigger = ruleset.rules[index]?.trigger
    return trigger?.kind === 'condition' ? [{ index, trigger, names: namesOf(trigger.on) }] : []
  })
  const common = several(triggers.map(({ trigger, names }) => partedConjuncts(trigger.when, names, shared).plain))
  const rests = new Map<number, string>()
  const statements = triggers.map(({ index, trigger: { when, on, edge }, names }, rule) => {
    if (edge) {
      const rearm = edge.rearm ? valueToJavaScript(edge.rearm, names).source : 'NaN'
      return `H[n] = -1 - ${index}; P[2 * n] = ${valueToJavaScript(when, names).source}; P[2 * n + 1] = ${rearm}; n++`
    }
    const { plain, rest } = holds(when, names, locals, shared, common)
    if (rest.length > 0) rests.set(rule, parts.nameOf(restSource(rest, place.namesFor(on))))
    return `H[n] = ${rule}; n += ${plain}`
  })
  parts.statement(`const l${i} = new Int32Array([${rules.join()}])`)
  const body = `${front}
host.evaluations += ${rules.length}
${locals.source()}
${statements.join('\n')}
${restsFilter(rests, i, rules.length, parts)}for (let i = 0; i < n; i++) {
const rule = H[i]
if (rule < 0) host.edge(-1 - rule, t, P[2 * i], P[2 * i + 1])
else if (rule !== ${out}) host.fire(l${i}[rule], t)
}`
  return { name: `b${i}`, body }
}

/** In place of a rule of which not all holds. */
const out = 0x7fffffff

/** Source that takes out the rules of which the rest doesn't hold; before any is told, as one that fires may look elsewhere. */
function restsFilter(rests: ReadonlyMap<number, string>, bundle: number, rules: number, parts: GeneratedParts): string {
  if (rests.size === 0) return ''
  const tests = Array.from({ length: rules }, (_, rule) => rests.get(rule) ?? 'always')
  parts.statement(`const q${bundle} = [${tests.join()}]`)
  return `for (let i = 0; i < n; i++) if (H[i] >= 0 && !q${bundle}[H[i]]()) H[i] = ${out}\n`
}

const restSource = (rest: readonly Expression[], names: Names): string =>
  `return ${rest.map((part) => toJavaScript(part, names).source).join(' && ')}`

/** Source of a list of what else must hold for each rule of a bundle whose lines are searched; undefined: nothing. */
export function restsSource({ rules, subject }: Bundle, place: BundlePlace, parts: GeneratedParts): string {
  const rests = rules.map((index) => {
    const rest = subject && limitsOf(place.ruleset.rules[index], subject)?.rest
    return rest && parts.nameOf(`return ${toJavaScript(rest, place.namesFor(onOf(place.ruleset, index))).source}`)
  })
  return `[${rests.join()}]`
}

function onOf({ rules }: Ruleset, index: number): readonly EventType[] {
  const trigger = rules[index]?.trigger
  return trigger?.kind === 'condition' ? trigger.on : []
}

/** What is read at the front of a bundle, once. */
class Locals {
  private readonly place: BundlePlace
  private readonly names = new Map<string, string>()
  private readonly sweeps = new Set<number>()

  constructor(place: BundlePlace) {
    this.place = place
  }

  /** Name of the local that has the value of some source. */
  of(source: string): string {
    const name = this.names.get(source) ?? `x${this.names.size}`
    this.names.set(source, name)
    return name
  }

  factor(id: string): string {
    const sweep = this.place.sweepOf(id)
    if (sweep === undefined) return this.of(this.place.namesFor([]).factor(id))
    this.sweeps.add(sweep)
    return this.of(`V[${this.place.placeOf(id)}]`)
  }

  source(): string {
    const sweeps = [...this.sweeps].sort((a, b) => a - b).map((sweep) => `s${sweep}()`)
    return [...sweeps, ...[...this.names].map(([source, name]) => `const ${name} = ${source}`)].join('\n')
  }
}

function factorsOf(ruleset: Ruleset, index: number): ReadonlySet<string> {
  const trigger = ruleset.rules[index]?.trigger
  return trigger?.kind === 'condition' ? factorsReadBy(trigger.when) : new Set()
}

/** What is in more than one of the lists. */
function several(lists: readonly Iterable<string>[]): ReadonlySet<string> {
  const once = new Set<string>()
  const more = new Set<string>()
  for (const list of lists) for (const each of new Set(list)) (once.has(each) ? more : once).add(each)
  return more
}

/**
 * `plain`: source of 1 where the condition holds, or may, else 0; `rest`: what else must hold. What several rules compare is
 * compared once.
 */
function holds(
  when: Expression,
  names: Names,
  locals: Locals,
  shared: ReadonlySet<string>,
  common: ReadonlySet<string>,
): { readonly plain: string; readonly rest: readonly Expression[] } {
  const { plain, other } = partedConjuncts(when, names, shared)
  const joined = plain.map((source) => (common.has(source) ? locals.of(`${source} & 1`) : source)).join(' & ')
  if (other.length === 0) return { plain: `(1 & ${joined})`, rest: [] }
  // Mostly asked for: it stands where it is.
  const isSelected = conjuncts(when).some((part) => isPlain(part, shared) && factorsReadBy(part).size > 0)
  if (isSelected) return { plain: `(1 & ${joined})`, rest: other }
  const sources = other.map((part) => toJavaScript(part, names).source)
  return {
    plain: `(${[...(plain.length > 0 ? [`(1 & ${joined}) === 1`] : []), ...sources].join(' && ')} ? 1 : 0)`,
    rest: [],
  }
}

function partedConjuncts(when: Expression, names: Names, shared: ReadonlySet<string>) {
  const parts = conjuncts(when)
  const plain = parts.filter((part) => isPlain(part, shared)).map((part) => toJavaScript(part, names).source)
  return { plain, other: parts.filter((part) => !isPlain(part, shared)) }
}

/** A comparison (or the like) of things that lie at hand. */
function isPlain(part: Expression, shared: ReadonlySet<string>): boolean {
  const isAtHand = (operand: Expression): boolean =>
    operand.kind === 'literal' || operand.kind === 'field' || (operand.kind === 'factor' && shared.has(operand.id))
  if (part.kind === 'has' || isAtHand(part)) return true
  if (part.kind === 'binary' && (part.operator === '&&' || part.operator === '||')) return false
  return (part.kind === 'binary' || part.kind === 'in') && partsOf(part).every(isAtHand)
}
