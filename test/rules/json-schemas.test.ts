import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { shippedFiles } from './catalogue-files.ts'

const names = ['factor', 'rule', 'offer', 'campaign', 'policy', 'segment', 'tag', 'calendar'] as const
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8'))

const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTuples: false, strictTypes: false })
for (const name of [...names, 'timeline']) ajv.addSchema(read(name), name)

test.each(names)('%s.schema.json is a schema of draft 2020-12', (name) => {
  expect(ajv.validateSchema(read(name)), JSON.stringify(ajv.errors)).toBe(true)
})

test.each(names)('%s.schema.json has words for every key, which editors show', (name) => {
  const bare: string[] = []
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    for (const [key, value] of Object.entries(schema)) walk(value, `${path}/${key}`)
    const { properties } = schema as { properties?: Record<string, object> }
    for (const [key, property] of Object.entries(properties ?? {})) {
      if (typeof property === 'object' && !('description' in property) && !('$ref' in property))
        bare.push(`${path}/${key}`)
    }
  }
  const { $defs } = read(name)
  const main = $defs[name].properties
  walk({ properties: main }, name)
  // Below the first level the parent's words say it.
  expect(bare.filter((path) => path.split('/').length === 2)).toEqual([])
})

test.each(['factor', 'rule', 'segment', 'tag'] as const)(
  'every key of %s.schema.json is told with an example',
  (name) => {
    const bare: string[] = []
    const walk = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return
      for (const [key, value] of Object.entries(schema)) walk(value, `${path}/${key}`)
      const { properties } = schema as { properties?: Record<string, unknown> }
      for (const [key, property] of Object.entries(properties ?? {})) {
        const { description, $ref } = (typeof property === 'object' ? property : {}) as Record<
          string,
          string | undefined
        >
        const [, file = name, definition = ''] = /^(?:(\w+)\.schema\.json)?#\/\$defs\/(\w+)$/.exec($ref ?? '') ?? []
        const said = description ?? ($ref && read(file).$defs[definition].description)
        // In an `if` a key is only looked for; languages speak for themselves.
        if (!path.endsWith('/if') && !['en', 'zh'].includes(key) && !/e\.g\.|true\./.test(said ?? ''))
          bare.push(`${path}/${key}`)
      }
    }
    walk(read(name).$defs, name)
    expect(bare).toEqual([])
  },
)

test('the schemas take the shipped files as an editor holds them: document by document', () => {
  for (const { path, text } of shippedFiles()) {
    const [folder = ''] = path.split(/[/.]/)
    const name = folder === 'examples' ? 'timeline' : names.find((candidate) => folder.startsWith(candidate))
    if (!name) throw new Error(`no schema for ${path}`)
    const documents = parseAllDocuments(String(text))
    for (const document of Array.isArray(documents) ? documents : []) {
      expect(ajv.validate(name, document.toJS()), `${path} ${JSON.stringify(ajv.errors)}`).toBe(true)
    }
  }
})
