import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import calendarSchema from '../../schemas/calendar.schema.json' with { type: 'json' }
import factorSchema from '../../schemas/factor.schema.json' with { type: 'json' }
import offerSchema from '../../schemas/offer.schema.json' with { type: 'json' }
import policySchema from '../../schemas/policy.schema.json' with { type: 'json' }
import ruleSchema from '../../schemas/rule.schema.json' with { type: 'json' }
import segmentSchema from '../../schemas/segment.schema.json' with { type: 'json' }
import tagSchema from '../../schemas/tag.schema.json' with { type: 'json' }
import type { Location } from '../domain/errors.ts'
import { didYouMean, didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { RawCalendar } from './calendars.ts'
import { type Problem, type ProblemCode, problem } from './problem.ts'
import type { RawFactor, RawOffer, RawPolicy, RawRule, RawSegment, RawTag } from './raw.ts'
import type { SourceNode } from './source.ts'

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, strictTuples: false, strictTypes: false })
ajv.addSchema([calendarSchema, factorSchema, offerSchema, policySchema, ruleSchema, segmentSchema, tagSchema])

function compiled<Raw>(schema: { $id: string }, definition: string): ValidateFunction<Raw> {
  return ajv.compile<Raw>({ $ref: `${schema.$id}#/$defs/${definition}` })
}

const validators = {
  calendar: compiled<RawCalendar>(calendarSchema, 'calendar'),
  factor: compiled<RawFactor>(factorSchema, 'factor'),
  rule: compiled<RawRule>(ruleSchema, 'rule'),
  offer: compiled<RawOffer>(offerSchema, 'offer'),
  policy: compiled<RawPolicy>(policySchema, 'policy'),
  segment: compiled<RawSegment>(segmentSchema, 'segment'),
  tag: compiled<RawTag>(tagSchema, 'tag'),
}

/** The node as its kind says, or undefined, with every departure from the JSON Schema as a located problem. */
export function checkShape<Kind extends keyof typeof validators>(
  kind: Kind,
  node: SourceNode,
  problems: Problem[],
): (typeof validators)[Kind] extends ValidateFunction<infer Raw> ? Raw | undefined : never
export function checkShape(kind: keyof typeof validators, node: SourceNode, problems: Problem[]): unknown {
  const validate: ValidateFunction = validators[kind]
  if (validate(node.value)) return node.value
  for (const error of validate.errors ?? []) {
    const found = translate(error, node)
    if (found) problems.push(problem(found.code, found.message, found.location))
  }
  return undefined
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
        message: `${name} must be ${typeNames[String(params.type)] ?? params.type}, not ${typeOf(error.data)}${ofLength(error, key)}`,
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
      return value(`${name} must match ${params.pattern}, not ${shown(error.data)}`)
    case 'false schema':
      return value(`${name} has no place here`)
    default:
      return value(`${name} ${params.limit === 1 ? 'must not be empty' : error.message}`)
  }
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

function typeOf(data: unknown): string {
  if (data === null) return 'empty'
  if (Array.isArray(data)) return 'a list'
  return typeNames[typeof data] ?? typeof data
}

const shown = (data: unknown): string => {
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? String(data))
  return `'${text.length > 80 ? `${text.slice(0, 80)}…` : text}'`
}

/** A JSON pointer as a path; indexes of lists as numbers. */
function pathOf(pointer: string, root: unknown): (string | number)[] {
  const path: (string | number)[] = []
  let parent = root
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(parent) ? Number(key) : key)
    parent = (parent as Record<string, unknown> | undefined)?.[key]
  }
  return path
}
