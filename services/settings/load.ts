import { readFile } from 'node:fs/promises'
import { Ajv, type ErrorObject } from 'ajv'
import { type Document, parseDocument } from 'yaml'
import { CodedError } from '../domain/errors.ts'
import { didYouMean } from '../domain/nearest-name.ts'
import { type Settings, settingsSchema } from './schema.ts'
import { fileSuffix, readSecret } from './secret-files.ts'

interface SchemaNode {
  readonly type?: string
  /** A secret. */
  readonly writeOnly?: boolean
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

const prefix = 'KEYMOMENT_'
/** Variables of the project's own scripts, which are no settings. */
const otherPrefixes = ['KEYMOMENT_TEST_', 'KEYMOMENT_LOCAL_']
/** Where the command line looks for a running engine: of its `--url`, no setting of an engine's own. */
const clientUrl = 'KEYMOMENT_URL'

/**
 * Settings from a YAML file (optional) and the environment, which wins: `kafka.brokers` is `KEYMOMENT_KAFKA_BROKERS`,
 * lists are separated by commas. Missing ones have their defaults. A secret may stand in a file that is named in its place:
 * `smpp.url_file`, or `KEYMOMENT_SMPP_URL_FILE`.
 * @throws CodedError KM_SETTINGS_UNREADABLE, KM_SETTINGS_UNKNOWN (with the nearest known name), KM_SETTINGS_INVALID
 */
export async function loadSettings(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Settings> {
  const settings = file === undefined ? {} : await readSettingsFile(file)
  await readNamedFiles(settings, file)
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.startsWith(prefix) || name === clientUrl) continue
    if (otherPrefixes.some((other) => name.startsWith(other))) continue
    const path = pathsByVariable.get(name)
    if (!path) throw unknownName(name, [...pathsByVariable.keys()], 'environment variable')
    const { keys, isList, secret } = path
    if (!secret) assign(settings, keys, isList ? value.split(',').filter((part) => part !== '') : value)
    else if (environment[variableOf(secret)] === undefined) assign(settings, secret, await readSecret(name, value))
    else throw givenTwice(variableOf(secret), name)
  }
  return validate(settings, file)
}

/** Where the settings name files that hold secrets, puts the secrets. @throws CodedError KM_SETTINGS_INVALID */
async function readNamedFiles(settings: Record<string, unknown>, file: string | undefined): Promise<void> {
  const location = file === undefined ? {} : { location: { file } }
  for (const { keys, secret } of pathsByVariable.values()) {
    const holder = nodeAt(settings, keys.slice(0, -1))
    const [key = '', secretKey = ''] = [keys.at(-1), secret?.at(-1)]
    if (!secret || holder?.[key] === undefined) continue
    if (holder[secretKey] !== undefined) throw givenTwice(secret.join('.'), keys.join('.'), location)
    holder[secretKey] = await readSecret(keys.join('.'), holder[key], location)
    delete holder[key]
  }
}

const givenTwice = (name: string, fileName: string, location = {}) =>
  new CodedError('KM_SETTINGS_INVALID', `${name} and ${fileName} are both set: set one of them`, location)

async function readSettingsFile(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CodedError('KM_SETTINGS_UNREADABLE', `cannot read the settings file: ${String(cause)}`, {
      cause,
      location: { file },
    })
  })
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) {
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 }
    throw new CodedError('KM_SETTINGS_UNREADABLE', error.message.split('\n')[0] ?? error.message, {
      location: { file, line, column: col },
    })
  }
  const value = plainValue(document, file)
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new CodedError('KM_SETTINGS_INVALID', 'the settings file holds no mapping', { location: { file } })
  }
  return value as Record<string, unknown>
}

/** A key without a value is a setting that isn't set: its default holds. */
function plainValue(document: Document, file: string): object {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 20, reviver: (_key, held) => held ?? undefined })
    return (value ?? {}) as object
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('KM_SETTINGS_UNREADABLE', `cannot read the settings file: ${reason}`, {
      cause,
      location: { file },
    })
  }
}

interface SettingPath {
  readonly keys: readonly string[]
  readonly isList: boolean
  /** It names a file that holds the secret with these keys. */
  readonly secret?: readonly string[]
}

const pathsByVariable = new Map(leaves(settingsSchema as SchemaNode, []))

function* leaves(node: SchemaNode, above: readonly string[]): Generator<[string, SettingPath]> {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const keys = [...above, key]
    if (child.properties) {
      yield* leaves(child, keys)
      continue
    }
    yield [variableOf(keys), { keys, isList: child.type === 'array' }]
    const named = [...above, key + fileSuffix]
    if (child.writeOnly) yield [variableOf(named), { keys: named, isList: false, secret: keys }]
  }
}

function variableOf(keys: readonly string[]): string {
  return prefix + keys.join('_').replaceAll('-', '_').toUpperCase()
}

function nodeAt(settings: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> | undefined {
  let node: unknown = settings
  for (const key of keys) node = isMapping(node) ? node[key] : undefined
  return isMapping(node) ? node : undefined
}

function assign(target: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  let node = target
  for (const key of keys.slice(0, -1)) {
    const child = node[key]
    const next = isMapping(child) ? child : {}
    node[key] = next
    node = next
  }
  node[keys.at(-1) as string] = value
}

const isMapping = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const check = new Ajv({ useDefaults: true, coerceTypes: true, allErrors: true }).compile<Settings>(settingsSchema)

function validate(settings: unknown, file: string | undefined): Settings {
  if (check(settings)) return checkSecret(checkUrls(settings, file), file)
  const error = (check.errors ?? []).find(({ keyword }) => keyword === 'additionalProperties') ?? check.errors?.[0]
  throw toCoded(error, file)
}

/** What is wrong with a URL is said without repeating it: it may hold a password. */
function checkUrls(settings: Settings, file: string | undefined): Settings {
  const { redis, schema_registry, smpp, ivr, push, links, webhook } = settings
  const urls = [
    ...redis.url.split(',').map((url) => ['redis.url', url, /^rediss?:\/\//, 'redis://host:port'] as const),
    ['schema_registry.url', schema_registry.url, /^https?:\/\//, 'http://host:port'] as const,
    ['smpp.url', smpp.url, /^s?smpp:\/\//, 'smpp://user:password@host:port'] as const,
    ['ivr.url', ivr.url, /^esl:\/\//, 'esl://:password@host:port'] as const,
    ['push.fcm.url', push.fcm.url, /^https?:\/\//, 'https://host'] as const,
    ['push.apns.url', push.apns.url, /^https:\/\//, 'https://host'] as const,
    ['links.url', links.url, /^https?:\/\//, 'https://host'] as const,
    ['webhook.url', webhook.url, /^https?:\/\//, 'https://host/path'] as const,
  ]
  for (const [name, url, scheme, example] of urls) {
    if (url === '' || (scheme.test(url.trim()) && URL.canParse(url.trim()))) continue
    throw new CodedError('KM_SETTINGS_INVALID', `${name} is no URL of the form ${example}`, {
      ...(file === undefined ? {} : { location: { file } }),
    })
  }
  return settings
}

function checkSecret(settings: Settings, file: string | undefined): Settings {
  const { length } = settings.secret
  if (length === 0 || length >= 16) return settings
  throw new CodedError('KM_SETTINGS_INVALID', 'secret must have 16 characters or more', {
    ...(file === undefined ? {} : { location: { file } }),
  })
}

function toCoded(error: ErrorObject | undefined, file: string | undefined): CodedError {
  const place = (error?.instancePath ?? '').slice(1).replaceAll('/', '.')
  if (error?.keyword === 'additionalProperties') {
    const name = [place, String(error.params.additionalProperty)].filter((part) => part !== '').join('.')
    const known = [...pathsByVariable.values()].map(({ keys }) => keys.join('.'))
    return unknownName(name, known, 'setting', file)
  }
  return new CodedError('KM_SETTINGS_INVALID', `${place || 'settings'} ${error?.message ?? 'invalid'}`, {
    ...(file === undefined ? {} : { location: { file } }),
  })
}

function unknownName(name: string, known: readonly string[], what: string, file?: string): CodedError {
  return new CodedError('KM_SETTINGS_UNKNOWN', `no ${what} '${name}'${didYouMean(name, known)}`, {
    ...(file === undefined ? {} : { location: { file } }),
  })
}
