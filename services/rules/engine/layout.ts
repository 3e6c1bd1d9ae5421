import { deterministicId } from '../../domain/ids.ts'
import type { EventType } from '../../topology.ts'
import { type FactorContents, factorContents } from '../factor-contents.ts'
import { factorsReadBy } from '../reads.ts'
import type { Rule, Ruleset } from '../ruleset.ts'
import type { CalendarTimer } from './calendar-timers.ts'
import type { Succession } from './kept-since.ts'
import { type LanePlan, typesOf } from './lane-plan.ts'
import type { PatternLayout } from './patterns/pattern-layout.ts'
import type { EdgeNumbers } from './rule-states.ts'
import type { TrackSpec } from './track-kinds.ts'

/**
 * What a subscriber's record holds, compiled from the factors that rules need: plain data, kept with the state, so that a
 * record written under an earlier ruleset can be read. Tracks are named by a hash of what they keep (lane, types, where,
 * value), not by factor ids: factors over the same thing share a track, and a track survives a change of rules.
 */
export interface Layout {
  /** Event types with a section, in the order of types. */
  readonly types: readonly EventType[]
  /** By the number of their block. */
  readonly tracks: readonly TrackLayout[]
  /** By lane. */
  readonly patterns: readonly PatternLayout[]
  /** Rules by the number under which their firings are kept. */
  readonly rules: readonly string[]
  /** By the same number, how long the rule's last firing holds it back, in milliseconds; undefined: that wasn't told. */
  readonly once?: readonly (number | 'lifetime')[]
  /** Edges by their number: see `edgeKey`. */
  readonly edges: readonly string[]
  /** How many edges each ladder has, which are the last ones, in the order of ladders; undefined: there is none. */
  readonly ladders?: readonly number[]
  /** What rules wait for by the calendar, by the number under which its date is kept. */
  readonly timers: readonly string[]
  /** By key, when edges came of rules that look at what is past: what was before doesn't tell where they stand. */
  readonly edgesFrom?: Readonly<Record<string, number>>
  /** When it became active in the place of a version that may have had something left to decide: records show whose they are. */
  readonly apart?: number
}

/**
 * Names the edge of a rule: where it stands is known of its own conditions only, and of what they read. Who is beyond a line
 * that is moved, or in terms of a number that is counted otherwise, hasn't crossed it. undefined: the rule has none. `since`:
 * when the rule came, or came back; where it stood before is forgotten.
 */
export function edgeKey({ id, trigger }: Rule, factors: FactorContents, since?: number): string | undefined {
  if (!('edge' in trigger) || trigger.edge === undefined) return undefined
  const { when, edge } = trigger
  const read = [...factorsReadBy(when), ...(edge.rearm ? factorsReadBy(edge.rearm) : [])]
  const contents = [...new Set(read)].sort().map((factor) => factors.get(factor) ?? '')
  const parts = [when, edge.rearm ?? null, contents, ...(since === undefined ? [] : [since])]
  return `${id} ${deterministicId('edge', JSON.stringify(parts))}`
}

function edgesFromOf(keys: readonly string[], succession: Succession | undefined): Readonly<Record<string, number>> {
  if (!succession) return {}
  const { before, at } = succession
  return Object.fromEntries(
    keys.flatMap((key) => {
      const from = before.edges.includes(key) ? before.edgesFrom?.[key] : at
      return from === undefined || !Number.isFinite(from) ? [] : [[key, from]]
    }),
  )
}

/** How the layout's records say where edges stand. */
export function edgeNumbersOf({ edges, ladders = [] }: Layout): EdgeNumbers {
  return { latches: edges.length - ladders.reduce((sum, length) => sum + length, 0), ladders }
}

/** By the places of rules; undefined: the rule has no edge. `sinceOf`: see `edgeKey`. */
export function edgeKeysOf(
  ruleset: Ruleset,
  sinceOf: (index: number) => number | undefined,
): readonly (string | undefined)[] {
  const contents = factorContents(ruleset)
  return ruleset.rules.map((rule, index) => edgeKey(rule, contents, sinceOf(index)))
}

/** The rule of an edge's key. */
export const ruleOfEdge = (key: string): string => key.slice(0, key.indexOf(' '))

export type TrackLayout = TrackSpec & {
  readonly key: string
  /** The version that brought it became active then, and it was kept since; undefined: from the beginning. */
  readonly since?: number
  /** What its reach was lengthened by is kept since then. */
  readonly reach?: number
  /** A track of settled rules that came to be then: events of before it are counted elsewhere, or by nobody. */
  readonly from?: number
}

interface LayoutEdges {
  /** See `edgeKeysOf`. */
  readonly keys: readonly (string | undefined)[]
  /** The rules of each, lowest step first. */
  readonly ladders: readonly (readonly number[])[]
}

export function layoutOf(
  ruleset: Ruleset,
  lanes: readonly LanePlan[],
  patterns: readonly PatternLayout[],
  timers: readonly CalendarTimer[],
  { keys, ladders }: LayoutEdges,
  succession?: Succession,
): Layout {
  const late = ruleset.rules.flatMap((rule, index) =>
    rule.settle || rule.trigger.kind === 'schedule' ? (keys[index] ?? []) : [],
  )
  const edgesFrom = edgesFromOf(late, succession)
  const inLadders = ladders.flat()
  const areIn = new Set(inLadders)
  const ordered = [...ruleset.rules.keys()].filter((rule) => !areIn.has(rule)).concat(inLadders)
  return {
    ...(Object.keys(edgesFrom).length > 0 && { edgesFrom }),
    ...(ladders.length > 0 && { ladders: ladders.map(({ length }) => length) }),
    types: typesOf(ruleset, lanes),
    tracks: lanes
      .flatMap(({ tracks }) => tracks)
      .sort((a, b) => a.number - b.number)
      .map(({ layout }) => layout),
    patterns,
    rules: ruleset.rules.map(({ id }) => id),
    once: ruleset.rules.map(({ once }) => once),
    edges: ordered.flatMap((rule) => keys[rule] ?? []),
    timers: timers.map(({ key }) => key),
  }
}

/**
 * Whether somebody whom no event touches may wait for something else, or sooner, under the layout that follows: for another
 * date, or for the end of a shorter absence.
 */
export function bringsForward(before: Layout, after: Layout): boolean {
  if (after.timers.some((timer) => !before.timers.includes(timer))) return true
  return after.patterns.some(({ patterns }, lane) =>
    patterns.some(({ rule, length }) => {
      const own = before.patterns[lane]?.patterns.find((candidate) => candidate.rule === rule)
      return own?.length !== undefined && length !== undefined && length < own.length
    }),
  )
}
