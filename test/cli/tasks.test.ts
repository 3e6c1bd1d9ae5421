import { expect, test } from 'vitest'
import { deskEngine } from '../desk/desk-engine.ts'
import { waitFor } from '../support/wait-for.ts'
import { keymomentAt } from './keymoment.ts'

test('tasks and prompts: what is said, where, and with which exit code', { timeout: 120_000 }, async () => {
  const engine = await deskEngine()
  const keymoment = keymomentAt(engine.url)
  await engine.known('s-1')
  await engine.toppedUp('s-1')
  await waitFor('a task', async () => (await engine.ask('/v1/tasks')).body.matching === 1)

  const listed = await keymoment('tasks', 'list', '--team', 'best')
  expect([listed.code, listed.stderr]).toEqual([0, '1 of 1'])
  const [head = '', row = ''] = listed.stdout.split('\n')
  expect(head).toMatch(/^due +tier +team +kind +subscriber +state +agent +result +id$/)
  expect(row).toMatch(/priority +best +talk +s-1 +open/)
  const id = row.split(' ').at(-1) ?? ''

  const taken = await keymoment('tasks', 'take', id, '--agent', 'anna')
  expect([taken.code, taken.stderr, JSON.parse(taken.stdout)]).toMatchObject([0, 'taken', { id, agent: 'anna' }])
  const other = await keymoment('tasks', 'take', id, '--agent', 'ben')
  expect([other.code, other.stdout]).toEqual([1, ''])
  expect(other.stderr).toContain('KM_TASK_TAKEN  anna has it since')
  const wrong = await keymoment('tasks', 'result', id, 'acepted', '--agent', 'anna')
  expect([wrong.code, wrong.stdout]).toEqual([1, ''])
  expect(wrong.stderr).toContain("did you mean 'accepted'?")
  const ended = await keymoment('tasks', 'result', id, 'accepted', '--agent', 'anna', '--note', 'glad')
  expect([ended.code, ended.stderr]).toEqual([0, 'done, accepted'])
  expect(JSON.parse((await keymoment('tasks', 'show', id)).stdout)).toMatchObject({
    state: 'done',
    acts: [{ action: 'take' }, { action: 'result', code: 'accepted', note: 'glad' }],
  })
  const funnel = await keymoment('tasks', 'funnel', '--kind', 'talk')
  expect([funnel.code, funnel.stderr]).toEqual([0, 'last results: 1 accepted'])
  expect(funnel.stdout).toMatch(/completed +1 +100 %/)
  expect((await keymoment('prompts')).stderr).toBe('0 on screens')
  expect((await keymoment('tasks', 'list', '--state', 'gone')).code).toBe(2)
})
