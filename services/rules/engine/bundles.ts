import { type EventType, eventTypes } from '../../topology.ts'
import { factorsReadBy, readsEvent } from '../reads.ts'
import type { ConditionTrigger, Ruleset } from '../ruleset.ts'
import { type BundlePart, partsOfBundle } from './bundle-parts.ts'
import type { FactorPlan, LanePlan, TrackPlan } from './lane-plan.ts'
import { fallsByTime } from './moved-by-time.ts'

/** Rules that the same changes wake and that are judged as of the same instant: looked at together, by one function. */
export interface Bundle extends BundlePart, Wakes {}

interface Wakes {
  /** Types each of whose events (that meets `where`) wakes it. */
  readonly always: readonly EventType[]
  /** By type, tracks whose change by such an event wakes it. */
  readonly tracks: ReadonlyMap<EventType, readonly number[]>
  /** Types whose newest event counts for the instant. */
  readonly types: readonly EventType[]
  /** Edges, each of which may become false as time goes by: also looked at before an event, as of its time. */
  readonly fallsByTime: boolean
}

/** The conditions of a lane, by what wakes them, and by what they ask of the event and of numbers. */
export function bundlesOf(ruleset: Ruleset, plan: LanePlan): readonly Bundle[] {
  const factors = new Map(plan.factors.map((factor) => [factor.factor.id, factor]))
  const feeds = new Map(plan.tracks.map((track) => [track.number, track]))
  const alike = new Map<string, { readonly wakes: Wakes; readonly rules: number[] }>()
  for (const index of plan.rules) {
    const trigger = ruleset.rules[index]?.trigger
    if (trigger?.kind !== 'condition') continue
    const wakes = wakesOf(trigger, factors, feeds)
    const key = JSON.stringify([wakes.always, [...wakes.tracks], wakes.types, wakes.fallsByTime])
    const same = alike.get(key) ?? { wakes, rules: [] }
    alike.set(key, same)
    same.rules.push(index)
  }
  const bundles = [...alike.values()].flatMap(({ wakes, rules }) =>
    partsOfBundle(ruleset, rules, wakes.always.length > 0).map((part) => ({ ...wakes, ...part })),
  )
  return bundles.sort((a, b) => (a.rules[0] as number) - (b.rules[0] as number))
}

function wakesOf(
  trigger: ConditionTrigger,
  factors: ReadonlyMap<string, FactorPlan>,
  feeds: ReadonlyMap<number, TrackPlan>,
): Wakes {
  const { on, when, edge } = trigger
  const conditions = edge?.rearm ? [when, edge.rearm] : [when]
  const read = conditions.flatMap((condition) => [...factorsReadBy(condition)].flatMap((id) => factors.get(id) ?? []))
  const numbers = [...new Set(read.flatMap(tracksWaking))].sort((a, b) => a - b)
  const overType = (type: EventType) =>
    numbers.filter((number) => {
      const track = feeds.get(number)
      return track !== undefined && isFedBy(track, type)
    })
  const tracks = new Map(on.map((type) => [type, overType(type)]))
  const always = conditions.some(readsEvent) || [...tracks.values()].every((own) => own.length === 0)
  const types = eventTypes.filter((type) => on.includes(type) || read.some((factor) => factor.types.has(type)))
  return {
    always: always ? on : [],
    tracks: always ? new Map() : tracks,
    types,
    fallsByTime: fallsByTime(trigger, factors),
  }
}

/** Of what is noted the note itself: what it is over changes without changing it. */
function tracksWaking({ factor: { definition }, track, tracks }: FactorPlan): readonly number[] {
  const isNoted = definition.kind === 'events' && definition.noted !== undefined
  return isNoted && track ? [track.number] : [...tracks]
}

export function isFedBy({ feed }: TrackPlan, type: EventType): boolean {
  if (feed.kind !== 'events') return type === 'profile'
  return feed.from.includes(type) || (feed.anchor?.on.includes(type) ?? false)
}
