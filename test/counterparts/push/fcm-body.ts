import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'

/** Google's own description of the API, as google-api-python-client 2.190.0 (PyPI, Apache-2.0) ships it. */
const document: Discovery = JSON.parse(readFileSync(join(import.meta.dirname, 'fcm.v1.json'), 'utf8'))

interface Discovery {
  readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const ajv = new Ajv({ allErrors: true, strict: false })
ajv.addFormat('google-duration', /^-?[0-9]+(\.[0-9]{1,9})?s$/)
for (const format of ['int32', 'float', 'google-datetime', 'google-fieldmask', 'uint32', 'int64', 'double', 'byte'])
  ajv.addFormat(format, true)
for (const [name, schema] of Object.entries(document.schemas)) ajv.addSchema(strict(schema), name)
const check = ajv.getSchema('SendMessageRequest')

/** What the API's description says against a request's body; none: it is one. */
export function flawsOf(body: unknown): readonly string[] {
  if (!check) throw new Error('the discovery document has no SendMessageRequest')
  if (check(body)) return []
  return (check.errors ?? []).map(
    ({ instancePath, message, params }: ErrorObject) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  )
}

/** As JSON Schema: its objects have the properties that it names and no others, as Google's server has it. */
function strict(value: unknown): object {
  const walk = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(walk)
    if (typeof one !== 'object' || one === null) return one
    const { id: _, ...rest } = one as Record<string, unknown>
    // 'any' is Google's word for no restriction, unless it is the name of a property.
    const named = Object.entries(rest).filter(([name, inner]) => name !== 'type' || inner !== 'any')
    const walked = Object.fromEntries(named.map(([name, inner]) => [name, walk(inner)]))
    return 'properties' in walked && !('additionalProperties' in walked)
      ? { ...walked, additionalProperties: false }
      : walked
  }
  return walk(value) as object
}
