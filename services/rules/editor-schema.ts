import calendarSchema from '../../schemas/calendar.schema.json' with { type: 'json' }
import campaignSchema from '../../schemas/campaign.schema.json' with { type: 'json' }
import factorSchema from '../../schemas/factor.schema.json' with { type: 'json' }
import offerSchema from '../../schemas/offer.schema.json' with { type: 'json' }
import policySchema from '../../schemas/policy.schema.json' with { type: 'json' }
import ruleSchema from '../../schemas/rule.schema.json' with { type: 'json' }
import segmentSchema from '../../schemas/segment.schema.json' with { type: 'json' }
import tagSchema from '../../schemas/tag.schema.json' with { type: 'json' }
import timelineSchema from '../../schemas/timeline.schema.json' with { type: 'json' }
import type { Catalogue } from './catalogue.ts'
import { eventFields } from './event-fields.ts'
import type { Text } from './ruleset.ts'
import { readAs } from './scope.ts'
import { nowFields, virtualFields } from './virtual-fields.ts'

/** A JSON Schema as plain data. */
export type JsonSchema = { readonly [key: string]: unknown }

const kinds = {
  calendar: calendarSchema,
  campaign: campaignSchema,
  factor: factorSchema,
  offer: offerSchema,
  policy: policySchema,
  rule: ruleSchema,
  segment: segmentSchema,
  tag: tagSchema,
  timeline: timelineSchema,
}
const sources: Readonly<Record<string, JsonSchema>> = kinds

/** What the files of a catalogue hold; `timeline`: its examples. */
export type FileKind = keyof typeof kinds
export const fileKinds = Object.keys(kinds) as readonly FileKind[]

/**
 * The schemas of all kinds of files for an editor that holds this catalogue: each in one piece, completing the names of its
 * factors, rules, offers, tags, festivals and day sets, with their titles. Other names are taken too, as a catalogue in an
 * editor is ahead of the one for which this was made; `keymoment catalogue check` is the judge.
 */
export function editorSchemas(catalogue: Catalogue): Readonly<Record<FileKind, JsonSchema>> {
  const { ruleset, offers, campaigns, tags, calendars } = catalogue
  const visible = ruleset.factors.filter(({ hidden }) => !hidden)
  const ids = visible.map(({ id }) => id)
  const festivals = calendars.flatMap(({ festivals }) => [...festivals].map(([id, { title }]) => ({ id, title })))
  const daySets = calendars.flatMap(({ daySets }) => [...daySets].map(([id, { title }]) => ({ id, title })))
  const now = Object.keys(nowFields).map((name) => `now.${name}`)
  const defs = {
    knownFactor: knownNames('A factor of this catalogue.', visible),
    knownOffer: knownNames('An offer of this catalogue.', offers),
    knownCampaign: knownNames('A campaign of this catalogue.', campaigns),
    knownTag: knownNames('A tag of this catalogue.', tags),
    knownRule: knownNames('A rule of this catalogue.', ruleset.rules),
    knownFestival: knownNames('A festival of the calendars of this catalogue.', festivals),
    knownDaySet: knownNames('A day set of the calendars of this catalogue.', daySets),
  }
  const overFactors = { examples: [...ids, ...now] }
  const overFields = { examples: fieldNames }
  const known = (name: keyof typeof defs) => ({ anyOf: [{ $ref: `#/$defs/${name}` }, { type: 'string' }] })
  const knownRules = { oneOf: [known('knownRule'), { type: 'array', minItems: 1, items: known('knownRule') }] }

  return {
    factor: complete('factor', defs, {
      'factor.factor': {
        where: overFields,
        value: overFields,
        of: overFields,
        derive: overFactors,
        while: { examples: ['value', ...ids] },
        tag: known('knownTag'),
        profile: { examples: profileFields },
      },
      'factor.factor/ratio': { of: known('knownFactor'), to: known('knownFactor') },
      'factor.factor/quantiles': { of: known('knownFactor') },
    }),
    rule: complete('rule', defs, {
      'rule.rule': {
        when: overFactors,
        becomes: overFactors,
        rearm: overFactors,
        only: overFactors,
        evidence: { items: known('knownFactor') },
        offers: { items: known('knownOffer') },
        campaign: known('knownCampaign'),
      },
      'rule.rule/history': { tag: known('knownTag'), known: overFactors },
      'rule.where': { '': overFields },
      'rule.date': { festival: known('knownFestival'), day_set: known('knownDaySet') },
    }),
    segment: complete('segment', defs, { 'segment.segment': { when: overFactors } }),
    timeline: complete('timeline', defs, { 'timeline.rule': { '': knownRules } }),
    calendar: complete('calendar', {}, {}),
    campaign: complete('campaign', {}, {}),
    offer: complete('offer', defs, { 'offer.offer/acceptance': { score: known('knownTag') } }),
    policy: complete('policy', defs, {
      'policy.policy/roaming': { abroad: known('knownFactor'), country: known('knownFactor') },
    }),
    tag: complete('tag', {}, {}),
  }
}

const readable = (fields: (typeof eventFields)[keyof typeof eventFields]): readonly string[] =>
  Object.keys(fields).filter((name) => readAs(fields[name]?.type ?? 'map') !== undefined)

const fieldNames = [...new Set(Object.values(eventFields).flatMap(readable)), ...virtualFields.keys()]
const ofEveryEvent = new Set(['event_id', 'subscriber_id', 'event_time', 'source'])
const profileFields = readable(eventFields.profile).filter((name) => !ofEveryEvent.has(name))

/** What an editor completes, with a word for each. An enumeration may not be empty. */
function knownNames(description: string, items: readonly { readonly id: string; readonly title: Text }[]): JsonSchema {
  const titles = new Map(items.map(({ id, title }) => [id, title.en]))
  if (titles.size === 0) return { description, type: 'string' }
  return { description, enum: [...titles.keys()], enumDescriptions: [...titles.values()] }
}

/** Words added to properties: by the name of a definition (and of a property in it that is a mapping), then by property. */
type Additions = Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>

/** A schema with everything that it refers to inside, and with the additions. */
function complete(name: string, defs: Readonly<Record<string, JsonSchema>>, additions: Additions): JsonSchema {
  const bundled: Record<string, unknown> = { ...defs }
  const embed = (source: string, definition: string): string => {
    const key = `${source}.${definition}`
    if (bundled[key] === undefined) {
      bundled[key] = {}
      const { $defs } = sources[source] ?? {}
      bundled[key] = embedded(($defs as JsonSchema | undefined)?.[definition], source, embed)
    }
    return key
  }
  const { $id: _id, $defs: _defs, ...top } = sources[name] ?? {}
  const root = embedded(top, name, embed) as JsonSchema
  for (const [place, words] of Object.entries(additions)) add(bundled, place, words)
  return { ...root, $defs: bundled }
}

/** The same schema, its references pointing into the bundle. */
function embedded(schema: unknown, source: string, embed: (source: string, definition: string) => string): unknown {
  if (Array.isArray(schema)) return schema.map((part) => embedded(part, source, embed))
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]: [string, unknown]) => {
      if (key !== '$ref' || typeof value !== 'string') return [key, embedded(value, source, embed)]
      const [, file = source, definition = ''] = /^(?:(\w+)\.schema\.json)?#\/\$defs\/(\w+)$/.exec(value) ?? []
      return [key, `#/$defs/${embed(file, definition)}`]
    }),
  )
}

/** Puts words beside what a property's schema says already; `''` stands for the definition itself. */
function add(bundled: Record<string, unknown>, place: string, words: Readonly<Record<string, JsonSchema>>): void {
  const [definition = '', inner] = place.split('/')
  const whole = bundled[definition] as Record<string, unknown> | undefined
  const schema = inner === undefined ? whole : mappingOf(propertiesOf(whole)[inner])
  for (const [property, said] of Object.entries(words)) {
    if (property === '') Object.assign(whole ?? {}, said)
    else {
      const properties = propertiesOf(schema)
      properties[property] = { ...(properties[property] as object), ...said }
    }
  }
}

const propertiesOf = (schema: unknown): Record<string, unknown> =>
  (schema as { properties?: Record<string, unknown> } | undefined)?.properties ?? {}

/** The part of a schema that speaks of mappings, where a plain word is allowed in its place. */
const mappingOf = (schema: unknown): unknown => (schema as { else?: unknown } | undefined)?.else ?? schema
