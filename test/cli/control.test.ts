import { expect, test } from 'vitest'
import { controlledEngine } from '../control/controlled-engine.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { keymomentAt } from './keymoment.ts'

test('pause, resume and cancel: what is said, where, and with which exit code', { timeout: 120_000 }, async () => {
  const engine = await controlledEngine(temporaryFolder())
  const keymoment = keymomentAt(engine.url)

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
  expect(cancelled.stderr).toContain("'command-1' is noted, and doesn't look like a command of Keymoment's")
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
