import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Child, startChild } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const root = join(import.meta.dirname, '..', '..')
const bin = join(root, 'bin', 'keymoment.js')
const shipped = join(root, 'deploy', 'catalogue')

/** A Node older than the project's, where the machine has one: the bin must find the project's own. */
const machineNode = (process.env.PATH ?? '')
  .split(':')
  .map((folder) => join(folder, 'node'))
  .find((path) => !path.includes('node_modules') && existsSync(path))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function ended(child: Child): Promise<Ended> {
  const { code } = await child.exited
  const stdout = child.stdout()
  return { code, stdout, stderr: child.output().replace(stdout, '') }
}

async function keymoment(args: readonly string[], { node = process.execPath, env = {} } = {}): Promise<Ended> {
  const child = await startChild(node, [bin, ...args], { cwd: root, env })
  onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
  return ended(child)
}

const runtimes = [
  ["the project's Node", process.execPath],
  ...(machineNode ? [["the machine's Node", machineNode] as const] : []),
] as const

describe.each(runtimes)('%s', (_name, node) => {
  const table: readonly (readonly [args: string, code: number, stdout: RegExp, stderr: RegExp])[] = [
    ['--help', 0, /Usage: keymoment/, /^$/],
    ['topology', 0, /km\.moments/, /^$/],
    [`catalogue check ${shipped}`, 0, /^$/, /is valid/],
    ['nonsense', 2, /^$/, /unknown command 'nonsense'/],
    ['catalogue check /nowhere/at/all', 2, /^$/, /^\/nowhere\/at\/all {2}KM_CATALOGUE_FOLDER/],
  ]
  test.each(table)('keymoment %s exits with %i', { timeout: 30_000 }, async (args, code, stdout, stderr) => {
    const found = await keymoment(args.split(' '), { node })
    expect(found.stderr).toMatch(stderr)
    expect(found.stdout).toMatch(stdout)
    expect(found.code).toBe(code)
  })
})

describe('help and misuse of each verb', () => {
  const verbs = [
    'start',
    'ingest',
    'simulate',
    'backtest',
    'catalogue',
    'catalogue check',
    'catalogue diff',
    'catalogue publish',
    'catalogue versions',
    'catalogue rollback',
    'shards split',
    'topology',
  ]
  test.each(verbs)('keymoment %s --help exits with 0 and says how it is used', { timeout: 30_000 }, async (verb) => {
    const { code, stdout, stderr } = await keymoment([...verb.split(' '), '--help'])
    expect(stdout).toContain(`Usage: keymoment ${verb}`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  const misuse: readonly (readonly [args: string, said: RegExp])[] = [
    ['', /Usage: keymoment/],
    ['start nothing', /'nothing' is invalid for argument 'service'/],
    ['start --config /nowhere.yaml', /^\/nowhere\.yaml {2}KM_SETTINGS_UNREADABLE/],
    ['start --colour', /unknown option '--colour'/],
    ['ingest', /missing required argument 'file'/],
    ['ingest /nowhere.jsonl', /^\/nowhere\.jsonl {2}KM_EVENTS_FILE/],
    ['ingest --url nonsense -', /^KM_USAGE {2}'nonsense' is not the URL/],
    ['simulate', /required option '--catalogue <dir>'/],
    [`simulate --catalogue ${shipped} --events /nowhere.jsonl`, /^\/nowhere\.jsonl {2}KM_EVENTS_FILE/],
    [`simulate --catalogue ${shipped} --events - --until tomorrow`, /ISO-8601/],
    ['catalogue check', /missing required argument 'dir'/],
    ['topology left', /too many arguments/],
  ]
  test.each(misuse)('keymoment %s exits with 2', { timeout: 30_000 }, async (args, said) => {
    const { code, stdout, stderr } = await keymoment(args.split(' ').filter((part) => part !== ''))
    expect(stderr).toMatch(said)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr, 'no stack').not.toMatch(/^ +at /m)
  })

  test('a wrong setting in the environment exits with 2', { timeout: 30_000 }, async () => {
    const { code, stderr } = await keymoment(['start'], { env: { KEYMOMENT_HTTP_PROT: '1' } })
    expect(stderr).toBe(
      "KM_SETTINGS_UNKNOWN  no environment variable 'KEYMOMENT_HTTP_PROT'; did you mean 'KEYMOMENT_HTTP_PORT'?\n",
    )
    expect(code).toBe(2)
  })
})

test('output that nobody reads to its end is no failure', { timeout: 30_000 }, async () => {
  const child = spawn(process.execPath, [bin, 'topology'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdout.destroy()
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const [code] = await once(child, 'close')
  expect({ code, stderr: said.join('') }).toEqual({ code: 0, stderr: '' })
})

describe('findings', () => {
  test('a wrong catalogue exits with 1, its problems on stdout', { timeout: 30_000 }, async () => {
    const folder = temporaryFolder()
    await mkdir(join(folder, 'rules'))
    await writeFile(join(folder, 'rules', 'r.yaml'), 'id: r\nmoment: firts\n')
    const { code, stdout, stderr } = await keymoment(['catalogue', 'check', folder])
    expect(code).toBe(1)
    expect(stdout).toMatch(new RegExp(`^${folder}/rules/r\\.yaml:2:9 {2}KM_CATALOGUE_VALUE`, 'm'))
    expect(stderr).toMatch(/^\d+ problems\n$/)
  })

  test('wrong events exit with 1, each with file and line', { timeout: 30_000 }, async () => {
    const file = join(temporaryFolder(), 'events.jsonl')
    await writeFile(file, Buffer.concat([Buffer.from('\ufeff\n{"type":"crd"}\nnot json\n'), Buffer.from([0xff, 0x0a])]))
    const { code, stdout, stderr } = await keymoment(['simulate', '--catalogue', shipped, '--events', file])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^${file}:2 {2}KM_EVENT_UNKNOWN_TYPE {2}type: `, 'm'))
    expect(stderr).toMatch(new RegExp(`^${file}:3 {2}KM_EVENT_NOT_JSON`, 'm'))
    expect(stderr).toMatch(new RegExp(`^${file}:4 {2}KM_EVENT_NOT_UTF8`, 'm'))
  })

  test('an engine that is not there exits ingest with 1 and a line that says what to do', {
    timeout: 30_000,
  }, async () => {
    const file = join(temporaryFolder(), 'events.jsonl')
    await writeFile(file, '{}\n')
    const { code, stderr } = await keymoment(['ingest', '--url', `http://127.0.0.1:${await freePort()}`, file])
    expect(code).toBe(1)
    expect(stderr).toMatch(/KM_INGEST_UNREACHABLE {2}no engine answers at .*; start it, or name it by --url/)
  })

  test('something else at the URL exits ingest with 1, not with a stack', { timeout: 30_000 }, async () => {
    const server = createServer((_request, response) => response.writeHead(404).end('<html>'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const file = join(temporaryFolder(), 'events.jsonl')
    await writeFile(file, '{}\n')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, stderr } = await keymoment(['ingest', '--url', url, file])
    expect(code).toBe(1)
    expect(stderr).toBe(`${file}  KM_INGEST_REFUSED  HTTP status 404: Not Found (from line 1 on nothing was taken)\n`)
  })
})

describe('a process that cannot start', () => {
  test('says why in one line and exits with 1', { timeout: 30_000 }, async () => {
    const data = join(temporaryFolder(), 'data')
    await writeFile(data, 'a file where a folder should be')
    const env = { KEYMOMENT_DATA_DIR: data, KEYMOMENT_HTTP_PORT: '0', KEYMOMENT_LOG_LEVEL: 'silent' }
    const { code, stderr } = await keymoment(['start', 'ingest'], { env })
    expect(stderr).toMatch(/^KM_DATA_UNREADABLE {2}cannot create .*; check the path and its permissions\n$/)
    expect(code).toBe(1)
  })

  test('so does a port that is taken', { timeout: 30_000 }, async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const env = {
      KEYMOMENT_DATA_DIR: temporaryFolder(),
      KEYMOMENT_HTTP_PORT: String((server.address() as AddressInfo).port),
      KEYMOMENT_LOG_LEVEL: 'silent',
    }
    const { code, stderr } = await keymoment(['start', 'ingest'], { env })
    expect(stderr).toMatch(/^KM_HTTP_LISTEN {2}cannot listen: .*EADDRINUSE.*; choose another http\.port\n$/)
    expect(code).toBe(1)
  })

  test('a service alone says so too; by its settings or arguments it exits with 2', { timeout: 30_000 }, async () => {
    const alone = async (...args: string[]) => {
      const main = join(root, 'services', 'ingest', 'main.ts')
      const env = { KEYMOMENT_KAFKA_BROKERS: 'localhost:9092', KEYMOMENT_HTTP_PORT: '0', KEYMOMENT_LOG_LEVEL: 'silent' }
      return ended(await startChild(process.execPath, [main, ...args], { cwd: root, env }))
    }
    expect(await alone()).toEqual({
      code: 2,
      stdout: '',
      stderr: 'KM_SETTINGS_INVALID  kafka.brokers needs redis.url beside it\n',
    })
    expect(await alone('--colour')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^KM_USAGE {2}Unknown option '--colour'/),
    })
  })
})
