import type { EventType } from '../../topology.ts'
import type { Expression, NowField } from '../expression.ts'
import { type Names, valueToJavaScript, wholeSource } from '../javascript.ts'
import type { EventMatch, Ruleset } from '../ruleset.ts'
import { type Bundle, isFedBy } from './bundles.ts'
import type { EdgeLine } from './edge-search.ts'
import type { EventRegisters } from './event-registers.ts'
import { type GeneratedFunction, GeneratedParts } from './generate-alike.ts'
import { bundleFunction, restsSource } from './generate-bundle.ts'
import { type DispatchItem, dispatchSource } from './generate-dispatch.ts'
import { notesOfSchedules, notesSource } from './generate-notes.ts'
import type { Ladder } from './ladders.ts'
import { type EventFeed, type FactorPlan, type LanePlan, readsSegments, type TrackPlan } from './lane-plan.ts'
import { edgeLimits, limitsOf } from './limits.ts'
import type { Line } from './line-search.ts'
import { type RingSweep, sweepsOf } from './ring-sweeps.ts'
import { matchesOf } from './rule-matches.ts'

/** The rules of a lane that are judged by conditions, as they are looked at. */
export interface BundledLane {
  readonly bundles: readonly Bundle[]
  /** The edges of a bundle, by its number, where they are searched. */
  readonly edges: ReadonlyMap<number, readonly EdgeLine[]>
  /** Among those. */
  readonly ladders: readonly Ladder[]
}

/** Source of a lane's functions; see `compile-rules.ts` for what it is handed and what it gives. */
export interface GeneratedLane extends BundledLane {
  readonly source: string
  readonly sweeps: readonly RingSweep[]
  /** The lines of the rules of a bundle, by its number, where they are searched. */
  readonly lines: ReadonlyMap<number, readonly Omit<Line, 'rest'>[]>
}

/** What the events of some patterns have in common: see `patterns/compile-patterns.ts`. */
export interface MatchedRole {
  readonly any: readonly EventMatch[]
  readonly key: string | undefined
}

/**
 * All of a lane in one piece of source: for each event type what is done with tracks, patterns and intervals, a function
 * for each factor which computes it at most once an event and instant, one for each bundle of rules, and conditions of rules
 * that are asked for when one fires. Nothing here runs in proportion to the number of rules or factors.
 */
export function generateLane(
  ruleset: Ruleset,
  plan: LanePlan,
  bundled: BundledLane,
  types: readonly EventType[],
  roles: readonly MatchedRole[],
  registers: EventRegisters,
): GeneratedLane {
  const sweeps = sweepsOf(plan)
  const { bundles } = bundled
  const parts = new GeneratedParts()
  const places = new Map(plan.factors.map(({ factor }, i) => [factor.id, i]))
  const namesFor = (on: readonly EventType[]): Names => ({
    field: (name) => `R[${registers.field(name, on)}]`,
    fieldHash: (name) => `R[${registers.text(name, on).hash}]`,
    factor: (id) => `f${places.get(id)}()`,
    has: (name) => `R[${registers.field(name, on)}] === R[${registers.field(name, on)}]`,
    search: (name, how, text) => `R[${registers.search(name, how, text, on)}]`,
    word: (name, literal) => String(registers.word(name, literal, on)),
    now: (name) => `now(${civilPlace(name)})`,
    value: () => 'period',
    whole: 'whole',
  })
  const sweepOfPlace = new Map(sweeps.flatMap(({ windows }, sweep) => windows.map(({ place }) => [place, sweep])))
  const place = {
    ruleset,
    lane: plan.lane,
    namesFor,
    sweepOf: (id: string) => sweepOfPlace.get(places.get(id) ?? -1),
    placeOf: (id: string) => places.get(id),
  }
  for (const { number } of plan.tracks) parts.statement(`const t${number} = T[${number}]`)
  sweeps.forEach((sweep, i) => {
    parts.statement(`const w${i} = SWEEP[${i}]`)
    parts.add(sweepFunction(sweep, i))
  })
  for (const [i, factor] of plan.factors.entries()) addFactor(parts, factor, i, sweepOfPlace.get(i), namesFor([]))
  bundles.forEach((bundle, i) => {
    if (bundle.areEdges) parts.statement(`const l${i} = edges(${i})`)
    else if (bundle.subject) parts.statement(`const l${i} = lines(${i}, ${restsSource(bundle, place, parts)})`)
    parts.add(bundleFunction(bundle, i, place, parts))
  })
  const programs = types.map((type) => {
    const wokenByType = wokenBy(bundles, type)
    const names = namesFor([type])
    const applied = applyItems(type, plan, wokenByType, names, registers)
    const matched = matchItems(type, ruleset, plan, roles, registers)
    const asked = askedItems(type, bundles)
    const isNoted = plan.tracks.some(({ feed }) => feed.kind === 'events' && feed.isNoted && feed.from.includes(type))
    const wheres = [...applied, ...matched, ...asked].map(({ where }) => where)
    const bodies = {
      apply: `${dispatchSource(applied, names, parts)}
${notesSource(type, plan, wokenByType, namesFor([]))}
${dispatchSource(asked, names, parts)}`,
      match: dispatchSource(matched, names, parts),
      concerns: type === 'profile' || isNoted ? 'return true' : concernsSource(wheres, names, parts),
    }
    for (const [name, body] of Object.entries(bodies)) parts.add({ name: `${name}_${nameOf(type)}`, body })
    const wakes = plan.tracks
      .map(({ number }) => [number, wokenByType(number)] as const)
      .filter(([, woken]) => woken.length > 0)
    return `{ type: '${type}', apply: apply_${nameOf(type)}, match: match_${nameOf(type)}, hasMatches: ${matched.length > 0}, concerns: concerns_${nameOf(type)},
wakes: new Map([${wakes.map(([number, woken]) => `[${number}, ${array(woken)}]`).join()}]) }`
  })
  const conditions = conditionSources(ruleset, plan, namesFor([]))
  const source = `'use strict'
${wholeSource('whole')}
${parts.source()}
let concerned = false
function now(field) { return field(host, I[1]) }
function instant(t) { if (t !== I[1]) { I[1] = t; I[0]++ } }
return { instant, programs: [${programs.join(',\n')}],
factors: [${plan.factors.map((_, i) => `f${i}`).join()}],
bundles: [${bundles.map((_, i) => `b${i}`).join()}],
${conditions} }`
  return { ...bundled, source, sweeps, lines: linesOf(ruleset, bundles) }
}

const nameOf = (type: EventType): string => type.replace('-', '_')
const array = (numbers: readonly number[]): string => `new Int32Array([${numbers.join()}])`
const civilPlace = (name: NowField): string => `C.${name}`

// ---- factors

/**
 * `s<i>`: reads the factors of a ring, once for each number in I[0]. Of a ring that isn't there all are 0, which Z says of
 * most subscribers that they were before.
 */
const sweepFunction = ({ track, first, windows }: RingSweep, i: number): GeneratedFunction => ({
  name: `s${i}`,
  body: `if (S[${i}] !== I[0]) {
S[${i}] = I[0]
const ring = B.find(${track})
if (ring.at >= 0) { Z[${i}] = 1; w${i}(ring, I, host, V, ${first}) }
else if (Z[${i}] !== 0) { Z[${i}] = 0; ${windows.map(({ place }) => `V[${place}] = 0`).join('; ')} }
}`,
})

/** `f<i>`: value as of the instant, computed once for each number in I[0]. */
function addFactor(
  parts: GeneratedParts,
  { factor, track }: FactorPlan,
  i: number,
  sweep: number | undefined,
  names: Names,
): void {
  if (sweep !== undefined) {
    parts.add({ name: `f${i}`, body: `s${sweep}(); return V[${i}]` })
    return
  }
  const { definition } = factor
  if (definition.kind !== 'derived') parts.statement(`const r${i} = READ[${i}]`)
  if (definition.kind === 'events' && definition.aggregate.kind === 'streak') {
    parts.statement(`STREAK[${i}] = (period) => ${valueToJavaScript(definition.aggregate.when, names).source}`)
  }
  const value =
    definition.kind === 'derived'
      ? valueToJavaScript(definition.value, names).source
      : `r${i}(B.find(${track?.number}), I[1], host)`
  // One way out: one that is hardly ever taken would cost an engine its optimized code.
  parts.add({ name: `f${i}`, body: `if (M[${i}] !== I[0]) { V[${i}] = ${value}; M[${i}] = I[0] } return V[${i}]` })
}

// ---- rules

function linesOf(ruleset: Ruleset, bundles: readonly Bundle[]): GeneratedLane['lines'] {
  const own = ({ rules, subject }: Bundle) =>
    rules.flatMap((rule) => {
      const limits = subject && limitsOf(ruleset.rules[rule], subject)
      return limits ? [{ rule, low: limits.low, high: limits.high }] : []
    })
  return new Map(bundles.flatMap((bundle, i) => (bundle.subject && !bundle.areEdges ? [[i, own(bundle)]] : [])))
}

/** The edges of bundles, by the number of the bundle, where they are searched. */
export function searchedEdges(ruleset: Ruleset, bundles: readonly Bundle[]): BundledLane['edges'] {
  const own = ({ rules }: Bundle) =>
    rules.flatMap((rule) => {
      const limits = edgeLimits(ruleset.rules[rule])
      return limits ? [{ rule, low: limits.low, high: limits.high, rearm: limits.rearm, initial: limits.initial }] : []
    })
  return new Map(bundles.flatMap((bundle, i) => (bundle.areEdges ? [[i, own(bundle)]] : [])))
}

/** Conditions that are asked for by the rule's place (of a segment its own): 1, 0, or NaN for unknown. */
function conditionSources(ruleset: Ruleset, plan: LanePlan, names: Names): string {
  const table = (entries: readonly (readonly [number, Expression | undefined])[]): string =>
    entries
      .flatMap(([i, expression]) =>
        expression ? [`[${i}, () => ${valueToJavaScript(expression, names).source}]`] : [],
      )
      .join(',\n')
  const own = plan.rules.map((i) => [i, ruleset.rules[i]] as const)
  const whens = own.map(([i, rule]) => [i, rule?.trigger.kind === 'schedule' ? rule.trigger.when : undefined] as const)
  const rearms = own.map(
    ([i, rule]) => [i, rule?.trigger.kind === 'schedule' ? rule.trigger.edge?.rearm : undefined] as const,
  )
  const known = own.map(([i, rule]) => {
    const trigger = rule?.trigger
    const history = trigger?.kind === 'condition' || trigger?.kind === 'pattern' ? trigger.history : undefined
    return [i, history?.kind === 'known' ? history.when : undefined] as const
  })
  const segments = readsSegments(ruleset, plan.lane) ? ruleset.segments.map(({ when }, i) => [i, when] as const) : []
  return `when: new Map([${table(whens)}]),
rearm: new Map([${table(rearms)}]),
notes: new Map([${notesOfSchedules(ruleset, plan, names)}]),
only: new Map([${table(own.map(([i, rule]) => [i, rule?.only] as const))}]),
known: new Map([${table(known)}]),
segments: new Map([${table(segments)}])`
}

// ---- events

/** The bundles that a change of a track by an event of the type wakes. */
type Woken = (track: number) => readonly number[]

function wokenBy(bundles: readonly Bundle[], type: EventType): Woken {
  const byTrack = new Map<number, number[]>()
  bundles.forEach(({ tracks }, bundle) => {
    for (const track of tracks.get(type) ?? []) {
      const own = byTrack.get(track) ?? []
      own.push(bundle)
      byTrack.set(track, own)
    }
  })
  return (track) => byTrack.get(track) ?? []
}

/** What an event of the type does to tracks, and which bundles that wakes. */
function applyItems(
  type: EventType,
  plan: LanePlan,
  wokenByType: Woken,
  names: Names,
  registers: EventRegisters,
): DispatchItem[] {
  const groups = new Map<string, { where: Expression | undefined; tracks: [TrackPlan, EventFeed][] }>()
  const items: DispatchItem[] = []
  for (const track of plan.tracks) {
    const { feed } = track
    if (feed.kind !== 'events' || feed.isNoted) continue
    const woken = wokenByType(track.number)
    if (feed.anchor?.on.includes(type)) {
      const call = `t${track.number}.anchor(B.find(${track.number}), E, host)`
      items.push({ where: feed.anchor.where, body: fromThenOn(track, waking(call, woken)) })
    }
    if (!isFedBy(track, type) || !feed.from.includes(type)) continue
    const key = JSON.stringify(feed.where ?? null)
    const group = groups.get(key) ?? { where: feed.where, tracks: [] }
    group.tracks.push([track, feed])
    groups.set(key, group)
  }
  for (const { where, tracks } of groups.values()) {
    const values = new Map<string, string>()
    const adds = tracks.map(([track, feed]) =>
      fromThenOn(track, addSource(track, feed, type, wokenByType(track.number), names, registers, values)),
    )
    const locals = [...values].map(([source, name]) => `const ${name} = ${source}`)
    items.push({ where, body: [...locals, ...adds].join('\n') })
  }
  return items
}

/** The bundles that events of the type wake, whatever they change. */
function askedItems(type: EventType, bundles: readonly Bundle[]): DispatchItem[] {
  const asked = bundles.flatMap(({ always, where }, i) =>
    always.includes(type) ? [{ where, body: `wake(${i})` }] : [],
  )
  const atEach = asked.filter(({ where }) => !where).map(({ body }) => body)
  const others = asked.filter(({ where }) => where)
  return atEach.length === 0 ? others : [{ where: undefined, body: atEach.join('; ') }, ...others]
}

/** Source that returns whether an event meets one of the conditions. */
function concernsSource(wheres: readonly (Expression | undefined)[], names: Names, parts: GeneratedParts): string {
  if (wheres.includes(undefined)) return 'return true'
  const different = new Map(wheres.map((where) => [JSON.stringify(where), where]))
  const items = [...different.values()].map((where) => ({ where, body: 'concerned = true' }))
  return `concerned = false\n${dispatchSource(items, names, parts)}\nreturn concerned`
}

const waking = (call: string, woken: readonly number[]): string =>
  woken.length === 0 ? call : `if (${call}) { ${woken.map((bundle) => `wake(${bundle})`).join('; ')} }`

/** What is held for settled rules when a track comes to be is of before it. */
const fromThenOn = ({ layout }: TrackPlan, source: string): string =>
  layout.from === undefined ? source : `if (E.time >= ${layout.from}) { ${source} }`

function addSource(
  { number, layout }: TrackPlan,
  feed: EventFeed,
  type: EventType,
  woken: readonly number[],
  names: Names,
  registers: EventRegisters,
  values: Map<string, string>,
): string {
  const local = (value: Expression | undefined): string => {
    if (!value) return '1'
    const { source } = valueToJavaScript(value, names)
    const name = values.get(source) ?? `v${values.size}`
    values.set(source, name)
    return name
  }
  if ('columns' in layout.parameters) {
    const cells = layout.parameters.columns.map(({ key }, i) => `W[${i}] = ${local(feed.values.get(key))}`)
    return `${cells.join('; ')}\n${waking(`t${number}.add(B.find(${number}), E, W, host)`, woken)}`
  }
  const [value] = [...feed.values.values()]
  const text = value?.kind === 'field' && value.type === 'string' ? registers.text(value.name, [type]).span : undefined
  const spans = text === undefined ? '' : `E.textStart = R[${text}] | 0; E.textEnd = R[${text + 1}] | 0\n`
  const call = `t${number}.add(B.find(${number}), E, ${local(value)}, host)`
  if (!value) return waking(call, woken)
  return `if (${local(value)} === ${local(value)}) { ${spans}${waking(call, woken)} }`
}

/** What an event of the type means for patterns and intervals, and for what rules have told. */
function matchItems(
  type: EventType,
  ruleset: Ruleset,
  plan: LanePlan,
  roles: readonly MatchedRole[],
  registers: EventRegisters,
): DispatchItem[] {
  const items: DispatchItem[] = []
  roles.forEach(({ any, key }, role) => {
    const where = anyOf(any, type)
    if (where === false) return
    const hash = key === undefined ? '0' : `R[${registers.text(key, [type]).hash}]`
    const call = `host.matched(${role}, ${hash})`
    items.push({ where, body: key === undefined ? call : `if (${hash} === ${hash}) ${call}` })
  })
  for (const index of plan.rules) {
    const rule = ruleset.rules[index]
    const ends = rule?.until ? anyOf(rule.until, type) : false
    if (ends !== false) items.push({ where: ends, body: `host.ended(${index})` })
    if (rule?.trigger.kind !== 'interval') continue
    for (const phase of [0, 1]) {
      const any = matchesOf(rule).filter(({ part }) => part === phase)
      const where = anyOf(
        any.map(({ match }) => match),
        type,
      )
      if (where !== false) items.push({ where, body: `host.interval(${index}, ${phase})` })
    }
  }
  return items
}

/** The condition under which an event of the type is among some; undefined: each is, false: none. */
function anyOf(any: readonly EventMatch[], type: EventType): Expression | undefined | false {
  const own = any.filter(({ on }) => on.includes(type))
  if (own.length === 0) return false
  const wheres = own.map(({ where }) => where)
  if (wheres.includes(undefined)) return undefined
  return wheres.reduce((left, right) =>
    left && right ? { kind: 'binary', type: 'bool', operator: '||', left, right } : undefined,
  )
}
