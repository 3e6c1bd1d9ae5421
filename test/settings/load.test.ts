import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { graceOf } from '../../services/settings/grace.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { settingsSchema } from '../../services/settings/schema.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

type Environment = Readonly<Record<string, string>>

/** The settings of a file and an environment, or the fault in its own words, without the folder. */
async function load(yaml: string | undefined, environment: Environment = {}) {
  const folder = temporaryFolder()
  const file = join(folder, 'keymoment.yaml')
  if (yaml !== undefined) await writeFile(file, yaml)
  return loadSettings(yaml === undefined ? undefined : file, environment).catch((error: unknown) =>
    String(error).replaceAll(`${folder}/`, ''),
  )
}

describe('settings that are wrong are refused with a code and, where there is one, the nearest known name', () => {
  const bomb = `a: &a [x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c]\n`
  const f = 'keymoment.yaml  '
  const table: readonly (readonly [yaml: string | undefined, environment: Environment, said: string | RegExp])[] = [
    ['htpp: {}', {}, `${f}KM_SETTINGS_UNKNOWN  no setting 'htpp'`],
    ['http: { prot: 1 }', {}, `${f}KM_SETTINGS_UNKNOWN  no setting 'http.prot'; did you mean 'http.port'?`],
    [
      'events: { grace_ms: { cdrs: 1 } }',
      {},
      /no setting 'events\.grace_ms\.cdrs'; did you mean 'events\.grace_ms\.cdr'\?/,
    ],
    [
      undefined,
      { KEYMOMENT_HTTP_PROT: '1' },
      /KM_SETTINGS_UNKNOWN {2}no environment variable 'KEYMOMENT_HTTP_PROT'; did you mean 'KEYMOMENT_HTTP_PORT'\?/,
    ],
    ['http: { port: 65536 }', {}, `${f}KM_SETTINGS_INVALID  http.port must be <= 65535`],
    ['http: { port: eighty }', {}, `${f}KM_SETTINGS_INVALID  http.port must be integer`],
    [undefined, { KEYMOMENT_HTTP_PORT: '' }, 'KM_SETTINGS_INVALID  http.port must be integer'],
    [undefined, { KEYMOMENT_SHARDS: '0' }, 'KM_SETTINGS_INVALID  shards must be >= 1'],
    [undefined, { KEYMOMENT_SAMPLE_SUBSCRIBERS: '-1' }, /sample\.subscribers must be >= 0/],
    [undefined, { KEYMOMENT_CLOCK_FACTOR: '0.5' }, /clock\.factor must be >= 1/],
    [undefined, { KEYMOMENT_LOG_LEVEL: 'loud' }, /KM_SETTINGS_INVALID {2}log_level/],
    [undefined, { KEYMOMENT_SMS_CHANNEL: 'pigeon' }, /KM_SETTINGS_INVALID {2}sms\.channel/],
    ['kafka: { brokers: localhost:9092 }', {}, `${f}KM_SETTINGS_INVALID  kafka.brokers must be array`],
    [
      undefined,
      { KEYMOMENT_KAFKA_BROKERS: 'localhost' },
      /KM_SETTINGS_INVALID {2}kafka\.brokers\.0 must match pattern/,
    ],
    [
      undefined,
      { KEYMOMENT_REDIS_URL: 'localhost:6379' },
      'KM_SETTINGS_INVALID  redis.url is no URL of the form redis://host:port',
    ],
    [
      undefined,
      { KEYMOMENT_REDIS_URL: 'redis://a:1,b:2' },
      'KM_SETTINGS_INVALID  redis.url is no URL of the form redis://host:port',
    ],
    // On a Cluster the keys of a shard must be of one slot, which the first pair of braces names.
    [undefined, { KEYMOMENT_REDIS_PREFIX: '{}' }, /KM_SETTINGS_INVALID {2}redis\.prefix must match pattern/],
    [undefined, { KEYMOMENT_SCHEMA_REGISTRY_URL: 'registry' }, /schema_registry\.url is no URL/],
    ['secret: hands-on', {}, `${f}KM_SETTINGS_INVALID  secret must have 16 characters or more`],
    ['http: []', {}, `${f}KM_SETTINGS_INVALID  http must be object`],
    ['- http', {}, `${f}KM_SETTINGS_INVALID  the settings file holds no mapping`],
    ['http: { port: 1', {}, /^keymoment\.yaml:\d+:\d+ {2}KM_SETTINGS_UNREADABLE/],
    ['a: 1\na: 2', {}, /^keymoment\.yaml:2:1 {2}KM_SETTINGS_UNREADABLE/],
    [bomb, {}, /^keymoment\.yaml {2}KM_SETTINGS_UNREADABLE {2}cannot read the settings file: Excessive alias count/],
    ['http: *nothing', {}, /^keymoment\.yaml\S* {2}KM_SETTINGS_UNREADABLE/],
  ]
  for (const [yaml, environment, said] of table) {
    test(yaml?.split('\n')[0] ?? JSON.stringify(environment), async () => {
      const found = await load(yaml, environment)
      if (typeof said === 'string') expect(found).toBe(said)
      else expect(found).toMatch(said)
    })
  }

  test('a password in a URL is not repeated', async () => {
    const said = await load(undefined, { KEYMOMENT_SMPP_URL: 'smp://keymoment:pa55word@host:2775' })
    expect(said).toBe('KM_SETTINGS_INVALID  smpp.url is no URL of the form smpp://user:password@host:port')
  })

  test('a file that is not there', async () => {
    const error = await loadSettings(join(temporaryFolder(), 'none.yaml'), {}).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'KM_SETTINGS_UNREADABLE' })
  })
})

describe('settings that are right', () => {
  test('are the defaults where nothing is said, or only a name', async () => {
    const defaults = await loadSettings(undefined, {})
    expect(await load('')).toEqual(defaults)
    expect(await load('http:\nkafka: { brokers: }\nclock: { start: }\n')).toEqual(defaults)
    expect(defaults).toMatchObject({
      data_dir: './data',
      http: { host: '127.0.0.1', port: 8080 },
      sms: { channel: 'sandbox' },
    })
  })

  test('come from the file, and the environment wins', async () => {
    const yaml = 'http: { port: 1, host: 0.0.0.0 }\nevents: { grace_ms: { cdr: 5 } }\n'
    const environment = {
      KEYMOMENT_HTTP_PORT: '2',
      KEYMOMENT_KAFKA_BROKERS: 'a:1,b:2',
      KEYMOMENT_TEST_ANYTHING: 'x',
      HOME: '/',
    }
    expect(await load(yaml, environment)).toMatchObject({
      http: { port: 2, host: '0.0.0.0' },
      kafka: { brokers: ['a:1', 'b:2'] },
      events: { grace_ms: { cdr: 5 } },
    })
  })

  test('the level of what is logged and the log of events have variables of their own', async () => {
    const environment = { KEYMOMENT_LOG_LEVEL: 'warn', KEYMOMENT_LOG_RETENTION_MS: '-1' }
    expect(await load(undefined, environment)).toMatchObject({ log_level: 'warn', log: { retention_ms: -1 } })
  })

  test('each event type has a grace of its own, also by the environment', async () => {
    const settings = await loadSettings(undefined, { KEYMOMENT_EVENTS_GRACE_MS_APP_USAGE: '3600000' })
    expect([graceOf(settings, 'app-usage'), graceOf(settings, 'cdr')]).toEqual([3_600_000, 600_000])
  })

  test('every variable of the contract is known', async () => {
    const settings = await loadSettings(undefined, {
      KEYMOMENT_KAFKA_BROKERS: 'k:9092',
      KEYMOMENT_REDIS_URL: 'redis://r:6379,redis://s:6379',
      KEYMOMENT_SCHEMA_REGISTRY_URL: 'http://g:8081',
      KEYMOMENT_SMPP_URL: 'smpp://user:password@smsc:2775',
      KEYMOMENT_DATA_DIR: '/data',
      KEYMOMENT_HTTP_PORT: '0',
    })
    expect(settings.smpp.url).toBe('smpp://user:password@smsc:2775')
  })
})

describe('a secret in a file', () => {
  /** The settings of YAML and environment in which `FILE` stands for a file with such content, or their fault. */
  async function loadWith(content: string | Uint8Array, yaml: string | undefined, environment: Environment = {}) {
    const file = join(temporaryFolder(), 'held')
    await writeFile(file, content)
    const filled = Object.entries(environment).map(([name, value]) => [name, value.replace('FILE', file)])
    const found = await load(yaml?.replace('FILE', file), Object.fromEntries(filled))
    return typeof found === 'string' ? found.replace(file, 'FILE') : found
  }

  const url = 'smpp://user:pa55word@host:2775'
  test.each([
    ['by a setting', 'smpp: { url_file: FILE }', {}],
    ['by a variable', undefined, { KEYMOMENT_SMPP_URL_FILE: 'FILE' }],
    ['by a variable, which wins', 'smpp: { url: "smpp://another:one@host" }', { KEYMOMENT_SMPP_URL_FILE: 'FILE' }],
  ])('is read %s, without the line break at its end', async (_, yaml, environment) => {
    for (const content of [url, `${url}\n`, `${url}\r\n`]) {
      const settings = await loadWith(content, yaml, environment)
      expect(settings).toMatchObject({ smpp: { url } })
      expect(settings).not.toHaveProperty('smpp.url_file')
    }
  })

  test('gives way to the secret itself in the environment', async () => {
    const environment = { KEYMOMENT_SECRET: 'of the environment' }
    expect(await loadWith('of the file', 'secret_file: FILE', environment)).toMatchObject({
      secret: 'of the environment',
    })
  })

  test('holds all that belongs to it', async () => {
    expect(await loadWith(' blanks, and\na line \n\n', 'secret_file: FILE')).toMatchObject({
      secret: ' blanks, and\na line \n',
    })
  })

  const f = 'keymoment.yaml  KM_SETTINGS_INVALID  '
  const named = 'webhook: { secret_file: FILE }'
  test.each<[string, string | Uint8Array, string, Environment, string]>([
    ['empty', '', named, {}, `${f}webhook.secret_file names 'FILE', which is empty`],
    ['a line break', '\n', named, {}, `${f}webhook.secret_file names 'FILE', which is empty`],
    ['no text', Buffer.from([0xff, 0xfe]), named, {}, `${f}webhook.secret_file names 'FILE', which is no text`],
    ['zeroes', '\0\0', named, {}, `${f}webhook.secret_file names 'FILE', which is no text`],
    [
      'too long',
      'x'.repeat(65_537),
      named,
      {},
      `${f}webhook.secret_file names 'FILE', which has more than 65536 bytes`,
    ],
    [
      'beside it',
      'x',
      'webhook: { secret: a, secret_file: FILE }',
      {},
      `${f}webhook.secret and webhook.secret_file are both set: set one of them`,
    ],
    ['no path', 'x', 'webhook: { secret_file: 7 }', {}, `${f}webhook.secret_file must be the path of a file`],
    [
      'a folder',
      'x',
      'webhook: { secret_file: / }',
      {},
      `${f}webhook.secret_file names '/', which cannot be read: EISDIR`,
    ],
    [
      'of what is no secret',
      'x',
      'http: { port_file: FILE }',
      {},
      "keymoment.yaml  KM_SETTINGS_UNKNOWN  no setting 'http.port_file'",
    ],
    [
      'missing',
      'x',
      '',
      { KEYMOMENT_WEBHOOK_SECRET_FILE: '/none' },
      "KM_SETTINGS_INVALID  KEYMOMENT_WEBHOOK_SECRET_FILE names '/none', which cannot be read: ENOENT",
    ],
    [
      'beside it in the environment',
      'x',
      '',
      { KEYMOMENT_WEBHOOK_SECRET_FILE: 'FILE', KEYMOMENT_WEBHOOK_SECRET: 'y' },
      'KM_SETTINGS_INVALID  KEYMOMENT_WEBHOOK_SECRET and KEYMOMENT_WEBHOOK_SECRET_FILE are both set: set one of them',
    ],
    [
      'no URL',
      'pa55word',
      'smpp: { url_file: FILE }',
      {},
      `${f}smpp.url is no URL of the form smpp://user:password@host:port`,
    ],
  ])('%s is refused, and what it holds is not repeated', async (_, content, yaml, environment, said) => {
    expect(await loadWith(content, yaml, environment)).toMatch(said)
  })

  test('is possible for each setting whose name says that it is one', () => {
    const unmarked: string[] = []
    function look(node: { readonly properties?: object; readonly writeOnly?: boolean }, name: string): void {
      if (/secret|password|passphrase|private_key/.test(name) && !node.writeOnly) unmarked.push(name)
      for (const [key, child] of Object.entries(node.properties ?? {})) look(child, `${name}.${key}`)
    }
    look(settingsSchema, '')
    expect(unmarked).toEqual([])
  })
})
