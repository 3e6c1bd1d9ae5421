import { expect, test } from 'vitest'
import { deskEngine } from '../desk/desk-engine.ts'
import { waitFor } from '../support/wait-for.ts'
import { keymomentAt } from './keymoment.ts'

test('the inbox: what is said, where, and with which exit code', { timeout: 120_000 }, async () => {
  const engine = await deskEngine()
  const keymoment = keymomentAt(engine.url)
  await engine.post('reply', 's-1', { channel: 'sms', text: 'hello\u001b[2J\nthere?' })
  await waitFor('the message', async () => (await engine.ask('/v1/inbox')).body.matching === 1)

  const listed = await keymoment('inbox', 'list')
  expect([listed.code, listed.stderr]).toEqual([0, '1 of 1'])
  const [head = '', row = ''] = listed.stdout.split('\n')
  expect(head).toMatch(/^received +channel +subscriber +state +by +id +text$/)
  expect(row).toMatch(/sms +s-1 +open +\S+ +hello \[2J there\?$/)
  const [, id = ''] = /open +(\S+)/.exec(row) ?? []

  const handled = await keymoment('inbox', 'handle', id, '--agent', 'anna', '--note', 'called back')
  expect([handled.code, handled.stderr]).toEqual([0, 'handled'])
  expect(JSON.parse(handled.stdout)).toMatchObject({ id, state: 'handled', handled_by: 'anna', note: 'called back' })
  const again = await keymoment('inbox', 'handle', id, '--agent', 'ben')
  expect([again.code, again.stderr]).toEqual([0, 'anna has handled it already'])
  expect((await keymoment('inbox', 'list')).stderr).toBe('0 of 0')
  expect(JSON.parse((await keymoment('inbox', 'list', '--state', 'all', '--json')).stdout)).toMatchObject({
    matching: 1,
    messages: [{ id }],
  })
  expect(JSON.parse((await keymoment('inbox', 'show', id)).stdout)).toMatchObject({ text: 'hello\u001b[2J\nthere?' })
  const unknown = await keymoment('inbox', 'show', 'nowhere')
  expect([unknown.code, unknown.stdout]).toEqual([1, ''])
  expect(unknown.stderr).toContain('KM_MESSAGE_UNKNOWN')
  expect((await keymoment('inbox', 'list', '--limit', '0')).code).toBe(2)
})
