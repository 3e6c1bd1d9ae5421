import { CodedError } from '../../domain/errors.ts'
import { type EventType, eventTypes } from '../../topology.ts'
import type { Expression, ValueType } from '../expression.ts'
import { expressionsOf, factorsReadBy, factorsReadThrough } from '../reads.ts'
import type { EventMatch, Factor, ProfileFactor, Rule, Ruleset } from '../ruleset.ts'
import { keptSince, type Succession } from './kept-since.ts'
import type { TrackLayout } from './layout.ts'
import { matchesOf } from './rule-matches.ts'
import {
  columnKey,
  joined,
  keyOf,
  type ProfileSource,
  profileKey,
  profileSpec,
  specOf,
  type TrackSpec,
} from './track-kinds.ts'

/** Rules that are judged as soon as an event comes (0), and those that wait until the grace has passed (1), each with its own tracks. */
export type LaneNumber = 0 | 1

/** A track with what feeds it. */
export interface TrackPlan {
  readonly lane: LaneNumber
  readonly layout: TrackLayout
  /** Number of its block. */
  readonly number: number
  /** Fields of events by generated code, or what a profile says by name. */
  readonly feed: EventFeed | ProfileSource
}

export interface EventFeed {
  readonly kind: 'events'
  readonly from: readonly EventType[]
  readonly where: Expression | undefined
  /** Values by the keys of columns; of a track of one value, the only one. undefined: events are counted. */
  readonly values: ReadonlyMap<string, Expression | undefined>
  readonly anchor: EventMatch | undefined
  /** Its value is over factors: it is told of after all other tracks, or by a schedule. */
  readonly isNoted: boolean
}

export interface FactorPlan {
  readonly factor: Factor
  /** undefined: a derived one. */
  readonly track: TrackPlan | undefined
  /** Types of the events that it is over, also of those that it reads. */
  readonly types: ReadonlySet<EventType>
  /** Tracks that it is over, by number, also of those that it reads. */
  readonly tracks: ReadonlySet<number>
}

export interface LanePlan {
  readonly lane: LaneNumber
  /** Places in the ruleset. */
  readonly rules: readonly number[]
  /** Those that its rules need; the others cost nothing. A derived one comes after those that it reads. */
  readonly factors: readonly FactorPlan[]
  readonly tracks: readonly TrackPlan[]
}

/** A block's number has 16 bits; the last two are no track's (see `awayTrack`). */
const tracksMost = 65_534

interface Need {
  readonly lane: LaneNumber
  readonly key: string
  spec: TrackSpec
  readonly feed: TrackPlan['feed']
}

/** What each lane computes, tracks numbered over all lanes. @throws CodedError KM_RULESET_TOO_LARGE */
export function planLanes(ruleset: Ruleset, succession?: Succession): readonly LanePlan[] {
  const needs = new Map<string, Need>()
  const lanes = ([0, 1] as const).map((lane) => {
    const rules = ruleset.rules.flatMap((rule, i) => (laneOf(rule) === lane ? [i] : []))
    const factors = factorsNeeded(ruleset, lane, rules)
    for (const factor of factors) {
      const need = needOf(lane, factor)
      if (need) add(needs, need)
    }
    for (const i of rules) {
      const tag = tagOfHistory(ruleset.rules[i])
      if (tag !== undefined) add(needs, profileNeed(lane, { kind: 'tag', tag, type: 'string' }))
    }
    return { lane, rules, factors }
  })
  const ordered = [...needs.values()].sort(inOrder)
  if (ordered.length > tracksMost) {
    throw new CodedError('KM_RULESET_TOO_LARGE', `its factors need ${ordered.length} tracks; at most ${tracksMost}`)
  }
  const layouts = keptSince(
    ordered.map(({ key, spec }) => ({ ...spec, key })),
    succession,
  )
  const tracks = new Map(
    ordered.map(({ lane, key, feed }, number) => [key, { lane, layout: layouts[number] as TrackLayout, number, feed }]),
  )
  return lanes.map(({ lane, rules, factors }) => ({
    lane,
    rules,
    factors: planFactors(lane, factors, tracks),
    tracks: [...tracks.values()].filter((track) => track.lane === lane),
  }))
}

export const laneOf = (rule: Rule): LaneNumber => (rule.settle ? 1 : 0)

/** The tag that says of a first rule's moment that it happened before. */
export function tagOfHistory(rule: Rule | undefined): string | undefined {
  const trigger = rule?.trigger
  const history = trigger?.kind === 'condition' || trigger?.kind === 'pattern' ? trigger.history : undefined
  return history?.kind === 'tag' ? history.tag : undefined
}

/** Segments are read by the lane that judges at once, also for settled rules: those need no second set of tracks for them. */
export const readsSegments = ({ rules }: Ruleset, lane: LaneNumber): boolean => lane === 0 && rules.length > 0

function factorsNeeded(ruleset: Ruleset, lane: LaneNumber, rules: readonly number[]): readonly Factor[] {
  const byId = new Map(ruleset.factors.map((factor) => [factor.id, factor]))
  const named = new Set<string>()
  for (const i of rules) {
    const rule = ruleset.rules[i] as Rule
    for (const expression of expressionsOf(rule)) factorsReadBy(expression, named)
    for (const id of [...rule.evidence, ...(rule.context ?? [])]) named.add(id)
  }
  if (readsSegments(ruleset, lane)) for (const { when } of ruleset.segments) factorsReadBy(when, named)
  const needed = factorsReadThrough(named, byId)
  return ruleset.factors.filter((factor) => needed.has(factor.id))
}

/** Expressions over other factors that a factor's value depends on. */
function readBy({ definition }: Factor): readonly Expression[] {
  if (definition.kind === 'derived') return [definition.value]
  if (definition.kind !== 'events') return []
  if (definition.noted !== undefined && definition.value) return [definition.value]
  return definition.aggregate.kind === 'streak' ? [definition.aggregate.when] : []
}

function needOf(lane: LaneNumber, { definition, type }: Factor): Need | undefined {
  if (definition.kind === 'derived') return undefined
  if (definition.kind !== 'events') return profileNeed(lane, sourceOf(definition, type))
  const spec = specOf(definition)
  const { from, where, value, window } = definition
  const anchor = window.kind === 'since' ? window.anchor : undefined
  const values = new Map([[columnKey(definition), value]])
  const isNoted = definition.noted !== undefined
  return {
    lane,
    key: keyOf(lane, definition, spec),
    spec,
    feed: { kind: 'events', from, where, values, anchor, isNoted },
  }
}

const sourceOf = (definition: ProfileFactor, type: ValueType): ProfileSource =>
  definition.kind === 'tag' ? { ...definition, type } : definition

const profileNeed = (lane: LaneNumber, source: ProfileSource): Need => ({
  lane,
  key: profileKey(lane, source),
  spec: profileSpec(source),
  feed: source,
})

function add(needs: Map<string, Need>, need: Need): void {
  const known = needs.get(need.key)
  if (!known) {
    needs.set(need.key, need)
    return
  }
  known.spec = joined(known.spec, need.spec)
  if (known.feed.kind !== 'events' || need.feed.kind !== 'events') return
  const values = new Map([...known.feed.values, ...need.feed.values])
  needs.set(need.key, { ...known, feed: { ...known.feed, values } })
}

/** By the first of their types, so that what an event changes lies side by side; the same whatever the order of factors. */
function inOrder(a: Need, b: Need): number {
  const place = ({ lane, feed }: Need) =>
    lane * 100 + Math.min(...typesOfFeed(feed).map((type) => eventTypes.indexOf(type)))
  return place(a) - place(b) || (a.key < b.key ? -1 : 1)
}

const typesOfFeed = (feed: TrackPlan['feed']): readonly EventType[] =>
  feed.kind === 'events' ? [...feed.from, ...(feed.anchor?.on ?? [])] : ['profile']

function planFactors(
  lane: LaneNumber,
  factors: readonly Factor[],
  tracks: ReadonlyMap<string, TrackPlan>,
): readonly FactorPlan[] {
  const plans = new Map<string, FactorPlan>()
  for (const factor of factors) {
    const track = tracks.get(needOf(lane, factor)?.key ?? '')
    const types = new Set(track ? typesOfFeed(track.feed) : [])
    const numbers = new Set(track ? [track.number] : [])
    for (const expression of readBy(factor)) {
      for (const id of factorsReadBy(expression)) {
        for (const type of plans.get(id)?.types ?? []) types.add(type)
        for (const number of plans.get(id)?.tracks ?? []) numbers.add(number)
      }
    }
    plans.set(factor.id, { factor, track, types, tracks: numbers })
  }
  return [...plans.values()]
}

/** Event types that the ruleset's records have sections for, in the order of types: those that some rule or factor is over. */
export function typesOf(ruleset: Ruleset, lanes: readonly LanePlan[]): readonly EventType[] {
  const types = new Set<EventType>(['profile', ...lanes.flatMap((lane) => [...typesOfLane(ruleset, lane)])])
  return eventTypes.filter((type) => types.has(type))
}

/** Event types that some rule of the lane, or a factor for it, is over. */
export function typesOfLane(ruleset: Ruleset, { tracks, rules }: LanePlan): ReadonlySet<EventType> {
  const types = new Set<EventType>(tracks.flatMap(({ feed }) => typesOfFeed(feed)))
  for (const place of rules) {
    const rule = ruleset.rules[place] as Rule
    if (rule.trigger.kind === 'condition') for (const type of rule.trigger.on) types.add(type)
    for (const { match } of matchesOf(rule)) for (const type of match.on) types.add(type)
  }
  return types
}
