import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { editorSchemas, type JsonSchema } from '../../services/rules/editor-schema.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { shippedFiles } from './catalogue-files.ts'

const { catalogue } = loadCatalogue(shippedFiles())
if (!catalogue) throw new Error('the shipped catalogue has problems')
const schemas = editorSchemas(catalogue)

const ajv = new Ajv2020({ strict: true, strictTuples: false, strictTypes: false, allErrors: true })
// What editors know beside the standard.
ajv.addVocabulary(['enumDescriptions'])

/** What stands at a path of keys. */
const at = (schema: unknown, ...path: string[]): unknown =>
  path.reduce((part, key) => (part as JsonSchema | undefined)?.[key], schema)

/** The names that an editor completes there. */
function completedAt(schema: JsonSchema, ...path: string[]): readonly string[] {
  const place = at(schema, ...path) as JsonSchema
  const [known] = (place.anyOf ?? []) as JsonSchema[]
  return (at(schema, '$defs', String(known?.$ref).replace('#/$defs/', ''), 'enum') ?? place.examples) as string[]
}

const property = (definition: string, ...keys: string[]) => ['$defs', definition, 'properties', ...keys]

test.each(['factor', 'rule', 'segment'] as const)(
  'the schema of a %s is whole in itself and takes the shipped files',
  (kind) => {
    const validate = ajv.compile(schemas[kind])
    expect(JSON.stringify(schemas[kind])).not.toContain('.schema.json')
    for (const { path, text } of shippedFiles().filter((file) => file.path.startsWith(`${kind}s/`))) {
      const documents = parseAllDocuments(String(text))
      for (const document of Array.isArray(documents) ? documents : [])
        expect(validate(document.toJS()), `${path} ${JSON.stringify(validate.errors)}`).toBe(true)
    }
  },
)

test('names of the catalogue are completed, with their titles', () => {
  const factors = catalogue.ruleset.factors.filter(({ hidden }) => !hidden).map(({ id }) => id)
  expect(completedAt(schemas.rule, ...property('rule.rule', 'evidence', 'items'))).toEqual(factors)
  expect(completedAt(schemas.rule, ...property('rule.rule', 'when'))).toEqual(
    expect.arrayContaining([...factors, 'now.hour']),
  )
  expect(completedAt(schemas.rule, ...property('rule.rule', 'offers', 'items'))).toEqual(
    catalogue.offers.map(({ id }) => id),
  )
  expect(completedAt(schemas.factor, ...property('factor.factor', 'ratio', 'properties', 'of'))).toEqual(factors)
  expect(completedAt(schemas.factor, ...property('factor.factor', 'profile'))).toContain('plan_data_mb')
  expect(completedAt(schemas.factor, ...property('factor.factor', 'where'))).toEqual(
    expect.arrayContaining(['balance_after', 'local_hour']),
  )
  expect(at(schemas.rule, '$defs', 'knownRule', 'enum')).toEqual(catalogue.ruleset.rules.map(({ id }) => id))
  const offers = at(schemas.rule, '$defs', 'knownOffer') as { enumDescriptions: string[] }
  expect(offers.enumDescriptions).toEqual(catalogue.offers.map(({ title }) => title.en))
})

test('a name that is newer than the schema is no fault in the editor; a wrong key is', () => {
  const validate = ajv.compile(schemas.rule)
  const rule = {
    id: 'r',
    moment: 'change',
    title: { en: 'R' },
    on: 'cdr',
    when: 'x > 1',
    purpose: 'care',
    evidence: ['brand_new'],
  }
  expect(validate(rule)).toBe(true)
  expect(validate({ ...rule, wen: 'x > 1' })).toBe(false)
})

test('a catalogue without offers, tags and calendars has schemas too', () => {
  const { factor, rule, segment } = editorSchemas({ ...catalogue, offers: [], tags: [], calendars: [] })
  for (const schema of [factor, rule, segment]) expect(() => ajv.compile(schema)).not.toThrow()
})
