import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { catalogueOf } from '../catalogue/over-http.ts'
import { type Engine, startEngine } from '../integration/bad-input/engine.ts'
import { lines, longCall } from '../integration/bad-input/events.ts'
import { catalogueFolder, save, smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { startChild } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { waitFor } from '../support/wait-for.ts'

const root = join(import.meta.dirname, '..', '..')
const shorter = smallCatalogue['rules/calls.yaml'].replace('>= 600', '>= 60')
const timeout = 60_000

/** `keymoment catalogue …`, ended. */
const catalogue = (...args: readonly string[]) => catalogueWith({}, args)

async function catalogueWith(env: Readonly<Record<string, string>>, args: readonly string[]) {
  const child = await startChild(process.execPath, [join(root, 'bin', 'keymoment.js'), 'catalogue', ...args], {
    cwd: root,
    env,
  })
  onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
  child.end()
  const { code } = await child.exited
  const stdout = child.stdout()
  return { code, stdout, stderr: child.output().replace(stdout, '') }
}

async function engineOf(folder: string): Promise<Engine> {
  const engine = await startEngine({ settings: { KEYMOMENT_CATALOGUE_DIR: folder } })
  await engine.ready()
  return engine
}

test('publish shows the impact, publishes and waits; versions, diff and rollback speak of it', {
  timeout,
}, async () => {
  const engine = await engineOf(await catalogueFolder())
  const url = ['--url', engine.url]
  const folder = await catalogueFolder({ ...smallCatalogue, 'rules/calls.yaml': shorter })

  const unasked = await catalogue('publish', folder, '--reason', 'shorter calls count', ...url)
  expect(unasked.stderr).toContain('~ rules long-call  state is kept\n')
  expect(unasked.stderr).toContain('    when: "event.duration_s >= 600" → "event.duration_s >= 60"\n')
  expect(unasked).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('KM_USAGE  nobody can be asked'),
  })

  const said = ['--reason', 'shorter calls count', '--author', 'Li Wei', '--yes']
  const published = await catalogue('publish', folder, ...said, ...url)
  expect(published).toMatchObject({ code: 0, stdout: expect.stringMatching(/^version 2 \(\w{26}\) is published/) })
  const activates = Date.parse(/in force (?:from|since) (\S+)/.exec(published.stdout)?.[1] ?? '')
  await engine.post(lines([longCall('before', 's-1', activates - 1, { duration_s: 100 })]))
  await engine.post(lines([longCall('after', 's-1', activates, { duration_s: 100 })]))
  expect((await engine.atLeast(topics.moments, 1)).map(({ occurrence }) => occurrence)).toEqual(['after'])

  expect(await catalogue('publish', folder, ...said, ...url)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^version 2 has this content already, in force since \S+; nothing was published\n$/),
  })
  expect((await catalogue('diff', 'running', folder, ...url)).stdout).toBe('nothing changes\n')
  expect((await catalogue('diff', '1', folder, ...url)).stdout).toContain('~ rules long-call')
  const diff = await catalogue('diff', '1', '2', ...url)
  expect(diff).toMatchObject({ code: 0, stdout: expect.stringContaining('~ rules long-call') })

  const rollback = ['rollback', '--reason', 'too many', '--author', 'Zhang Min', ...url]
  const notAsked = await catalogue(...rollback)
  expect(notAsked.stderr).toContain('    when: "event.duration_s >= 60" → "event.duration_s >= 600"\n')
  expect(notAsked).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('add --yes') })
  expect((await catalogueOf(engine.url).get()).body.last?.number, 'nothing was published').toBe(2)

  const back = await catalogue(...rollback, '--yes')
  expect(back).toMatchObject({ code: 0, stdout: expect.stringMatching(/^version 3/) })
  await waitFor('version 3', async () => (await catalogueOf(engine.url).get()).body.number === 3)
  const listed = await catalogue('versions', ...url)
  expect(
    listed.stdout
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/ {2,}/g, ' ').replace(/\S+Z/, 'TIME')),
  ).toEqual([
    expect.stringMatching(/^\* 3 \w{26} in force since TIME rollback Zhang Min: too many$/),
    expect.stringMatching(/^ 2 \w{26} was in force from TIME cli Li Wei: shorter calls count$/),
    expect.stringMatching(
      /^ 1 \w{26} was in force from the beginning folder folder on .*: the first catalogue of this folder$/,
    ),
  ])
  const some = await catalogue('versions', '--limit', '2', ...url)
  expect(some).toMatchObject({ code: 0, stderr: 'older ones: --before 2\n' })
  expect((await catalogue('versions', '--before', '2', ...url)).stdout).toMatch(/^ +1 .*\n$/)
})

describe('the engine that is asked', () => {
  const table: readonly (readonly [env: Readonly<Record<string, string>>, asked: string])[] = [
    [{}, '127.0.0.1:8080'],
    [{ KEYMOMENT_HTTP_PORT: '1' }, '127.0.0.1:1'],
    [{ KEYMOMENT_HTTP_PORT: '0' }, '127.0.0.1:8080'],
    [{ KEYMOMENT_HTTP_HOST: '0.0.0.0', KEYMOMENT_HTTP_PORT: '2' }, '127.0.0.1:2'],
    [{ KEYMOMENT_HTTP_HOST: '::', KEYMOMENT_HTTP_PORT: '2' }, '[::1]:2'],
    [{ KEYMOMENT_HTTP_HOST: '127.0.0.9', KEYMOMENT_HTTP_PORT: '2' }, '127.0.0.9:2'],
    [{ KEYMOMENT_URL: 'http://127.0.0.1:3', KEYMOMENT_HTTP_PORT: '2' }, '127.0.0.1:3'],
  ]
  test.each(table)('with %j: %s', { timeout }, async (env, asked) => {
    const { stdout } = await catalogueWith({ KEYMOMENT_URL: '', ...env }, ['versions', '--help'])
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'KEYMOMENT_URL' in env ? 'env: KEYMOMENT_URL' : `of the engine (default: "http://${asked}", env: KEYMOMENT_URL)`,
    )
    if (env.KEYMOMENT_URL) {
      expect((await catalogueWith(env, ['versions'])).stderr).toContain(
        `no engine answers at http://${asked} (ECONNREFUSED)`,
      )
    }
  })

  test('below a path, and another that answers', { timeout }, async () => {
    const paths: string[] = []
    const server = createServer(({ url = '' }, response) => {
      paths.push(url)
      response.setHeader('content-type', 'text/html').end('<html>')
    })
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keymoment/`
    expect(await catalogue('versions', '--url', url)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^KM_ENGINE_STRANGE {2}\S+ answers with status 200 and text\/html, .*look at --url/,
      ),
    })
    expect(paths).toEqual(['/keymoment/v1/catalogue/versions?limit=20'])
  })
})

describe('refusals', () => {
  test('a wrong folder: every problem with its place, and nothing is published', { timeout }, async () => {
    const folder = await catalogueFolder()
    await save(folder, 'rules/calls.yaml', smallCatalogue['rules/calls.yaml'].replace('event.duration_s', 'calls_24'))
    const url = ['--url', `http://127.0.0.1:${await freePort()}`]
    const { code, stdout, stderr } = await catalogue('publish', folder, '--reason', 'r', '--yes', ...url)
    expect(stdout).toMatch(new RegExp(`^${folder}/rules/calls\\.yaml:5:7 {2}KM_RULE_UNKNOWN_FACTOR`))
    expect({ code, stderr }).toEqual({ code: 1, stderr: '1 problems; nothing was published\n' })
  })

  const nowhere = 'http://127.0.0.1:1'
  const table: readonly (readonly [args: readonly string[], code: number, said: RegExp])[] = [
    [['publish', 'deploy/catalogue'], 2, /required option '--reason <text>'/],
    [['publish', 'deploy/catalogue', '--reason', 'r', '--at', 'noon'], 2, /ISO-8601/],
    [['publish', '/nowhere/at/all', '--reason', 'r'], 2, /KM_CATALOGUE_FOLDER/],
    [['publish', 'deploy/catalogue', '--reason', 'r', '--url', nowhere], 1, /KM_ENGINE_UNREACHABLE/],
    [['rollback', '--to', 'first', '--reason', 'r'], 2, /the number of a version is expected/],
    [['rollback', '--reason', 'r', '--url', nowhere], 1, /KM_ENGINE_UNREACHABLE/],
    [['versions', '--url', 'nonsense'], 2, /KM_USAGE {2}'nonsense' is not the URL/],
    [['diff', 'deploy/catalogue', '3', '--url', nowhere], 1, /KM_ENGINE_UNREACHABLE/],
    [['diff', 'deploy/catalogue'], 2, /missing required argument 'after'/],
  ]
  test.each(table)('catalogue %j exits with %i', { timeout }, async (args, code, said) => {
    const found = await catalogue(...args)
    expect(found.stderr).toMatch(said)
    expect(found).toMatchObject({ code, stdout: '' })
    expect(found.stderr, 'no stack').not.toMatch(/^ +at /m)
  })

  test('a version that is not there, and one too many back', { timeout }, async () => {
    const engine = await engineOf(await catalogueFolder())
    const url = ['--reason', 'r', '--url', engine.url]
    for (const args of [['rollback', '--to', '7'], ['rollback']]) {
      const found = await catalogue(...args, ...url)
      expect(found).toMatchObject({ code: 1, stderr: expect.stringMatching(/^KM_CATALOGUE_UNKNOWN_VERSION/) })
    }
  })
})

test('diff of two folders needs no engine: what is added, removed, changed, and what becomes of state', {
  timeout,
}, async () => {
  const before = await catalogueFolder()
  const { 'rules/money.yaml': _, ...rest } = smallCatalogue
  const factor = smallCatalogue['factors/calls.yaml']
  const after = await catalogueFolder({
    ...rest,
    'factors/calls.yaml': `${factor.replace('24h }', '48h }')}---\n${factor.replace('calls_24h', 'calls_1h').replace('24h }', '1h }')}`,
    'policy.yaml': smallCatalogue['policy.yaml'].replace('gaps: {}', 'gaps: { marketing: 24h }'),
  })
  const { code, stdout, stderr } = await catalogue('diff', before, after)
  expect(stdout.split('\n')).toEqual([
    '+ factors calls_1h',
    '~ factors calls_24h  state is converted as far as it goes',
    '    window.rolling: "24h" → "48h"',
    '~ policy',
    '    gaps.marketing: (nothing) → "24h"',
    '- rules topped-up',
    '~ rules long-call  through calls_24h  state is kept',
    '',
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '1 added, 1 removed, 3 changed\n' })
})
