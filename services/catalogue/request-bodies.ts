import { Ajv } from 'ajv'
import { type Static, type TSchema, Type } from 'typebox'
import { CodedError } from '../domain/errors.ts'

const strict = { additionalProperties: false }

const file = Type.Object(
  {
    path: Type.String({ minLength: 1, maxLength: 400, description: "below the catalogue's folder" }),
    text: Type.String(),
    layer: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, description: 'above 0: of the catalogue it extends' }),
    ),
  },
  strict,
)
export const files = Type.Array(file, { minItems: 1, maxItems: 10_000, description: 'the whole catalogue' })
const author = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S', description: 'who answers for it' })
const reason = Type.String({
  minLength: 1,
  maxLength: 2_000,
  pattern: '\\S',
  description: 'why, for those who read it later',
})
const activates = Type.Optional(
  Type.Integer({ minimum: 0, description: 'milliseconds since 1970; default: as soon as every process knows it' }),
)
const waits = Type.Optional(
  Type.Integer({ minimum: 0, maximum: 60_000, description: 'how long to wait for every process; milliseconds, 15000' }),
)

export const checkBody = Type.Object({ files, activates_at: activates }, strict)

export const publishBody = Type.Object(
  {
    files,
    author,
    reason,
    source: Type.Optional(Type.Union([Type.Literal('http'), Type.Literal('cli')], { default: 'http' })),
    expected: Type.Integer({ minimum: 0, description: 'number of the last version that the author knows; 0: none' }),
    activates_at: activates,
    wait_ms: waits,
    confirm: Type.Literal(true, { description: 'the author has seen the impact (POST /v1/catalogue/check)' }),
  },
  strict,
)

const to = Type.Optional(
  Type.Integer({
    minimum: 1,
    description:
      'number of a version; default: what was in force before the last one, or before what a rollback restored',
  }),
)

export const rollbackCheckBody = Type.Object({ to }, strict)

export const rollbackBody = Type.Object(
  {
    to,
    author,
    reason,
    expected: Type.Optional(
      Type.Integer({ minimum: 0, description: 'number of the last version that the author knows' }),
    ),
    wait_ms: waits,
  },
  strict,
)

const ajv = new Ajv({ useDefaults: true, allErrors: true })

/** A check of request bodies against a schema. @throws CodedError KM_HTTP_BODY */
export function bodyReader<Schema extends TSchema>(schema: Schema): (body: unknown) => Static<Schema> {
  const check = ajv.compile<Static<Schema>>(schema)
  return (body) => {
    if (check(body)) return body
    const faults = (check.errors ?? []).map(({ instancePath, message, params }) => {
      const name = 'additionalProperty' in params ? ` '${String(params.additionalProperty)}'` : ''
      return `${instancePath === '' ? 'the body' : instancePath.slice(1).replaceAll('/', '.')} ${message}${name}`
    })
    throw new CodedError('KM_HTTP_BODY', faults.join('; '))
  }
}
