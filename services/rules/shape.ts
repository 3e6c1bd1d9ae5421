import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import calendarSchema from '../../schemas/calendar.schema.json' with { type: 'json' }
import campaignSchema from '../../schemas/campaign.schema.json' with { type: 'json' }
import factorSchema from '../../schemas/factor.schema.json' with { type: 'json' }
import offerSchema from '../../schemas/offer.schema.json' with { type: 'json' }
import policySchema from '../../schemas/policy.schema.json' with { type: 'json' }
import ruleSchema from '../../schemas/rule.schema.json' with { type: 'json' }
import segmentSchema from '../../schemas/segment.schema.json' with { type: 'json' }
import tagSchema from '../../schemas/tag.schema.json' with { type: 'json' }
import type { Location } from '../domain/errors.ts'
import { didYouMean, didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { RawCalendar } from './calendars.ts'
import { pathOf } from './json-pointer.ts'
import { mendShape } from './mend-shape.ts'
import { type Problem, type ProblemCode, problem } from './problem.ts'
import type { RawCampaign, RawFactor, RawOffer, RawPolicy, RawRule, RawSegment, RawTag } from './raw.ts'
import type { SourceNode } from './source.ts'
import { createSubject, type Subject } from './subject.ts'

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, strictTuples: false, strictTypes: false })
ajv.addSchema([
  calendarSchema,
  campaignSchema,
  factorSchema,
  offerSchema,
  policySchema,
  ruleSchema,
  segmentSchema,
  tagSchema,
])

function compiled<Raw>(schema: { $id: string }, definition: string): ValidateFunction<Raw> {
  return ajv.compile<Raw>({ $ref: `${schema.$id}#/$defs/${definition}` })
}

const validators = {
  calendar: compiled<RawCalendar>(calendarSchema, 'calendar'),
  campaign: compiled<RawCampaign>(campaignSchema, 'campaign'),
  factor: compiled<RawFactor>(factorSchema, 'factor'),
  rule: compiled<RawRule>(ruleSchema, 'rule'),
  offer: compiled<RawOffer>(offerSchema, 'offer'),
  policy: compiled<RawPolicy>(policySchema, 'policy'),
  segment: compiled<RawSegment>(segmentSchema, 'segment'),
  tag: compiled<RawTag>(tagSchema, 'tag'),
}

/** An item as its kind says. */
export interface Shaped<Raw> {
  readonly raw: Raw
  /** Its shape is without fault; else it was mended, so that what else is wrong with it is found too. */
  readonly isWhole: boolean
  /** Reads its parts and says what is wrong with them. */
  readonly subject: Subject
}

/** The node as its kind says, with every departure from the JSON Schema as a located problem; undefined: it is no mapping. */
export function checkShape<Kind extends keyof typeof validators>(
  kind: Kind,
  node: SourceNode,
  problems: Problem[],
): (typeof validators)[Kind] extends ValidateFunction<infer Raw> ? Shaped<Raw> | undefined : never
export function checkShape(
  kind: keyof typeof validators,
  node: SourceNode,
  problems: Problem[],
): Shaped<unknown> | undefined {
  const validate: ValidateFunction = validators[kind]
  if (validate(node.value)) return { raw: node.value, isWhole: true, subject: createSubject(node, problems) }
  for (const error of validate.errors ?? []) {
    const found = translate(error, node)
    if (found) problems.push(problem(found.code, found.message, found.location))
  }
  const mended = mendShape(validate, node.value)
  return mended && { raw: mended.value, isWhole: false, subject: createSubject(node, problems, mended.lost) }
}

interface Translation {
  readonly code: ProblemCode
  readonly message: string
  readonly location: Location
}

/** One of the validator's errors in our words; undefined for those which only repeat another. */
function translate(error: ErrorObject, node: SourceNode): Translation | undefined {
  const path = pathOf(error.instancePath, node.value)
  const key = path.at(-1)
  const name = key === undefined ? 'this' : typeof key === 'number' ? `item ${key + 1}` : `'${key}'`
  const value = (message: string): Translation => ({ code: 'KM_CATALOGUE_VALUE', message, location: node.at(path) })
  const { params } = error
  // The pattern of a key is reported a second time as 'propertyNames'.
  if (error.propertyName !== undefined || error.keyword === 'if') return undefined
  switch (error.keyword) {
    case 'required':
      return {
        code: 'KM_CATALOGUE_MISSING_KEY',
        message: `'${params.missingProperty}' is missing${key === undefined ? '' : ` in ${name}`}`,
        location: node.at(path),
      }
    case 'additionalProperties': {
      const unknown = String(params.additionalProperty)
      const known = Object.keys(error.parentSchema?.properties ?? {})
      const holds = (error.data as Record<string, unknown>)[unknown]
      // `{ en: Low, and no top-up }` is two keys to YAML.
      const cut = known.includes('en') && holds === null
      const message = `no key '${unknown}' here${cut ? '; a text with a comma stands in quotes' : didYouMeanOneOf(unknown, known)}`
      return { code: 'KM_CATALOGUE_UNKNOWN_KEY', message, location: node.atKey(path, unknown) }
    }
    case 'propertyNames':
      return {
        ...value(`'${params.propertyName}' cannot be a key here`),
        location: node.atKey(path, String(params.propertyName)),
      }
    case 'type':
      return {
        code: 'KM_CATALOGUE_TYPE',
        message: `${name} must be ${typeNames[String(params.type)] ?? params.type}, not ${typeOf(error.data, String(params.type))}${ofLength(error, key)}${ofPercent(error.data)}`,
        location: node.at(path),
      }
    case 'enum': {
      const allowed = params.allowedValues.map(String)
      const hint = typeof error.data === 'string' ? didYouMean(error.data, allowed) : ''
      return value(`${name} must be one of ${allowed.join(', ')}, not ${shown(error.data)}${hint}`)
    }
    case 'const':
      return value(
        `${name} must be ${shown(params.allowedValue)}, not ${shown(error.data)}${key === 'window' ? '; or write it like { days: 7 } or { rolling: 168h }' : ''}`,
      )
    case 'pattern':
      return value(`${name} must be ${meantBy[params.pattern] ?? `like ${params.pattern}`}, not ${shown(error.data)}`)
    case 'false schema':
      return value(`${name} has no place here`)
    case 'minimum':
      return value(`${name} must be ${params.limit} or more, not ${error.data}`)
    case 'maximum':
      return value(`${name} must be ${params.limit} or less, not ${error.data}`)
    case 'exclusiveMinimum':
      return value(`${name} must be more than ${params.limit}, not ${error.data}`)
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return value(`${name} must not be empty`)
    case 'maxLength':
      return value(`${name} has ${params.limit} characters at most, not ${[...String(error.data)].length}`)
    case 'maxItems':
      return value(`${name} has ${params.limit} items at most, not ${(error.data as readonly unknown[]).length}`)
    case 'maxProperties':
      return value(`${name} has one key, not ${Object.keys(error.data as object).join(' and ')}`)
    case 'uniqueItems': {
      const [first, second] = [params.i, params.j].toSorted((a, b) => a - b)
      const twice = (error.data as readonly unknown[])[second]
      return {
        code: 'KM_CATALOGUE_REPEATED',
        message: `${shown(twice)} stands in ${name} twice, as item ${first + 1} and item ${second + 1}; leave one out`,
        location: node.at([...path, second]),
      }
    }
    default:
      return value(`${name} ${error.message}`)
  }
}

/** The patterns of the schemas in words. */
const meantBy: Readonly<Record<string, string>> = {
  '^[a-z][a-z0-9-]*$': 'a name of small letters, digits and -, a letter first, as low-balance',
  '^[a-z][a-z0-9_]*$': 'a name of small letters, digits and _, a letter first, as calls_24h',
  '^[a-z][a-z0-9_-]*$': 'a name of small letters, digits, _ and -, a letter first, as top-up',
  '^[A-Za-z][A-Za-z0-9_.-]*$': 'a name of letters, digits, _, . and -, a letter first, as churn_score',
  '^[a-z]{2}$': 'a language in two small letters, as en',
  '^[A-Z]{3}$': 'three capital letters, as CNY',
  '^[^{}\\r\\n]*[^{}\\s][^{}\\r\\n]*$': 'one line of text without braces',
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}$': 'a date, as "2026-02-17"',
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

/** What to write where a length of time lacks its unit. */
const ofLength = (error: ErrorObject, key: string | number | undefined): string =>
  typeof error.data === 'number' && (key === 'once' || error.schemaPath.includes('/duration/'))
    ? '; a length of time has a unit, like 90s, 48h, 30d'
    : ''

/** What to write in the place of a percentage. */
function ofPercent(data: unknown): string {
  const [, percent] = typeof data === 'string' ? (/^(\d{1,9}(?:\.\d{1,6})?) ?%$/.exec(data.trim()) ?? []) : []
  return percent === undefined ? '' : `; ${data} is written ${Number((Number(percent) / 100).toFixed(8))}`
}

/** `wanted`: the type of the schema; a number that isn't whole is told as it is. */
function typeOf(data: unknown, wanted: string): string {
  if (data === null) return 'empty'
  if (wanted === 'integer' && typeof data === 'number') return String(data)
  if (Array.isArray(data)) return 'a list'
  return typeNames[typeof data] ?? typeof data
}

const shown = (data: unknown): string => {
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? String(data))
  return `'${text.length > 80 ? `${text.slice(0, 80)}…` : text}'`
}
