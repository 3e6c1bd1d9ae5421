import type { CodedError } from '../domain/errors.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { dayMs, timeZone } from '../domain/time-zones.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import type { SourceNode } from '../rules/source.ts'
import { eventOf, type Fields } from './events.ts'
import { createMappingReader } from './mapping.ts'
import { timelineProblem } from './problem.ts'
import { readLines } from './read-lines.ts'
import { defaultSubscriber, type Timeline, type TimelineStep } from './timeline.ts'

/** The catalogue in force at first, and those that `catalogue NAME` may name. */
export interface Catalogues {
  readonly first: Catalogue
  readonly others: ReadonlyMap<string, Catalogue>
}

/** A Monday, on which nothing happens to clocks anywhere. */
const defaultStart = Date.UTC(2026, 2, 2) / dayMs

/** One timeline from its mapping; undefined, with what is wrong added to `faults`. */
export function readTimeline(
  node: SourceNode,
  value: Readonly<Record<string, unknown>>,
  catalogues: Catalogues | undefined,
  faults: CodedError[],
): Timeline | undefined {
  const before = faults.length
  const reader = createMappingReader(node, value, faults)
  const title = reader.text('title')
  const lines = reader.text('timeline')
  for (const key of ['title', 'timeline']) {
    if (value[key] === undefined) reader.fault('KM_TIMELINE_KEY', `'${key}' is missing`, [])
  }
  const rules = reader.texts('rule') ?? []
  const covers = reader.texts('covers') ?? []
  const zoneName = reader.zone('zone') ?? catalogues?.first.policy.defaultTimeZone
  const firstDay = reader.day('start') ?? defaultStart
  const defaults = reader.defaults('defaults')
  const grace = reader.grace('grace')
  const profile = reader.fields('profile', 'profile')
  if (!catalogues || zoneName === undefined || lines === undefined || title === undefined) return undefined

  const { first: catalogue, others } = catalogues
  const known = new Set([catalogue, ...others.values()].flatMap(({ ruleset }) => ruleset.rules.map(({ id }) => id)))
  for (const rule of rules) {
    if (known.has(rule)) continue
    reader.fault('KM_TIMELINE_RULE', `no rule '${rule}'${didYouMeanOneOf(rule, [...known])}`, ['rule'])
  }
  const zone = timeZone(zoneName)
  const start = zone.instantOf(firstDay * dayMs)
  const locate = (offset: number) => node.within(['timeline'], offset)
  const scope = { zone, firstDay, rules: known, catalogues: others, defaults, locate }
  const read = readLines(lines, start, scope, faults)
  const first = profile ? profileStep(node, profile, start, firstDay, faults) : []
  if (faults.length > before) return undefined
  const steps = [...first, ...read.steps]
  return {
    title,
    location: node.at(['title']),
    rules,
    covers,
    zone: zoneName,
    firstDay,
    catalogue,
    grace,
    ...read,
    steps,
  }
}

/** What is known of the subscriber from the start. */
function profileStep(
  node: SourceNode,
  fields: Fields,
  start: number,
  firstDay: number,
  faults: CodedError[],
): readonly TimelineStep[] {
  const id = { event_id: 'e0000', subscriber_id: defaultSubscriber, event_time: start }
  const event = eventOf('profile', id, fields, firstDay)
  if ('type' in event) {
    return [{ kind: 'event', clock: start, location: node.at(['profile']), event, fate: { kind: 'taken' } }]
  }
  for (const { field, message } of event) {
    faults.push(timelineProblem('KM_TIMELINE_FIELD', message, node.at(['profile', field])))
  }
  return []
}
