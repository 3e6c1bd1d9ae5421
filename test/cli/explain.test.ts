import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { decide } from '../../services/decide/service.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { detect } from '../../services/detect/service.ts'
import type { Answer } from '../../services/explain/answer.ts'
import { explain } from '../../services/explain/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { topics } from '../../services/topology.ts'
import { catalogueOf } from '../catalogue/over-http.ts'
import { startEngine } from '../integration/bad-input/engine.ts'
import { lines, longCall } from '../integration/bad-input/events.ts'
import { catalogueFolder, smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { startChild } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'

const root = join(import.meta.dirname, '..', '..')
const timeout = 60_000

/** `keymoment explain …`, ended. */
async function explained(...args: readonly string[]) {
  const child = await startChild(process.execPath, [join(root, 'bin', 'keymoment.js'), 'explain', ...args], {
    cwd: root,
  })
  onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
  child.end()
  const { code } = await child.exited
  const stdout = child.stdout()
  return { code, stdout, stderr: child.output().replace(stdout, '') }
}

const newer = {
  ...smallCatalogue,
  'rules/calls.yaml': `${smallCatalogue['rules/calls.yaml'].replace('>= 600', '>= 60')}---
id: any-call
moment: change
title: { en: Any call }
on: cdr
when: calls_24h >= 1
expires: 7d
purpose: service
`,
}

test('the verdict comes first, of the version that was in force then; --json has everything', { timeout }, async () => {
  const engine = await startEngine({
    settings: { KEYMOMENT_CATALOGUE_DIR: await catalogueFolder() },
    deployables: [createDeliver(), decide, detect, createIngest(), explain],
  })
  await engine.ready()
  const { number } = (await catalogueOf(engine.url).get()).body
  expect(number).toBe(1)
  const early = Date.now()
  await engine.post(lines([longCall('early', 's-1', early, { duration_s: 100 })]))
  const files = Object.entries(newer).map(([path, text]) => ({ path, text }))
  const { body } = await catalogueOf(engine.url).publish(files)
  const activates = body.activates_at ?? 0
  await engine.post(lines([longCall('late', 's-1', activates, { duration_s: 100 })]))
  const decided = await engine.atLeast(topics.decisions, 2)
  expect(decided.map(({ rule }) => rule).sort()).toEqual(['any-call', 'long-call'])

  const url = ['--url', engine.url]
  const then = ['--at', new Date(early).toISOString()]
  const before = await explained('s-1', '--rule', 'long-call', ...then, ...url)
  expect(before).toMatchObject({ code: 0, stderr: '' })
  expect(before.stdout).toMatch(/^rule long-call did not fire: event\.duration_s is 100, needs >= 600\n/)
  expect(before.stdout).toContain('\ncatalogue version 1 (')
  expect(before.stdout).toContain('event.duration_s >= 600 = false\n')

  const after = await explained('s-1', '--rule', 'long-call', ...url)
  expect(after.stdout).toMatch(
    /^rule long-call fired last at .*\nits moment was commanded by sms at .*: offer thanks; .*\n/,
  )
  expect(after.stdout).toMatch(/\ncatalogue version 2 \(\w{26}\), in force since 20/)
  expect(after.stdout).toMatch(/\n {2}calls_24h = 2 /)

  const json = await explained('s-1', '--json', ...url)
  const answer = JSON.parse(json.stdout) as Answer
  expect(answer.moments.map(({ rule }) => rule).sort()).toEqual(['any-call', 'long-call'])
  expect(answer.as_of).toMatchObject({ source: 'state', records_behind: 0 })

  expect(await explained('s-1', '--rule', 'any-call', ...then, ...url)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: "KM_RULE_UNKNOWN  version 1 of the catalogue, in force then, has no rule 'any-call'; it came later\n",
  })
  expect(await explained('s-2', ...url)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^KM_SUBSCRIBER_UNKNOWN {2}nothing is known of subscriber 's-2'/),
  })
})

describe('misuse', () => {
  const table: readonly (readonly [args: string, code: number, said: RegExp])[] = [
    ['', 2, /missing required argument 'subscriber'/],
    ['s-1 --at yesterday', 2, /ISO-8601 time with a zone/],
    ['s-1 --from memory', 2, /Allowed choices are state, log/],
    ['s-1 --url nonsense', 2, /^KM_USAGE/],
  ]
  test.each(table)('keymoment explain %s exits with %i', { timeout }, async (args, code, said) => {
    const found = await explained(...args.split(' ').filter((part) => part !== ''))
    expect(found).toMatchObject({ code, stdout: '' })
    expect(found.stderr).toMatch(said)
  })

  test('an engine that is not there exits with 1 and says what to do', { timeout }, async () => {
    const found = await explained('s-1', '--url', `http://127.0.0.1:${await freePort()}`)
    expect(found).toMatchObject({ code: 1, stdout: '' })
    expect(found.stderr).toMatch(/^KM_ENGINE_UNREACHABLE {2}no engine answers at .*; start it, or name it by --url/)
  })
})
