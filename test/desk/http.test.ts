import { expect, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { type DeskEngine, deskEngine } from './desk-engine.ts'

const minute = 60_000

interface Listed {
  readonly id: string
  readonly state: string
  readonly team: string
  readonly tier: string
  readonly [field: string]: unknown
}

const tasksOf = async (engine: DeskEngine, query = ''): Promise<readonly Listed[]> =>
  (await engine.ask(`/v1/tasks${query}`)).body.tasks as readonly Listed[]

const firstTask = (engine: DeskEngine, query = ''): Promise<Listed> =>
  waitFor('a task', async () => (await tasksOf(engine, query))[0])

test('a task is listed, taken and refused; its offer is then cooling, also after a restart', {
  timeout: minute,
}, async () => {
  const folder = temporaryFolder()
  const first = await deskEngine(folder)
  await first.known('s-1')
  await first.toppedUp('s-1')
  const task = await firstTask(first)
  expect(task).toMatchObject({
    subscriber_id: 's-1',
    kind: 'talk',
    tier: 'priority',
    team: 'best',
    state: 'open',
    agent: null,
  })
  const { body: details } = await first.ask(`/v1/tasks/${task.id}`)
  expect(details).toMatchObject({
    script: 'Good day!',
    text: 'A better plan for you. Reply STOP to opt out.',
    briefing: {
      happened: 'A top-up',
      recommended: [{ offer: 'plan-talk', title: 'A better plan', step: 'recommend', why: 'listed' }],
    },
  })
  expect((await first.ask(`/v1/tasks/${task.id}/take`, { agent: 'anna' })).body).toMatchObject({
    task: { state: 'taken', agent: 'anna' },
    unchanged: false,
  })
  expect((await first.ask(`/v1/tasks/${task.id}/result`, { agent: 'anna', code: 'refused' })).body).toMatchObject({
    task: { state: 'done', code: 'refused', stage: 'reached' },
  })
  const [receipt] = await first.atLeast(topics.receipts, 1)
  expect(receipt).toMatchObject({ command_id: task.id, channel: 'task', status: 'answered', code: 'refused' })
  const [reply] = await first.atLeast(topics.events.reply, 1)
  expect(reply).toMatchObject({
    subscriber_id: 's-1',
    channel: 'task',
    action: 'refused',
    in_reply_to: task.id,
    source: 'desk',
  })
  await first.stop()

  const second = await deskEngine(folder)
  expect(await tasksOf(second, '?state=done')).toMatchObject([{ id: task.id, code: 'refused', agent: 'anna' }])
  await second.toppedUp('s-1')
  const decisions = await second.atLeast(topics.decisions, 2)
  expect(decisions.at(-1)).toMatchObject({ outcome: 'suppressed', code: 'cooling', offer: 'plan-talk' })
  expect(await second.records(topics.receipts)).toHaveLength(1)
  expect(await second.records(topics.events.reply)).toHaveLength(1)
})

test('of two who take a task at once one has it, and only who has it ends it', { timeout: minute }, async () => {
  const engine = await deskEngine()
  await engine.billed('s-1')
  const { id } = await firstTask(engine)
  const both = await Promise.all(['anna', 'ben'].map((agent) => engine.ask(`/v1/tasks/${id}/take`, { agent })))
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
  const winner = both[0]?.status === 200 ? 'anna' : 'ben'
  const loser = winner === 'anna' ? 'ben' : 'anna'
  expect(both.find(({ status }) => status === 409)?.body.code).toBe('KM_TASK_TAKEN')
  const say = (agent: string, action: string, more = {}) => engine.ask(`/v1/tasks/${id}/${action}`, { agent, ...more })
  expect(await say(loser, 'result', { code: 'done' })).toMatchObject({ status: 409, body: { code: 'KM_TASK_TAKEN' } })
  expect(await say(loser, 'give-back')).toMatchObject({ status: 409, body: { code: 'KM_TASK_NOT_TAKEN' } })
  expect(await say(winner, 'give-back')).toMatchObject({ status: 200, body: { task: { state: 'open' } } })
  expect(await say(loser, 'result', { code: 'done' })).toMatchObject({ status: 200, body: { unchanged: false } })
  expect(await say(loser, 'result', { code: 'done' })).toMatchObject({ status: 200, body: { unchanged: true } })
  expect(await say(winner, 'result', { code: 'refused' })).toMatchObject({
    status: 409,
    body: { code: 'KM_TASK_DONE' },
  })
  expect(await engine.atLeast(topics.receipts, 1)).toHaveLength(1)
  const { body } = await engine.ask(`/v1/tasks/${id}`)
  expect(
    (body.acts as readonly { agent: string; action: string }[]).map(({ agent, action }) => `${agent} ${action}`),
  ).toEqual([`${winner} take`, `${winner} give-back`, `${loser} result`])
})

test('what is asked wrongly is refused by its code', { timeout: minute }, async () => {
  const engine = await deskEngine()
  await engine.known('s-1')
  await engine.toppedUp('s-1')
  const { id } = await firstTask(engine)
  const late = new Date(Date.now() + 90 * 86_400_000).toISOString()
  const asked: readonly [string, object | undefined, number, string][] = [
    ['/v1/tasks/nowhere', undefined, 404, 'KM_TASK_UNKNOWN'],
    ['/v1/tasks?stat=open', undefined, 400, 'KM_HTTP_QUERY'],
    ['/v1/tasks?state=opem', undefined, 400, 'KM_HTTP_QUERY'],
    ['/v1/tasks?limit=0', undefined, 400, 'KM_HTTP_QUERY'],
    ['/v1/tasks?team=bset', undefined, 400, 'KM_TEAM_UNKNOWN'],
    ['/v1/tasks/funnel?kind=tlak', undefined, 400, 'KM_TASK_KIND_UNKNOWN'],
    [`/v1/tasks/${id}/take`, {}, 400, 'KM_HTTP_BODY'],
    [`/v1/tasks/${id}/result`, { agent: 'anna', code: 'refusd' }, 400, 'KM_TASK_RESULT'],
    [`/v1/tasks/${id}/result`, { agent: 'anna', code: 'call-back' }, 400, 'KM_TASK_DUE'],
    [`/v1/tasks/${id}/result`, { agent: 'anna', code: 'call-back', due_at: 'soon' }, 400, 'KM_HTTP_BODY'],
    [`/v1/tasks/${id}/result`, { agent: 'anna', code: 'call-back', due_at: late }, 400, 'KM_TASK_DUE'],
    ['/v1/prompts/nowhere/acknowledge', { agent: 'anna' }, 404, 'KM_PROMPT_UNKNOWN'],
    ['/v1/prompts?agents=anna', undefined, 400, 'KM_HTTP_QUERY'],
  ]
  for (const [path, body, status, code] of asked) {
    const answer = await engine.ask(path, body)
    expect([path, answer.status, answer.body.code]).toEqual([path, status, code])
  }
  const saidOf = async (code: string) =>
    (await engine.ask(`/v1/tasks/${id}/result`, { agent: 'anna', code })).body.message
  const known =
    'known: accepted, intends, refused, opted-out, call-back, follow-up, not-reached, wrong-person, done, problem-user, false-user'
  expect(await saidOf('refusd')).toBe(`no result 'refusd' here; did you mean 'refused'?; ${known}`)
  expect(await saidOf('glad')).toBe(`no result 'glad' here; ${known}`)
  expect(await saidOf('call-back')).toContain('due_at, on the command line by --due')
  expect(await tasksOf(engine)).toMatchObject([{ state: 'open', attempts: 0 }])
})

test('the list comes in pages, the most urgent tier first, and is narrowed', { timeout: minute }, async () => {
  const engine = await deskEngine()
  for (const who of ['s-1', 's-2', 's-3']) {
    await engine.known(who)
    await engine.billed(who)
    await engine.toppedUp(who)
  }
  await waitFor('all tasks', async () => (await tasksOf(engine)).length === 6)
  const all = await tasksOf(engine)
  expect(all.map(({ tier }) => tier)).toEqual([
    'priority',
    'priority',
    'priority',
    'secondary',
    'secondary',
    'secondary',
  ])
  const pages: string[] = []
  for (let after: unknown = ''; after !== null; ) {
    const { body } = await engine.ask(`/v1/tasks?limit=4${after === '' ? '' : `&after=${after}`}`)
    expect(body.matching).toBe(6)
    pages.push(...(body.tasks as readonly Listed[]).map(({ id }) => id))
    after = body.after
  }
  expect(pages).toEqual(all.map(({ id }) => id))
  expect(await tasksOf(engine, '?team=rest')).toHaveLength(3)
  expect(await tasksOf(engine, '?kind=talk&subscriber=s-2')).toHaveLength(1)
  const { id = '' } = all[0] ?? {}
  await engine.ask(`/v1/tasks/${id}/result`, { agent: 'anna', code: 'intends' })
  await engine.ask(`/v1/tasks/${id}/result`, { agent: 'anna', code: 'accepted' })
  await engine.ask(`/v1/tasks/${all[1]?.id}/result`, { agent: 'anna', code: 'not-reached' })
  expect((await engine.ask('/v1/tasks/funnel?kind=talk')).body).toMatchObject({
    tasks: 3,
    open: 2,
    reached: 1,
    intends: 1,
    completed: 1,
    by_code: { accepted: 1, 'not-reached': 1 },
  })
  expect((await engine.ask('/v1/tasks/funnel?kind=letter')).body).toMatchObject({ tasks: 3, reached: 0 })
})

test('an opt-out that an agent hears is one of every channel', { timeout: minute }, async () => {
  const engine = await deskEngine()
  await engine.known('s-1')
  await engine.toppedUp('s-1')
  const { id } = await firstTask(engine)
  await engine.ask(`/v1/tasks/${id}/result`, { agent: 'anna', code: 'opted-out' })
  const replies = await engine.atLeast(topics.events.reply, 5)
  expect(replies.map(({ channel, action }) => `${channel} ${action}`).toSorted()).toEqual(
    ['desk', 'ivr', 'push', 'sms', 'task'].map((channel) => `${channel} opted-out`),
  )
  await engine.toppedUp('s-1')
  const decisions = await engine.atLeast(topics.decisions, 2)
  expect(decisions.at(-1)).toMatchObject({ outcome: 'suppressed', code: 'consent' })
})

test('an operator cancels a task that is on a list: it goes, with who and why; who has it may say how it went', {
  timeout: minute,
}, async () => {
  const engine = await deskEngine()
  for (const who of ['s-1', 's-2', 's-3']) await engine.billed(who)
  const tasks = await waitFor('three tasks', async () => {
    const all = await tasksOf(engine)
    return all.length === 3 ? all : undefined
  })
  const of = (who: string) => tasks.find(({ subscriber_id }) => subscriber_id === who)?.id
  const say = (who: string, action: string, more = {}) =>
    engine.ask(`/v1/tasks/${of(who)}/${action}`, { agent: 'anna', ...more })
  const stateOf = async (who: string) => (await engine.ask(`/v1/tasks/${of(who)}`)).body.state
  await say('s-2', 'take')
  await say('s-3', 'result', { code: 'done' })
  const reason = 'the wrong letter'
  await engine.ask('/v1/cancels', { command_id: of('s-1'), author: 'olga', reason })
  await waitFor('the first one withdrawn', async () => (await stateOf('s-1')) === 'withdrawn')
  await engine.ask('/v1/cancels', { campaign: 'large-bill', author: 'olga', reason })
  await waitFor('the second one withdrawn', async () => (await stateOf('s-2')) === 'withdrawn')
  expect(await tasksOf(engine)).toEqual([])
  expect(await stateOf('s-3')).toBe('done')
  const { body } = await engine.ask(`/v1/tasks/${of('s-2')}`)
  expect(body).toMatchObject({ agent: 'anna', withdrawn_because: 'cancelled' })
  expect(body.acts).toMatchObject([
    { agent: 'anna', action: 'take' },
    { agent: 'olga', action: 'withdraw', code: 'cancelled', note: reason },
  ])
  expect(await say('s-1', 'take')).toMatchObject({ status: 409, body: { code: 'KM_TASK_WITHDRAWN' } })
  expect(await say('s-1', 'result', { code: 'done' })).toMatchObject({ body: { code: 'KM_TASK_WITHDRAWN' } })
  expect(await say('s-2', 'result', { code: 'done' })).toMatchObject({ status: 200, body: { task: { state: 'done' } } })
  const receipts = await engine.atLeast(topics.receipts, 4)
  expect(receipts.map(({ command_id, status, code }) => `${command_id} ${status} ${code}`).toSorted()).toEqual(
    [
      `${of('s-1')} failed cancelled`,
      `${of('s-2')} answered done`,
      `${of('s-2')} failed cancelled`,
      `${of('s-3')} answered done`,
    ].toSorted(),
  )
  // Decide has heard of it: the next moment of the matter is given to people again.
  await engine.billed('s-1')
  expect(await firstTask(engine)).toMatchObject({ subscriber_id: 's-1', state: 'open' })
})

test('an opt-out, and what else decide hears, takes a task back from the list', { timeout: minute }, async () => {
  const engine = await deskEngine()
  await engine.known('s-1')
  await engine.toppedUp('s-1')
  const { id } = await firstTask(engine)
  const refused = { state: 'refused', since: '2026-01-02T00:00:00Z', source: 'shop' }
  await engine.post('profile', 's-1', { consent: { task: { marketing: refused } } })
  const withdrawn = await firstTask(engine, '?state=withdrawn')
  expect(withdrawn).toMatchObject({ id, state: 'withdrawn', withdrawn_because: 'consent' })
  expect(await tasksOf(engine)).toEqual([])
  const [receipt] = await engine.atLeast(topics.receipts, 1)
  expect(receipt).toMatchObject({ command_id: id, channel: 'task', status: 'failed', code: 'withdrawn' })
})
