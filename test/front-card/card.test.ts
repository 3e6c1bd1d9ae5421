import { expect, test } from 'vitest'
import { frontCards } from '../../services/front-card/service.ts'
import { topics } from '../../services/topology.ts'
import { deskEngine } from '../desk/desk-engine.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

test('the card of a subscriber: what they have, what is open, what they said, what was noticed', {
  timeout: 60_000,
}, async () => {
  const engine = await deskEngine(temporaryFolder(), [frontCards])
  expect(await engine.ask('/v1/subscribers/nobody/card')).toMatchObject({
    status: 404,
    body: { code: 'KM_SUBSCRIBER_UNKNOWN' },
  })
  await engine.known('s-1')
  await engine.post('profile', 's-1', { products: ['broadband'], language: 'de' })
  await engine.toppedUp('s-1')
  const [command] = await engine.atLeast(topics.commands.task, 1)
  const id = command?.command_id ?? ''
  const card = () => engine.ask('/v1/subscribers/s-1/card')
  await waitFor(
    'the task on the card',
    async () => ((await card()).body.tasks as readonly unknown[] | undefined)?.length === 1,
  )
  expect((await card()).body).toMatchObject({
    subscriber_id: 's-1',
    language: 'de',
    products: ['broadband'],
    marketing: ['sms', 'task'],
    tasks: [{ id, kind: 'talk', team: 'best' }],
    answers: [],
    moments: [{ rule: 'topped-up', title: 'A top-up', outcome: 'command', channel: 'task', offer: 'plan-talk' }],
  })
  await engine.ask(`/v1/tasks/${id}/result`, { agent: 'anna', code: 'refused' })
  await engine.call('s-1', 'call-1', 'connected', 'anna')
  await waitFor('the refusal and the call', async () => {
    const { answers, open, tasks } = (await card()).body as Record<string, readonly unknown[]>
    return answers?.length === 1 && open?.length === 1 && tasks?.length === 0
  })
  expect((await card()).body).toMatchObject({
    answers: [{ said: 'refused', offer: 'plan-talk' }],
    open: [{ what: 'live-call', rule: 'hotline-call' }],
  })
})
