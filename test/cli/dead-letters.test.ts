import { expect, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { lettersEngine } from '../dead-letters/letters-engine.ts'
import { longCall } from '../integration/bad-input/events.ts'
import { keymomentAt } from './keymoment.ts'

test('letters are listed, shown, re-run batch by batch and purged; exit 1 where one is refused', {
  timeout: 90_000,
}, async () => {
  const engine = await lettersEngine()
  /** `keymoment dead-letters …`, ended. */
  const keymoment = keymomentAt(engine.url)
  const verb = (...args: readonly string[]) => keymoment('dead-letters', ...args)
  const now = Date.now() - 1_000
  for (let i = 0; i < 5; i++) await engine.misKeyed(longCall(`c-${i}`, 's-1', now + i))
  await engine.platform.log.append([{ topic: topics.events.cdr.name, key: 's-1', value: Buffer.from('hello') }])
  await engine.open(6)

  const listed = await verb('list', '--code', 'KM_KEY_MISMATCH')
  expect(listed.code).toBe(0)
  expect(listed.stdout.split('\n')[0]).toMatch(/^failed +state +code +service +topic +subscriber +attempt +id$/)
  expect(listed.stdout.match(/KM_KEY_MISMATCH/g)).toHaveLength(5)
  expect(listed.stderr).toContain('5 of 5; open: 5 KM_KEY_MISMATCH')

  const [first = ''] = /\S+$/.exec(listed.stdout.trim()) ?? []
  const shown = await verb('show', first, '--json')
  expect(JSON.parse(shown.stdout)).toMatchObject({ letter: { dead_letter_id: first }, rerun: { possible: true } })

  expect((await verb('rerun', '--all')).code, 'without a reason').toBe(2)
  const dry = await verb('rerun', '--all', '--dry-run', '--reason', 'a try')
  expect([dry.code, dry.stderr.trim()]).toEqual([1, '5 would be re-run, 1 refused'])
  const done = await verb('rerun', '--all', '--batch', '2', '--reason', 'keys are right now', '--author', 'ops')
  expect([done.code, done.stderr.trim()]).toEqual([1, '5 re-run, 1 refused'])
  expect(done.stdout).toContain('KM_RECORD_UNDECODABLE')
  await engine.atLeast(topics.moments, 5)
  const again = await verb('rerun', first, '--reason', 'once more')
  expect([again.code, again.stdout]).toEqual([1, expect.stringContaining('KM_DEAD_LETTER_RERUN')])

  const purged = await verb('purge', '--code', 'KM_RECORD_UNDECODABLE', '--reason', 'a test of somebody')
  expect([purged.code, purged.stderr.trim()]).toEqual([0, '1 purged, 0 refused'])
  const left = await verb('list', '--json')
  expect(JSON.parse(left.stdout)).toMatchObject({ letters: [], matching: 0 })
})
