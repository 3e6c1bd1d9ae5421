import { type EventType, eventTypes } from '../../topology.ts'
import type { EventFactor, Factor } from '../ruleset.ts'
import { textHash } from '../text-hash.ts'
import { civilFields } from './civil-fields.ts'
import { searchEdges } from './edge-search.ts'
import { FallWatch } from './fall-watch.ts'
import type { GeneratedLane } from './generate-lane.ts'
import { readSinceKept, sinceOf } from './kept-since.ts'
import type { FactorPlan, LaneNumber, LanePlan } from './lane-plan.ts'
import type { TrackLayout } from './layout.ts'
import { type Line, searchLines } from './line-search.ts'
import { type OpenTrack, openTrack, readerOf, readerOfProfile, textOf } from './open-tracks.ts'
import type { PatternProgram } from './patterns/compile-patterns.ts'
import type { RuleHost, TrackCursor } from './rule-host.ts'
import { type ProfileSource, placeOf } from './track-kinds.ts'
import { type Sweep, sweepRing } from './tracks/ring-sweep.ts'
import type { Block, EventInHand, Read, WindowRow } from './tracks/track.ts'
import { WakeQueue } from './wake-queue.ts'
import { rowsOf } from './window-rows.ts'

/** Functions of one event type in one lane; registers hold the event, the cursor its subscriber. */
export interface LaneProgram {
  readonly type: EventType
  /** Puts the event into the tracks that it concerns, and wakes the rules for which this, or its own fields, change something. */
  apply(): void
  /** Tells the host which patterns and intervals the event concerns. */
  match(): void
  readonly hasMatches: boolean
  /** Whether an event of the type, which is in the registers, does anything at all in the lane. */
  concerns(): boolean
  /** Bundles that a change of a track by such an event wakes. */
  readonly wakes: ReadonlyMap<number, Int32Array>
}

/** What a profile event tells beside plain fields, and the track that keeps it. */
export interface ProfileFeed {
  readonly source: ProfileSource
  readonly track: number
  readonly open: OpenTrack
}

export interface LaneSurroundings {
  readonly registers: Float64Array
  readonly cursor: TrackCursor
  readonly event: EventInHand
  readonly host: RuleHost
}

/** Gives a condition as of the lane's instant: 1, 0, or NaN for unknown. */
type Judge = () => number
type Judges = ReadonlyMap<number, Judge>

interface LaneFunctions {
  /** Sets the instant of what is computed next. */
  instant(at: number): void
  readonly programs: readonly LaneProgram[]
  readonly factors: readonly Judge[]
  readonly bundles: readonly (() => void)[]
  readonly when: Judges
  readonly rearm: Judges
  readonly only: Judges
  readonly known: Judges
  readonly segments: Judges
  /** By rules: notes what the rule's schedule looks at, as of the instant. Whether it is another than before. */
  readonly notes: ReadonlyMap<number, () => boolean>
}

/** Conditions that are asked for by the place of the rule, or of the segment. */
export type ConditionKind = 'when' | 'rearm' | 'only' | 'known' | 'segments'

/** The rules that are judged at the same time (see `LaneNumber`), with the tracks that they read. */
export class Lane {
  readonly number: LaneNumber
  /** Places of its rules in the ruleset. */
  readonly rules: readonly number[]
  readonly patterns: PatternProgram
  /** In the order of event types. */
  readonly programs: readonly (LaneProgram | undefined)[]
  readonly profileFeeds: readonly ProfileFeed[]
  readonly factors: readonly FactorPlan[]
  private readonly functions: LaneFunctions
  /** Number of the event and instant in hand, and the instant: what was computed for another number is computed anew. */
  private readonly instant = Float64Array.of(0, Number.NaN)
  private readonly queue: WakeQueue
  private readonly falls: FallWatch
  private readonly places: ReadonlyMap<string, number>
  private readonly tracks: ReadonlyMap<number, OpenTrack>
  private readonly surroundings: LaneSurroundings

  constructor(plan: LanePlan, patterns: PatternProgram, generated: GeneratedLane, surroundings: LaneSurroundings) {
    this.number = plan.lane
    this.rules = plan.rules
    this.patterns = patterns
    this.factors = plan.factors
    this.surroundings = surroundings
    this.places = new Map(plan.factors.map(({ factor }, i) => [factor.id, i]))
    this.tracks = openTracks(plan)
    this.queue = new WakeQueue(generated.bundles.length)
    this.falls = new FallWatch(generated.bundles, surroundings.host)
    this.functions = this.generate(plan, generated)
    this.programs = eventTypes.map((type) => this.functions.programs.find((program) => program.type === type))
    this.profileFeeds = plan.tracks.flatMap(({ feed, number }) =>
      feed.kind === 'events' ? [] : [{ source: feed, track: number, open: this.tracks.get(number) as OpenTrack }],
    )
  }

  private generate(plan: LanePlan, generated: GeneratedLane): LaneFunctions {
    const { registers, cursor, event, host } = this.surroundings
    const streaks: ((period: number) => number)[] = []
    const tracks: unknown[] = []
    for (const [number, { track }] of this.tracks) tracks[number] = track
    const widths = plan.tracks.map(({ layout }) =>
      'columns' in layout.parameters ? layout.parameters.columns.length : 1,
    )
    const longestBundle = generated.bundles.reduce((most, { rules }) => Math.max(most, rules.length), 0)
    const swept = new Set(generated.sweeps.flatMap(({ windows }) => windows.map(({ place }) => place)))
    const constants = {
      R: registers,
      B: cursor,
      E: event,
      host,
      C: civilFields,
      T: tracks,
      READ: plan.factors.map((factor, i) =>
        swept.has(i) ? undefined : this.reader(factor, (value) => streaks[i]?.(value) ?? Number.NaN),
      ),
      STREAK: streaks,
      I: this.instant,
      M: new Float64Array(plan.factors.length).fill(-1),
      V: new Float64Array(plan.factors.length),
      SWEEP: this.sweeps(generated),
      S: new Float64Array(generated.sweeps.length).fill(-1),
      Z: new Uint8Array(generated.sweeps.length),
      H: new Int32Array(longestBundle),
      P: new Float64Array(2 * longestBundle),
      W: new Float64Array(Math.max(1, ...widths)),
      note: (track: number, value: number, at: number) => this.takeNote(track, value, at),
      wake: (bundle: number) => this.queue.wake(bundle),
      edges: (bundle: number) => searchEdges(generated.edges.get(bundle) ?? [], generated.ladders, host),
      lines: (bundle: number, rests: readonly Line['rest'][]) => {
        const lines = generated.lines.get(bundle) ?? []
        return searchLines(
          lines.map((line, i) => ({ ...line, rest: rests[i] })),
          host,
        )
      },
    }
    return makerOf(Object.keys(constants), generated.source)(...Object.values(constants))
  }

  /** By sweep. Those alike are one. */
  private sweeps({ sweeps }: GeneratedLane): readonly (Sweep | undefined)[] {
    const alike = new Map<OpenTrack, Map<string, Sweep>>()
    return sweeps.map(({ track, first, windows }) => {
      const open = this.tracks.get(track)
      if (open?.kind !== 'ring') return undefined
      const ofTrack = alike.get(open) ?? new Map<string, Sweep>()
      alike.set(open, ofTrack)
      const places = windows.map((window) => ({ ...window, place: window.place - first }))
      const key = JSON.stringify(places)
      const sweep = ofTrack.get(key) ?? sweepRing(open.track, places)
      ofTrack.set(key, sweep)
      return sweep
    })
  }

  private reader({ factor, track }: FactorPlan, holds: (value: number) => number): Read | undefined {
    const open = track && this.tracks.get(track.number)
    if (!open) return undefined
    const { definition } = factor
    if (definition.kind !== 'events') return readerOfProfile(open, definition)
    return readSinceKept(readerOf(open, definition, holds), keptSinceFor(track.layout, definition))
  }

  // ---- the event in hand

  /** What was computed is not true any more. */
  begin(): void {
    this.instant[0] = (this.instant[0] as number) + 1
  }

  /**
   * Before `apply`: looks at the edges that stand above their lines and may have fallen since, as of the event of a type
   * that is in hand. Whether there are any: then what was computed is of before the event.
   */
  beforeEvent(type: number): boolean {
    return this.falls.run(type, this.functions.bundles)
  }

  /** After `apply`: looks at all that is awake. */
  judge(): void {
    this.queue.run(this.functions.bundles)
  }

  /** A track was changed by other than generated code, by an event of the program's type. */
  changed(program: LaneProgram, track: number): void {
    for (const bundle of program.wakes.get(track) ?? []) this.queue.wake(bundle)
  }

  /** Nothing is awake: the event in hand failed. */
  clear(): void {
    this.queue.clear()
  }

  // ---- what is asked for when a rule fires

  /** The instant of what is asked for next. */
  asOf(at: number): void {
    this.functions.instant(at)
  }

  /** 1, 0, NaN for unknown; undefined: there is no such condition. */
  condition(kind: ConditionKind, place: number): number | undefined {
    return this.functions[kind].get(place)?.()
  }

  /** A rule's schedule looks at what it watches, as of the lane's instant: asked for next, it is as it is now. */
  note(place: number): void {
    if (this.functions.notes.get(place)?.() === true) this.begin()
  }

  /** `value`, not NaN, as of `at`, which is not before what was noted last. Whether it is another than before. */
  private takeNote(number: number, value: number, at: number): boolean {
    const open = this.tracks.get(number)
    if (open?.kind !== 'changes') throw new RangeError('what is noted is kept in a track of changes')
    const { cursor, host } = this.surroundings
    return open.track.add(cursor.find(number), { ...noEvent, time: at, horizon: at }, value, host)
  }

  /** Value of a factor that some rule of the lane needs; NaN: unknown, or not needed. Of a text its hash. */
  value(factor: string): number {
    const place = this.places.get(factor)
    return place === undefined ? Number.NaN : (this.functions.factors[place] as Judge)()
  }

  /** A factor for people: undefined: unknown. */
  told({ factor, track }: FactorPlan): number | boolean | string | undefined {
    const value = this.value(factor.id)
    if (Number.isNaN(value)) return undefined
    if (factor.type === 'bool') return value !== 0
    if (factor.type !== 'string') return value
    if (factor.texts) return factor.texts.find((text) => textHash(text) === value)
    const open = track && this.tracks.get(track.number)
    const { host } = this.surroundings
    return open && textOf(open, factor)?.(this.blockOf(track.number), this.instant[1] as number, host)
  }

  /** What is in a factor's window as of the lane's instant, newest first; nothing for what other factors make up. */
  rows({ factor, track }: FactorPlan): readonly WindowRow[] {
    const open = track && this.tracks.get(track.number)
    if (!open) return []
    const { host } = this.surroundings
    const { definition } = factor
    const since = definition.kind === 'events' ? keptSinceFor(track.layout, definition) : undefined
    const rows = readSinceKept(rowsOf(open, factor), since)
    return rows(this.blockOf(track.number), this.instant[1] as number, host)
  }

  /** Whether the newest profile that names tags has this one, which is a rule's history. */
  hasTag(tag: string): boolean {
    const feed = this.profileFeeds.find(
      ({ source }) => source.kind === 'tag' && source.tag === tag && source.type === 'string',
    )
    const read = feed && readerOfProfile(feed.open, feed.source)
    const at = this.instant[1] as number
    return (
      feed !== undefined &&
      read !== undefined &&
      !Number.isNaN(read(this.blockOf(feed.track), at, this.surroundings.host))
    )
  }

  planOf(factor: Factor['id']): FactorPlan | undefined {
    return this.factors[this.places.get(factor) ?? -1]
  }

  private blockOf(track: number): Block {
    return this.surroundings.cursor.find(track)
  }
}

/** What is noted is of no event; of two notes of an instant the later is the newer. */
const noEvent = { type: 0, bytes: new Uint8Array(), idStart: 0, idEnd: 0, textStart: 0, textEnd: 0 } as const

type LaneMaker = (...constants: unknown[]) => LaneFunctions

/**
 * The same for all shards of a process: V8 keeps what it learns, and the fast code that it makes of it, for all functions that
 * came of one. Each shard's own would be learnt and made for each again.
 */
const makers = new Map<string, LaneMaker>()
const makersMost = 16

function makerOf(names: readonly string[], source: string): LaneMaker {
  let maker = makers.get(source)
  if (!maker) {
    // The source holds numbers, and expressions that `toJavaScript` made.
    maker = new Function(...names, source) as LaneMaker
    if (makers.size >= makersMost) makers.clear()
    makers.set(source, maker)
  }
  return maker
}

/** Tracks by number. Those alike are one, which keeps nothing itself: a thousand of them would be looked up in slow memory. */
function openTracks(plan: LanePlan): ReadonlyMap<number, OpenTrack> {
  const alike = new Map<string, OpenTrack>()
  return new Map(
    plan.tracks.map(({ number, layout }) => {
      const key = JSON.stringify([layout.kind, layout.parameters])
      const open = alike.get(key) ?? openTrack(layout)
      alike.set(key, open)
      return [number, open]
    }),
  )
}

/** Since when the track, or its column, of a factor is kept; undefined: from the beginning. */
const keptSinceFor = (track: TrackLayout, factor: EventFactor): number | undefined =>
  sinceOf(track, 'columns' in track.parameters ? placeOf(track.parameters.columns, factor) : -1)
