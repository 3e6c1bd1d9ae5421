import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { controlledEngine } from '../control/controlled-engine.ts'
import { startChild } from '../support/child-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const root = join(import.meta.dirname, '..', '..')

test('pause, resume and cancel: what is said, where, and with which exit code', { timeout: 120_000 }, async () => {
  const engine = await controlledEngine(temporaryFolder())
  async function keymoment(...args: readonly string[]) {
    const command = [join(root, 'bin', 'keymoment.js'), ...args, '--url', engine.url]
    const child = await startChild(process.execPath, command, { cwd: root })
    onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
    child.end()
    const { code } = await child.exited
    const stdout = child.stdout()
    return { code, stdout, stderr: child.output().replace(stdout, '').trim() }
  }

  const paused = await keymoment('pause', '--purpose', 'marketing', '--reason', 'wrong price', '--author', 'Li Wei')
  expect([paused.code, paused.stderr]).toEqual([0, 'paused: purpose marketing; everywhere within 3 s'])
  const { id } = JSON.parse(paused.stdout) as { id: string }
  const again = await keymoment('pause', '--purpose', 'marketing')
  expect([again.code, JSON.parse(again.stdout)]).toMatchObject([0, { id, author: 'Li Wei' }])
  expect(again.stderr).toMatch(/^paused already: purpose marketing, by Li Wei since .* \(wrong price\)/)
  expect((await keymoment('pause')).code, 'everything').toBe(0)

  const listed = await keymoment('pause', '--list')
  expect([listed.code, listed.stderr]).toEqual([0, '2 in force'])
  const [head = '', first = '', second = ''] = listed.stdout.split('\n')
  expect(head).toMatch(/^since +holds +author +reason +id$/)
  expect(first).toContain('purpose marketing  Li Wei')
  expect(second).toContain('everything')

  const resumed = await keymoment('resume')
  expect([resumed.code, resumed.stderr.split('\n')]).toMatchObject([
    0,
    ['resumed: everything', expect.stringMatching(/^still paused: purpose marketing, by Li Wei/)],
  ])
  const none = await keymoment('resume', '--channel', 'sms')
  expect([none.code, none.stdout]).toEqual([1, ''])
  expect(none.stderr).toContain(
    `KM_PAUSE_NONE  no pause of channel sms is in force; in force: purpose marketing (${id})`,
  )
  expect((await keymoment('resume', '--id', id)).code).toBe(0)
  expect((await keymoment('pause', '--list')).stderr).toBe('nothing is paused')

  const cancelled = await keymoment('cancel', 'command-1', '--reason', 'a test number')
  expect([cancelled.code, JSON.parse(cancelled.stdout)]).toMatchObject([0, { everywhere_within_s: 3 }])
  expect((await keymoment('cancel')).code).toBe(2)
  expect((await keymoment('cancel', 'command-1', '--campaign', 'topped-up')).code).toBe(2)
  expect((await keymoment('pause', '--channel', 'fax')).code).toBe(2)
  const unknown = await keymoment('pause', '--campaign', 'toped-up')
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("did you mean 'topped-up'?")])

  const audit = await keymoment('pause', '--history', '--json')
  const acts = audit.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { action: string; what: string })
  expect(acts.map(({ action, what }) => `${action} ${what}`)).toEqual([
    'cancel command command-1',
    'resume purpose marketing',
    'resume everything',
    'pause everything',
    'pause purpose marketing',
  ])
})
