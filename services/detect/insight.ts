import type { Codec } from '../records/codec.ts'
import { instantOfTimer } from '../rules/engine/calendar-timers.ts'
import { type CivilPlace, civilFields } from '../rules/engine/civil-fields.ts'
import { heldEntries } from '../rules/engine/held-events.ts'
import type { Lane } from '../rules/engine/lane.ts'
import { tagOfHistory } from '../rules/engine/lane-plan.ts'
import { ruleOfEdge } from '../rules/engine/layout.ts'
import type { PatternProgress } from '../rules/engine/patterns/progress.ts'
import { latches } from '../rules/engine/rule-states.ts'
import type { WindowRow } from '../rules/engine/tracks/track.ts'
import type { NowField } from '../rules/expression.ts'
import { type EventType, eventTypes } from '../topology.ts'
import { historyOf, warmSince } from './firing.ts'
import { segmentsOf } from './moment-queue.ts'
import type { ResidentRecords } from './resident-records.ts'

/** null: unknown. */
type Shown = number | boolean | string | null
type ByName<T> = Readonly<Record<string, T>>

/** Everything that the engine knows of a subscriber as of an instant: what `explain` tells. Times in ms since 1970. */
export interface Insight {
  readonly at: number
  readonly timeZone: string
  /** 1..31 */
  readonly billingDay: number
  /** Named by the profile. */
  readonly calendar: string | undefined
  /** The identity ended then, and nothing else is known. */
  readonly ended: number | undefined
  /** Some bound was met: values over busy windows may be a little off. */
  readonly inexact: boolean
  /** First sight, in whole seconds. */
  readonly since: number
  /** Greatest event time by type. */
  readonly newest: Readonly<Partial<Record<EventType, number>>>
  /** Civil time of the instant; null: not known. */
  readonly now: Readonly<Record<NowField, number | boolean | null>>
  /** Of rules that judge at once, and of settled ones. */
  readonly lanes: readonly LaneInsight[]
  /** Of each dimension. */
  readonly segments: ByName<string>
  /** By rule, what its state is where there is one. */
  readonly fired: ByName<number>
  readonly remembered: ByName<number>
  readonly edges: ByName<'below' | 'above' | 'spent'>
  readonly patterns: ByName<PatternProgress>
  /** The day that a schedule or date waits for, when that is, and when it is looked at. */
  readonly timers: ByName<{ readonly day: number; readonly at: number; readonly due: number }>
  /** The tag that stands for a first rule's history is there. */
  readonly tagged: ByName<boolean>
  /** Of first rules with a warm-up: when it ends for the subscriber; -Infinity: there is none. */
  readonly warmUpEnds: ByName<number>
  /** Events that wait for the grace to pass, oldest first, and when each is judged. */
  readonly held: readonly {
    readonly type: EventType
    readonly event_id: string
    readonly time: number
    readonly due: number
  }[]
}

export interface LaneInsight {
  /** All that its rules need, hidden ones too; null: unknown. */
  readonly factors: ByName<Shown>
  /** What their windows hold, newest first; of those that were asked for. */
  readonly windows: ByName<readonly WindowRow[]>
}

/** What is asked beside the record in hand. */
export interface InsightParts {
  readonly records: ResidentRecords
  readonly codec: Codec
  readonly place: CivilPlace
  readonly at: number
  readonly patterns: ByName<PatternProgress>
  /** Factors whose windows are told. */
  readonly windows: ReadonlySet<string>
}

/** Of the record in hand, which is in today's layout. Changes nothing. */
export function insightOf({ records, codec, place, at, patterns, windows }: InsightParts): Insight {
  const { loaded, slab } = records
  const { lanes, settleGrace } = loaded.compiled
  const record = records.plain()
  const states = (kind: 'fired' | 'remembered'): ByName<number> => Object.fromEntries(record.states.get(kind) ?? [])
  const newest = eventTypes.flatMap((type) => {
    const source = record.sources.get(type)
    return source ? [[type, source.head] as const] : []
  })
  const held = record.ended === undefined ? [...heldEntries(records.held)] : []
  const judged = lanes.map((lane) => laneInsight(lane, at, windows))
  const speaking = lanes.find(({ rules }) => rules.length > 0)
  return {
    at,
    timeZone: place.zone.name,
    billingDay: slab.billingDay,
    calendar: record.calendar === undefined ? undefined : records.calendars.name(record.calendar),
    ended: record.ended,
    inexact: record.inexact,
    since: record.since * 1000,
    newest: Object.fromEntries(newest),
    now: civilNow(place, at),
    lanes: judged,
    segments: speaking ? segmentsOf(loaded.ruleset.segments, speaking) : {},
    fired: states('fired'),
    remembered: states('remembered'),
    edges: Object.fromEntries([...record.latches].flatMap(([key, latch]) => edgeOf(ruleOfEdge(key), latch))),
    patterns,
    timers: timersOf(records, record.states.get('due'), place),
    tagged: Object.fromEntries(
      loaded.rules.flatMap((rule, i) => {
        const tag = tagOfHistory(rule)
        return tag === undefined ? [] : [[rule.id, (loaded.laneOfRule[i] as Lane).hasTag(tag)] as const]
      }),
    ),
    warmUpEnds: Object.fromEntries(
      loaded.rules.flatMap((rule, i) => {
        const history = historyOf(rule)
        return history?.kind === 'warm-up' ? [[rule.id, warmSince(records, i) + history.length] as const] : []
      }),
    ),
    held: held.map(({ type: number, time, value }) => {
      const type = eventTypes[number] as EventType
      return { type, event_id: codec.decode(type, value, 0, value.length).event_id, time, due: time + settleGrace }
    }),
  }
}

function laneInsight(lane: Lane, at: number, windows: ReadonlySet<string>): LaneInsight {
  lane.begin()
  lane.asOf(at)
  return {
    factors: Object.fromEntries(lane.factors.map((plan) => [plan.factor.id, lane.told(plan) ?? null])),
    windows: Object.fromEntries(
      lane.factors.filter(({ factor }) => windows.has(factor.id)).map((plan) => [plan.factor.id, lane.rows(plan)]),
    ),
  }
}

function civilNow(place: CivilPlace, at: number): Insight['now'] {
  const value = (name: NowField): number | boolean | null => {
    const number = civilFields[name](place, at)
    if (Number.isNaN(number)) return null
    return name === 'workday' ? number === 1 : number
  }
  const names = Object.keys(civilFields) as NowField[]
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<NowField, number | boolean | null>
}

const edgeNames = ['below', 'above', 'spent'] as const

const edgeOf = (rule: string, latch: number): readonly (readonly [string, (typeof edgeNames)[number]])[] => {
  const name = edgeNames.find((known) => latches[known] === latch)
  return name === undefined ? [] : [[rule, name]]
}

function timersOf(
  { loaded }: ResidentRecords,
  due: ReadonlyMap<string, number> | undefined,
  { zone }: CivilPlace,
): Insight['timers'] {
  const waiting = loaded.compiled.timers.flatMap((timer) => {
    const day = due?.get(timer.key)
    if (day === undefined) return []
    const at = instantOfTimer(timer, day, zone)
    return timer.rules.map((rule) => [loaded.rules[rule]?.id ?? '', { day, at, due: at + timer.grace }] as const)
  })
  return Object.fromEntries(waiting)
}
