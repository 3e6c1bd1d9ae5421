import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { nearestName } from '../domain/nearest-name.ts'
import { pathOf } from './json-pointer.ts'

/** An item with faults in its shape, made such that the rest of it can be checked. */
export interface Mended {
  readonly value: unknown
  /** Keys that were left out or filled in: that they are missing is no further fault. */
  readonly lost: ReadonlySet<string>
}

type Path = readonly (string | number)[]
type Holder = Record<string | number, unknown>

/** A sensible item has some faults; what has more is given up. */
const roundsMost = 200

/**
 * Mends the faults of an item one after the other: what was probably meant where that is near, else an allowed value, else
 * without it. undefined: it is no item at all.
 */
export function mendShape(validate: ValidateFunction, item: unknown): Mended | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined
  const root = structuredClone(item)
  const lost = new Set<string>()
  for (let round = 0; round < roundsMost; round++) {
    if (validate(root)) return { value: root, lost }
    const error = (validate.errors ?? []).find(
      ({ keyword, propertyName }) => keyword !== 'if' && propertyName === undefined,
    )
    if (!error || !mendOne(error, root, lost)) return undefined
  }
  return undefined
}

/** @returns whether anything was changed */
function mendOne(error: ErrorObject, root: object, lost: Set<string>): boolean {
  const path = pathOf(error.instancePath, root)
  const { params, data } = error
  const set = (value: unknown) => setAt(root, path, value)
  const remove = (at: Path) => removeAt(root, at, lost)
  switch (error.keyword) {
    case 'additionalProperties':
      return rename(data as Holder, String(params.additionalProperty), error, lost)
    case 'propertyNames':
      return remove([...path, String(params.propertyName)])
    case 'required':
      return fill(data as Holder, String(params.missingProperty), lost) || remove(path)
    case 'enum': {
      const meant = typeof data === 'string' ? nearestName(data, params.allowedValues.map(String)) : undefined
      return meant === undefined ? remove(path) : set(meant)
    }
    case 'const':
      return set(params.allowedValue)
    case 'minimum':
    case 'maximum':
      return set(params.limit)
    case 'exclusiveMinimum':
      return set(params.limit + 1)
    case 'pattern': {
      const sample = samples.find((text) => new RegExp(params.pattern, 'u').test(text))
      return sample === undefined ? remove(path) : set(sample)
    }
    case 'maxItems':
      return set((data as readonly unknown[]).slice(0, params.limit))
    case 'uniqueItems':
      return set((data as readonly unknown[]).toSpliced(Math.max(params.i, params.j), 1))
    default:
      return remove(path)
  }
}

/** Of each pattern of the schemas one that matches. */
const samples = ['unnamed', 'en', '2000-01-01']

/** What has to be there, as it may be there. */
const fillings: Readonly<Record<string, unknown>> = {
  id: 'unnamed',
  title: { en: '-' },
  message: { en: '-' },
  en: '-',
  start: '22:00',
  end: '08:00',
  channels: ['sms'],
  per: 'day',
  share: 0,
  most: 1,
  default_time_zone: 'UTC',
  default_language: 'en',
  quiet_hours: [],
  caps: [],
  gaps: {},
}

function fill(holder: Holder, key: string, lost: Set<string>): boolean {
  const filling = key === 'moment' ? momentOf(holder) : fillings[key]
  if (filling === undefined) return false
  lost.add(key)
  holder[key] = structuredClone(filling)
  return true
}

/** The kind of moment that the keys of a rule speak of. */
const momentOf = (rule: Holder): string => {
  if (rule.open !== undefined) return 'do-not-disturb'
  if (rule.date !== undefined) return 'special'
  return rule.history === undefined ? 'change' : 'first'
}

/** A key that isn't known goes, unless a known one was surely meant, which isn't there. */
function rename(holder: Holder, key: string, error: ErrorObject, lost: Set<string>): boolean {
  const meant = nearestName(key, Object.keys(error.parentSchema?.properties ?? {}))
  if (meant !== undefined && !Object.hasOwn(holder, meant)) holder[meant] = holder[key]
  lost.add(key)
  return delete holder[key]
}

function setAt(root: object, path: Path, value: unknown): boolean {
  const key = path.at(-1)
  const holder = holderOf(root, path)
  if (key === undefined || !holder) return false
  holder[key] = value
  return true
}

function removeAt(root: object, path: Path, lost: Set<string>): boolean {
  const key = path.at(-1)
  const holder = holderOf(root, path)
  if (key === undefined || !holder) return false
  const name = path.findLast((part) => typeof part === 'string')
  if (typeof name === 'string') lost.add(name)
  if (Array.isArray(holder)) holder.splice(Number(key), 1)
  else delete holder[key]
  return true
}

function holderOf(root: object, path: Path): Holder | undefined {
  let node: unknown = root
  for (const part of path.slice(0, -1)) node = (node as Holder | undefined)?.[part]
  return typeof node === 'object' && node !== null ? (node as Holder) : undefined
}
