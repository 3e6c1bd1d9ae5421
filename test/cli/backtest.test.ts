import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Report } from '../../services/backtest/report.ts'
import { createBacktests } from '../../services/backtest/service.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { threshold } from '../catalogue/contents.ts'
import { startEngine } from '../integration/bad-input/engine.ts'
import { type EventJson, lines, longCall } from '../integration/bad-input/events.ts'
import { catalogueFolder, smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { startChild } from '../support/child-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const root = join(import.meta.dirname, '..', '..')
const timeout = 60_000

/** `keymoment backtest …`, ended. */
async function backtest(...args: readonly string[]) {
  const child = await startChild(process.execPath, [join(root, 'bin', 'keymoment.js'), 'backtest', ...args], {
    cwd: root,
  })
  onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
  child.end()
  const { code } = await child.exited
  const stdout = child.stdout()
  return { code, stdout, stderr: child.output().replace(stdout, '') }
}

const shorter = () => catalogueFolder({ ...smallCatalogue, ...threshold(60) })

async function eventFile(events: readonly unknown[]): Promise<string> {
  const file = join(temporaryFolder(), 'events.jsonl')
  await writeFile(file, lines(events))
  return file
}

const call = (id: string, time: number, duration_s: number): EventJson => longCall(id, 's-1', time, { duration_s })
const noon = Date.parse('2026-03-02T12:00:00Z')
const calls = [call('c1', noon, 700), call('c2', noon + 3_600_000, 100)]

describe('on files, no engine needed', { timeout }, () => {
  test('a table for people', async () => {
    const folder = await shorter()
    const present = await catalogueFolder()
    const found = await backtest('--catalogue', folder, '--against', present, '--events', await eventFile(calls))
    expect(found).toMatchObject({ code: 0, stderr: '1 moments added, 0 gone\n' })
    const table = found.stdout.replaceAll(folder, 'MINE').replaceAll(present, 'THEIRS')
    expect(table.replaceAll(/\b[a-z2-7]{26}\b/g, '(version)')).toBe(`\
candidate  MINE  (version)
present    THEIRS  (version)
events     2 from 2026-03-02T12:00:00.000Z to 2026-03-02T13:00:00.000Z; 4 shards; the clock ends at 2026-03-02T13:10:00.000Z

   rule       kind    present  candidate  same  added  gone  subscribers  commands
~  long-call  change        1          2     1      1     0  1 → 1        1 → 2
   all                      1          2     1      1     0

for example
+  long-call  s-1  2026-03-02T13:00:00.000Z  command sms  calls_24h 2

day         present  candidate  same  added  gone
2026-03-02        1          2     1      1     0

hour   present  candidate  same  added  gone  commands
13:00        1          1     1      0     0  1 → 1
14:00        0          1     0      1     0  0 → 1

sent by  hour   commands  in parts  cost of offers at most
sms      13:00  1 → 1     1 → 1
sms      14:00  0 → 1     0 → 1

commands  present  candidate
sms             1          2

offers  present  candidate
thanks        1          2
`)
  })

  test('JSON for machines; a difference where none is expected is a finding', async () => {
    const [mine, theirs, events] = [await shorter(), await catalogueFolder(), await eventFile(calls)]
    const found = await backtest(
      '--catalogue',
      mine,
      '--against',
      theirs,
      '--events',
      events,
      '--json',
      '--expect-same',
    )
    expect(found.code).toBe(1)
    expect((JSON.parse(found.stdout) as Report).total).toEqual({ present: 1, candidate: 2, same: 1, added: 1, gone: 0 })
    const same = await backtest('--catalogue', theirs, '--against', theirs, '--events', events, '--expect-same')
    expect(same.code).toBe(0)
  })

  test('a wrong candidate: all that is wrong with it, on stdout, and exit 1', async () => {
    const rule = smallCatalogue['rules/calls.yaml']
      .replace('calls_24h', 'calls_24')
      .replace('expires: 7d', 'expires: 9d')
    const wrong = await catalogueFolder({ ...smallCatalogue, 'rules/calls.yaml': rule })
    const found = await backtest('--catalogue', wrong, '--against', wrong, '--events', await eventFile(calls))
    expect(found.code).toBe(1)
    expect(found.stdout).toMatch(/rules\/calls\.yaml:\d+:\d+ {2}KM_\w+ .*\n.*rules\/calls\.yaml:\d+:\d+ {2}KM_/)
    expect(found.stderr).toContain('problems')
  })
})

describe('what is refused', { timeout }, () => {
  const when = '2026-03-02T12:00:00Z'
  const table: readonly (readonly [
    what: string,
    args: readonly string[],
    events: readonly unknown[] | null,
    code: number,
    stderr: RegExp,
  ])[] = [
    ['no events', [], [], 1, /^KM_BACKTEST_NO_EVENTS/m],
    [
      'events of an unknown type',
      [],
      [{ ...calls[0], type: 'cdrr' }],
      1,
      /:1 {2}KM_EVENT_UNKNOWN_TYPE .*did you mean 'cdr'/,
    ],
    ['neither files nor a period', [], null, 2, /^KM_USAGE {2}name the events/m],
    ['times that cross', ['--from', when, '--until', when], calls, 2, /^KM_BACKTEST_PERIOD/m],
    ['a length that is none', ['--warm-up', 'long'], calls, 2, /a length like 7d/],
    [
      'an engine that is not there',
      ['--against', '3', '--url', 'http://127.0.0.1:9'],
      calls,
      1,
      /^KM_ENGINE_UNREACHABLE/m,
    ],
  ]
  test.each(table)('%s', async (_what, args, events, code, stderr) => {
    const folder = await catalogueFolder()
    const from = events ? ['--events', await eventFile(events)] : []
    const found = await backtest('--catalogue', folder, '--against', folder, ...from, ...args)
    expect(found.stderr).toMatch(stderr)
    expect(found.code).toBe(code)
    expect(found.stdout).toBe('')
  })
})

test("on a running engine's own log, against what it applies; how it goes is told", { timeout }, async () => {
  const engine = await startEngine({
    settings: { KEYMOMENT_CATALOGUE_DIR: await catalogueFolder() },
    deployables: [detect, createIngest(), createBacktests()],
  })
  await engine.ready()
  const now = Date.now()
  const early = call('c0', now - 2 * 3_600_000, 700)
  await engine.post(lines([early, call('c1', now - 60_000, 700), call('c2', now - 30_000, 100)]))
  const from = ['--from', new Date(now - 3_600_000).toISOString(), '--url', engine.url]
  const found = await backtest('--catalogue', await shorter(), ...from)
  expect(found).toMatchObject({ code: 0, stderr: expect.stringMatching(/1 moments added, 0 gone\n$/) })
  expect(found.stdout).toMatch(/^present {4}version 1 /m)
  expect(found.stdout).toMatch(/^~ {2}long-call {2}change {8}1 {10}2 {5}1 {6}1 {5}0/m)

  const asFile = await backtest(
    '--catalogue',
    await shorter(),
    '--events',
    await eventFile([early]),
    '--url',
    engine.url,
  )
  expect(asFile.stdout).toMatch(/^present {4}version 1 /m)
})
