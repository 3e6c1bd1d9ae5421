import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createInbox, type InboxMessage, inboxPage } from '../../services/desk/inbox.ts'
import { optOutsAlone } from '../../services/domain/reply-words.ts'
import type { DeskAct, Reply } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { type DeskEngine, deskEngine } from './desk-engine.ts'

const minute = 60_000

interface Listed {
  readonly id: string
  readonly text: string
  readonly state: string
  readonly [field: string]: unknown
}

const listed = async (engine: DeskEngine, query = ''): Promise<readonly Listed[]> =>
  (await engine.ask(`/v1/inbox${query}`)).body.messages as readonly Listed[]

const wrote = (engine: DeskEngine, who: string, text: string | null, action: string | null = null) =>
  engine.post('reply', who, { channel: 'sms', text, digits: text === null ? '7' : null, action, in_reply_to: 'c-1' })

test('what no word explains is read by people; it is handled once, also after a restart', {
  timeout: minute,
}, async () => {
  const folder = temporaryFolder()
  const first = await deskEngine(folder)
  await wrote(first, 's-1', 'YES', 'accepted')
  // Of a system that doesn't say what was meant: decide reads the words itself.
  await wrote(first, 's-1', 'no')
  await wrote(first, 's-1', 'Stop writing to me!')
  await wrote(first, 's-1', null)
  await wrote(first, 's-1', 'when do you open?')
  await wrote(first, 's-2', '宽带什么时候修好')
  await waitFor('both', async () => (await listed(first)).length === 2)
  expect(await listed(first, '?subscriber=s-1')).toMatchObject([
    { subscriber_id: 's-1', text: 'when do you open?', channel: 'sms', in_reply_to: 'c-1', state: 'open' },
  ])
  const [{ id }] = (await listed(first, '?subscriber=s-1')) as readonly [Listed]
  const handled = await first.ask(`/v1/inbox/${id}/handle`, { agent: 'anna', note: 'called back' })
  expect(handled).toMatchObject({
    status: 200,
    body: { unchanged: false, message: { state: 'handled', handled_by: 'anna', note: 'called back' } },
  })
  expect((await first.ask(`/v1/inbox/${id}/handle`, { agent: 'ben' })).body).toMatchObject({
    unchanged: true,
    message: { handled_by: 'anna' },
  })
  expect((await listed(first)).map(({ text }) => text)).toEqual(['宽带什么时候修好'])
  const metrics = async () => (await fetch(new URL('/metrics', first.url))).text()
  await waitFor('the metric', async () => /^keymoment_inbox_open 1$/m.test(await metrics()), { deadlineMs: 30_000 })
  await first.stop()

  const second = await deskEngine(folder)
  expect((await listed(second)).map(({ text }) => text)).toEqual(['宽带什么时候修好'])
  expect((await second.ask(`/v1/inbox/${id}`)).body).toMatchObject({ state: 'handled', note: 'called back' })
  expect(await second.records(topics.deadLetters)).toEqual([])
})

test('what is asked wrongly is refused by its code', { timeout: minute }, async () => {
  const engine = await deskEngine()
  await wrote(engine, 's-1', 'hello?')
  const [message] = await waitFor('it', async () => {
    const messages = await listed(engine)
    return messages.length === 1 && messages
  })
  const asked: readonly [string, object | undefined, number, string][] = [
    ['/v1/inbox/nowhere', undefined, 404, 'KM_MESSAGE_UNKNOWN'],
    ['/v1/inbox/nowhere/handle', { agent: 'anna' }, 404, 'KM_MESSAGE_UNKNOWN'],
    [`/v1/inbox/${message?.id}/handle`, {}, 400, 'KM_HTTP_BODY'],
    [`/v1/inbox/${message?.id}/handle`, { agent: ' ' }, 400, 'KM_HTTP_BODY'],
    ['/v1/inbox?state=opem', undefined, 400, 'KM_HTTP_QUERY'],
    ['/v1/inbox?limit=501', undefined, 400, 'KM_HTTP_QUERY'],
    ['/v1/inbox?team=best', undefined, 400, 'KM_HTTP_QUERY'],
  ]
  for (const [path, body, status, code] of asked) {
    const answer = await engine.ask(path, body)
    expect([path, answer.status, answer.body.code]).toEqual([path, status, code])
  }
  expect(await listed(engine)).toHaveLength(1)
})

const reply = (n: number, at: number): Reply => ({
  event_id: `e-${n}`,
  subscriber_id: `s-${n % 3}`,
  event_time: at,
  source: 'test',
  channel: 'sms',
  text: `text ${n}`,
})
const act = (command_id: string, at: number): DeskAct => ({
  act_id: `a-${at}`,
  subscriber_id: 's-1',
  acted_at: at,
  command_id,
  of: 'reply',
  action: 'handle',
  agent: `agent-${at}`,
  channels: [],
})
const idOf = (n: number): string => {
  const one = createInbox(() => optOutsAlone)
  one.takeReply(reply(n, 0))
  return [...one.messages()][0]?.id ?? ''
}
const ids = Array.from({ length: 12 }, (_, n) => idOf(n))

test('in whatever order messages and acts are read, and however often, the same is open', () => {
  const news = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('wrote' as const), n: fc.nat(11) }),
      fc.record({ do: fc.constant('handled' as const), n: fc.nat(11) }),
    ),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(news, (news) => {
      const inbox = createInbox(() => optOutsAlone)
      const known = new Set<number>()
      const handled = new Map<number, string>()
      for (const [at, one] of news.entries()) {
        if (one.do === 'wrote') {
          inbox.takeReply(reply(one.n, one.n * 10))
          known.add(one.n)
        } else {
          inbox.takeAct(act(ids[one.n] as string, at))
          if (!handled.has(one.n)) handled.set(one.n, `agent-${at}`)
        }
      }
      const told = new Map([...inbox.messages()].map(({ text, handled }) => [text, handled?.by]))
      expect(told).toEqual(new Map([...known].map((n) => [`text ${n}`, handled.get(n)])))
      expect(inbox.open).toBe([...known].filter((n) => !handled.has(n)).length)
    }),
  )
})

test('pages name each message once, the newest first', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(11)), fc.integer({ min: 1, max: 5 }), (written, limit) => {
      const inbox = createInbox(() => optOutsAlone)
      // Some at the same instant.
      for (const n of written) inbox.takeReply(reply(n, Math.floor(n / 3)))
      const found: InboxMessage[] = []
      for (let after: string | null | undefined; after !== null; ) {
        const page = inboxPage(inbox.messages(), { state: 'all', subscriber: undefined }, { limit, after })
        expect(page.matching).toBe(written.length)
        expect(page.items.length).toBeLessThanOrEqual(limit)
        found.push(...page.items)
        after = page.after
      }
      expect(found.map(({ text }) => text).toSorted()).toEqual(written.map((n) => `text ${n}`).toSorted())
      const times = found.map(({ received_at }) => received_at)
      expect(times).toEqual(times.toSorted((a, b) => b - a))
    }),
  )
})

test('it is bounded: the oldest goes, and what is older than a month', () => {
  const inbox = createInbox(() => optOutsAlone)
  for (let n = 0; n < 20_010; n++) inbox.takeReply(reply(n, n))
  expect([...inbox.messages()].length).toBe(20_000)
  expect(inbox.message(ids[0] as string)).toBeUndefined()
  inbox.tidy(30 * 86_400_000 + 20_005)
  expect([...inbox.messages()].map(({ received_at }) => received_at)).toEqual([20_005, 20_006, 20_007, 20_008, 20_009])
})
