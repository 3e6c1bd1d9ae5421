import { isoDate } from '../domain/time-zones.ts'
import type { Moment } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import type { Examples } from './examples.ts'
import type { Report, RuleRow, Tally } from './report.ts'
import type { Side } from './sides.ts'
import { hourOfDay, type SubscriberZones } from './subscriber-zones.ts'
import { createTallies } from './tallies.ts'

export type Mode = Moment['mode']

/** Counts moments; what isn't by rule is of live ones. */
export interface MomentFigures {
  /** The same moment on both sides, or on the one that has it. */
  compare(present: Moment | undefined, candidate: Moment | undefined, zones: SubscriberZones): void
  /** Each subscriber's moments have been compared: nobody of them comes again. */
  endOfShard(): void
  byRule(mode: Mode, rule: string): Pick<RuleRow, keyof Tally | 'subscribers'>
  /** Rules that fired. */
  rules(mode: Mode): readonly string[]
  figures(): Pick<Report, 'total' | 'by_day' | 'by_segment'> & { readonly byHour: (hour: number) => Tally }
}

/** `catalogues`: for the zone of subscribers who name none. */
export function createMomentFigures(
  catalogues: Readonly<Record<Side, Catalogue>>,
  examples: Pick<Examples, 'offer'>,
): MomentFigures {
  const rules = ofModes(createTallies)
  const subscribers = ofModes(createTallies)
  /** Of the shard in hand, by rule and subscriber. */
  const reached = ofModes(() => new Map<string, Map<string, Reached>>())
  const total = createTallies()
  const hours = createTallies()
  const days = createTallies()
  const segments = createTallies()

  function compareIn(mode: Mode, present: Moment | undefined, candidate: Moment | undefined, zones: SubscriberZones) {
    const moment = candidate ?? present
    if (!moment) return
    const on = [present !== undefined, candidate !== undefined] as const
    rules[mode].count(moment.rule, ...on)
    reach(reached[mode], moment, ...on)
    if (present && !candidate) examples.offer(mode, 'gone', present)
    if (candidate && !present) examples.offer(mode, 'added', candidate)
    if (mode === 'shadow') return
    total.count('', ...on)
    const { defaultTimeZone } = catalogues[candidate ? 'candidate' : 'present'].policy
    const zone = zones.at(moment.subscriber_id, moment.at, defaultTimeZone)
    hours.count(String(hourOfDay(zone, moment.at)), ...on)
    days.count(isoDate(zone.civilDay(moment.at)), ...on)
    // The candidate may cut segments otherwise, so that the same moment is in one before and in another after.
    const before = segmentsOf(present)
    const after = segmentsOf(candidate)
    for (const name of new Set([...before, ...after])) segments.count(name, before.has(name), after.has(name))
  }

  return {
    compare(present, candidate, zones) {
      for (const mode of ['live', 'shadow'] as const) {
        compareIn(mode, inMode(present, mode), inMode(candidate, mode), zones)
      }
    },
    endOfShard() {
      for (const mode of ['live', 'shadow'] as const) {
        for (const [rule, who] of reached[mode]) {
          for (const { onPresent, onCandidate } of who.values()) subscribers[mode].count(rule, onPresent, onCandidate)
        }
        reached[mode].clear()
      }
    },
    byRule: (mode, rule) => ({ ...rules[mode].of(rule), subscribers: subscribers[mode].of(rule) }),
    rules: (mode) => rules[mode].names(),
    figures: () => ({
      total: total.of(''),
      byHour: (hour) => hours.of(String(hour)),
      by_day: days.names().map((day) => ({ day, ...days.of(day) })),
      by_segment: segments.names().map((name) => {
        const [dimension = '', segment = ''] = name.split(' ')
        return { dimension, segment, ...segments.of(name) }
      }),
    }),
  }
}

interface Reached {
  onPresent: boolean
  onCandidate: boolean
}

function reach(
  rules: Map<string, Map<string, Reached>>,
  { rule, subscriber_id }: Moment,
  onPresent: boolean,
  onCandidate: boolean,
): void {
  const who = rules.get(rule) ?? new Map<string, Reached>()
  rules.set(rule, who)
  const before = who.get(subscriber_id)
  who.set(subscriber_id, {
    onPresent: onPresent || before?.onPresent === true,
    onCandidate: onCandidate || before?.onCandidate === true,
  })
}

const ofModes = <T>(create: () => T): Readonly<Record<Mode, T>> => ({ live: create(), shadow: create() })

const inMode = (moment: Moment | undefined, mode: Mode): Moment | undefined =>
  moment?.mode === mode ? moment : undefined

/** Ids hold no space. */
const segmentsOf = (moment: Moment | undefined): ReadonlySet<string> =>
  new Set(Object.entries(moment?.segments ?? {}).map((entry) => entry.join(' ')))
