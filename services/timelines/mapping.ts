import { isTimeZone } from '../domain/civil-time.ts'
import type { CodedError } from '../domain/errors.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import { dayMs } from '../domain/time-zones.ts'
import { parseDuration } from '../rules/duration.ts'
import type { Path, SourceNode } from '../rules/source.ts'
import { type EventType, eventTypes } from '../topology.ts'
import { type Fields, fieldValue, isEventType } from './events.ts'
import { type TimelineCode, timelineProblem } from './problem.ts'

type Mapping = Readonly<Record<string, unknown>>

/** Reads the keys of a timeline's mapping one by one; what is wrong is added to the problems, and undefined comes back. */
export interface MappingReader {
  readonly value: Mapping
  fault(code: TimelineCode, message: string, path: Path): undefined
  text(key: string): string | undefined
  texts(key: string): readonly string[] | undefined
  zone(key: string): string | undefined
  /** Days from 1970-01-01 of a date. */
  day(key: string): number | undefined
  fields(key: string, type: EventType, path?: Path): Fields | undefined
  defaults(key: string): Readonly<Partial<Record<EventType, Fields>>>
  grace(key: string): Readonly<Partial<Record<EventType, number>>>
}

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function createMappingReader(node: SourceNode, value: Mapping, problems: CodedError[]): MappingReader {
  const fault = (code: TimelineCode, message: string, path: Path): undefined =>
    void problems.push(timelineProblem(code, message, node.at(path)))
  const wrong = (message: string, path: Path): undefined => fault('KM_TIMELINE_VALUE', message, path)
  const at = (path: Path): unknown =>
    path.reduce<unknown>((from, step) => (isMapping(from) ? from[step] : undefined), value)

  const reader: MappingReader = {
    value,
    fault,
    text(key) {
      const given = value[key]
      if (given === undefined || typeof given === 'string') return given
      return wrong(`'${key}' must be text`, [key])
    },
    texts(key) {
      const given = value[key]
      if (given === undefined) return undefined
      if (typeof given === 'string') return [given]
      if (Array.isArray(given) && given.every((item) => typeof item === 'string')) return given
      return wrong(`'${key}' must be an id or a list of ids`, [key])
    },
    zone(key) {
      const given = reader.text(key)
      if (given === undefined || isTimeZone(given)) return given
      return wrong(`'${given}' is no IANA time zone; write it like Asia/Shanghai`, [key])
    },
    day(key) {
      const given = reader.text(key)
      if (given === undefined) return undefined
      const day = /^\d{4}-\d\d-\d\d$/.test(given) ? Date.parse(given) / dayMs : Number.NaN
      return Number.isInteger(day) ? day : wrong(`'${key}' must be a date like 2026-03-02`, [key])
    },
    fields(key, type, path = [key]) {
      const given = at(path)
      if (given === undefined) return undefined
      if (!isMapping(given)) return wrong(`'${key}' must be a mapping of fields of ${type}`, path)
      const fields: Record<string, unknown> = {}
      for (const [name, item] of Object.entries(given)) {
        const read = fieldValue(type, name, { value: item, plain: String(item) })
        if (typeof read === 'string') {
          problems.push(timelineProblem('KM_TIMELINE_FIELD', read, node.atKey(path, name)))
        } else fields[name] = read.value
      }
      return fields
    },
    defaults(key) {
      const defaults: Partial<Record<EventType, Fields>> = {}
      for (const type of typesIn(key)) defaults[type] = reader.fields(key, type, [key, type]) ?? {}
      return defaults
    },
    grace(key) {
      const given = value[key]
      if (typeof given === 'string') {
        const length = lengthOf(given, [key])
        return length === undefined ? {} : Object.fromEntries(eventTypes.map((type) => [type, length]))
      }
      const grace: Partial<Record<EventType, number>> = {}
      for (const type of typesIn(key)) {
        const length = lengthOf(isMapping(given) ? given[type] : undefined, [key, type])
        if (length !== undefined) grace[type] = length
      }
      return grace
    },
  }

  function typesIn(key: string): readonly EventType[] {
    const given = value[key]
    if (given === undefined) return []
    if (!isMapping(given)) {
      wrong(`'${key}' must be a mapping by type of event`, [key])
      return []
    }
    return Object.keys(given).flatMap((type) => {
      if (isEventType(type)) return [type]
      const message = `no type of event is called '${type}'${didYouMeanOneOf(type, eventTypes)}`
      problems.push(timelineProblem('KM_TIMELINE_EVENT_TYPE', message, node.atKey([key], type)))
      return []
    })
  }

  function lengthOf(given: unknown, path: Path): number | undefined {
    if (given === '0s' || given === 0) return 0
    const length = typeof given === 'string' ? parseDuration(given) : undefined
    return length ?? wrong('a length of time is written like 90s, 10m or 1h', path)
  }

  return reader
}
