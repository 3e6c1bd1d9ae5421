import { expect, test } from 'vitest'
import { type IvrSettings, ivrDefaults } from '../../services/deliver/adapters/ivr/ivr.ts'
import { createSandboxChannel, type SandboxSettings } from '../../services/deliver/adapters/sandbox/sandbox.ts'
import { createSandboxCalls } from '../../services/deliver/adapters/sandbox/sandbox-calls.ts'
import { createSandboxShelf, type SandboxAct } from '../../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import { wallClock } from '../../services/flow/clock.ts'
import type { Reply } from '../../services/records/types.ts'
import { waitFor } from '../support/wait-for.ts'
import { effectOf, startSender } from './sender-under-test.ts'

const quick = { lines: 8, perSecond: 1_000, keyWaitMs: 60, marginMs: 1_000 }

/** A phone of the sandbox, with what is sent to it by one channel. */
function startPhone(
  channel: 'sms' | 'push' | 'ivr',
  changes: Partial<SandboxSettings> = {},
  ivr: Partial<IvrSettings> = {},
) {
  const shelf = createSandboxShelf(50)
  const settings = { deliveryMs: 20, failShare: 0, ...changes }
  const under = startSender(
    (log) =>
      channel === 'ivr'
        ? createSandboxCalls(settings, { ...ivrDefaults, ...quick, ...ivr }, wallClock, log, shelf)
        : createSandboxChannel({ ...settings, channel }, wallClock, log, shelf),
    { name: channel },
  )
  const { sender, receipts, appended } = under
  /** `status code` of receipts, then `channel: text or key=action` of replies. */
  const told = () => [
    ...receipts().map(({ status, code }) => [status, code].filter((word) => word != null).join(' ')),
    ...appended
      .filter((value): value is Reply => 'digits' in value)
      .map(({ channel: by, text, digits, action }) => `${by}: ${text ?? `${digits}=${action}`}`),
  ]
  const shown = () => shelf.messages()[0]
  return {
    under,
    shelf,
    shown,
    async send(text: string, subscriberId = 'subscriber-at-the-phone') {
      const effect = effectOf(text, { channel, subscriberId })
      return { effect, outcome: (await sender.send(effect)).outcome }
    },
    attend: (subscriberId = 'subscriber-at-the-phone') => shelf.setPhone(subscriberId, { attendMs: 60_000 }),
    act: (act: SandboxAct) => shelf.act(shown()?.number ?? 0, act, wallClock.now()),
    status: (wanted: string) => waitFor(`the status ${wanted}`, () => shown()?.status === wanted),
    /** All that is told, once so much is. */
    async told(...expected: readonly string[]) {
      await waitFor(expected.join(', '), () => told().length >= expected.length)
      expect(told()).toEqual(expected)
    },
  }
}

test('an SMS is answered by one, which names the command', async () => {
  const phone = startPhone('sms')
  const { effect } = await phone.send('Reply STOP to opt out.')
  expect(phone.shown()?.can).toEqual([]) // not there yet
  await phone.status('delivered')
  expect((await phone.act({ act: 'reply', text: 'stop' })).answers).toMatchObject([{ text: 'stop' }])
  await phone.told('delivered', 'sms: stop')
  expect(phone.under.appended.at(-1)).toMatchObject({
    in_reply_to: effect.commandId,
    subscriber_id: effect.subscriberId,
  })
})

test('a push that is opened is clicked, once', async () => {
  const phone = startPhone('push')
  await phone.send('1 GB for you')
  await phone.status('delivered')
  expect(phone.shown()).toMatchObject({ encoding: null, segments: 1, can: ['open', 'dismiss'] })
  await phone.act({ act: 'open' })
  expect(phone.shown()).toMatchObject({ status: 'clicked', can: [] })
  await phone.told('delivered', 'clicked')
  await expect(phone.act({ act: 'open' })).rejects.toMatchObject({ code: 'KM_SANDBOX_CANNOT' })
})

test('of a push that is dismissed nobody hears', async () => {
  const phone = startPhone('push')
  await phone.send('1 GB for you')
  await phone.status('delivered')
  await phone.act({ act: 'dismiss' })
  expect(phone.shown()).toMatchObject({ status: 'dismissed', can: [] })
  await phone.told('delivered')
})

test.each(['sms', 'push'] as const)(
  'what %s sends to a phone that it doesn’t reach is not delivered',
  async (channel) => {
    const phone = startPhone(channel)
    phone.shelf.setPhone('subscriber-at-the-phone', { off: [channel] })
    await phone.send('hello')
    await phone.status('undelivered')
    expect(phone.shown()?.can).toEqual([])
    await phone.told('failed undelivered')
  },
)

test('a call to a phone at which nobody is answers itself, and the message is heard', async () => {
  const phone = startPhone('ivr')
  expect((await phone.send('Good day!')).outcome.kind).toBe('accepted')
  expect(phone.shown()).toMatchObject({ channel: 'ivr', status: 'ringing', can: [] })
  await phone.status('delivered')
  await phone.told('delivered')
})

test('or rings in vain, of that share which was asked for', async () => {
  const phone = startPhone('ivr', { failShare: 1 })
  await phone.send('Good day!')
  await phone.status('no-reply')
  await phone.told('failed no-reply')
})

const answer = { act: 'answer' } as const
const hangUp = { act: 'hang-up' } as const
const press = (key: string) => ({ act: 'key', key }) as const

test.each<{ does: string; acts: readonly SandboxAct[]; shown: string; told: readonly string[] }>([
  { does: 'presses 1', acts: [answer, press('1')], shown: 'delivered', told: ['delivered', 'ivr: 1=accepted'] },
  { does: 'presses 2', acts: [answer, press('2')], shown: 'delivered', told: ['delivered', 'ivr: 2=refused'] },
  { does: 'presses 9', acts: [answer, press('9')], shown: 'delivered', told: ['delivered', 'ivr: 9=opted-out'] },
  {
    does: 'presses a wrong key, then 1',
    acts: [answer, press('7'), press('1')],
    shown: 'delivered',
    told: ['delivered', 'ivr: 1=accepted'],
  },
  { does: 'pushes it away', acts: [{ act: 'decline' }], shown: 'declined', told: ['failed declined'] },
  { does: 'hangs up at once', acts: [answer, hangUp], shown: 'hung-up', told: ['unknown hung-up'] },
  { does: 'lets it ring', acts: [], shown: 'no-reply', told: ['failed no-reply'] },
])('a call rings for who is at the phone and $does', async ({ acts, shown, told }) => {
  const phone = startPhone('ivr', {}, { ringMs: acts.length > 0 ? 60_000 : 300, keyWaitMs: 60_000 })
  phone.attend()
  expect((await phone.send('Good day!')).outcome.kind).toBe('accepted')
  expect(phone.shown()).toMatchObject({ status: 'ringing', can: ['answer', 'decline'] })
  for (const act of acts) await phone.act(act)
  await phone.status(shown)
  await phone.told(...told)
  expect(phone.shown()?.can).toEqual([])
  expect(phone.shown()?.answers.map(({ text }) => text)).toEqual(
    acts.flatMap((act) => (act.act === 'key' ? [act.key] : [])),
  )
})

test('a message that is heard to its end without a key was delivered', async () => {
  const phone = startPhone('ivr')
  phone.attend()
  await phone.send('Hi')
  await phone.act(answer)
  expect(phone.shown()).toMatchObject({ status: 'talking', can: ['key', 'hang-up'] })
  await phone.status('delivered')
  await phone.told('delivered')
})

test('a phone that is off is called again later, as nothing rang', async () => {
  const phone = startPhone('ivr')
  phone.shelf.setPhone('subscriber-at-the-phone', { off: ['ivr'] })
  expect((await phone.send('Good day!')).outcome).toMatchObject({ kind: 'not-sent', code: 'unreachable' })
  expect(phone.shown()).toMatchObject({ status: 'undelivered', can: [] })
})

test('somebody who went away counts no longer as being there', async () => {
  let now = 0
  const shelf = createSandboxShelf(5, () => now)
  shelf.setPhone('a', { attendMs: 10_000, off: ['push'] })
  now = 4_000
  expect(shelf.phone('a')).toEqual({ attendMs: 6_000, off: ['push'] })
  now = 11_000
  expect(shelf.phone('a')).toEqual({ attendMs: 0, off: ['push'] })
})

test('what rings by itself is answered when the channel closes, and who talks is hung up on', async () => {
  const phone = startPhone('ivr', { deliveryMs: 60_000 }, { keyWaitMs: 60_000 })
  await phone.send('by itself', 'nobody')
  phone.attend()
  await phone.send('A text that takes a while to be said to its end')
  await phone.act(answer)
  await phone.under.sender.stop()
  expect(phone.shelf.messages().map(({ status }) => status)).toEqual(['hung-up', 'delivered'])
  expect(
    phone.under
      .receipts()
      .map(({ status }) => status)
      .toSorted(),
  ).toEqual(['delivered', 'unknown'])
})

test('an answer that the log doesn’t take is not taken', async () => {
  const phone = startPhone('sms')
  await phone.send('Reply YES.')
  await phone.status('delivered')
  phone.under.appendFails = true
  await expect(phone.act({ act: 'reply', text: 'yes' })).rejects.toThrow('the log is away')
  expect(phone.shown()?.answers).toEqual([])
})
