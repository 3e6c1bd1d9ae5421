import { expect, test } from 'vitest'
import type { InboxList } from '../../services/desk/inbox-routes.ts'
import { waitFor } from '../support/wait-for.ts'
import { somebody, startPhoneProcess } from './phone-process.ts'

/** As CI's machine is slow, and each step goes through detect, decide and deliver. */
const timeout = 60_000
const patience = { deadlineMs: 20_000 }

test('who replies STOP gets nothing more by SMS', { timeout }, async () => {
  const { topUp, newest, act, onPhone, ask } = await startPhoneProcess()
  await topUp('bank')
  const message = await waitFor('an SMS', async () => (await newest())?.can.includes('reply') && newest(), patience)
  await act(message.number, { act: 'reply', text: 'STOP' })
  await topUp('bank')
  await waitFor('silence', async () => (await suppressed(ask, 'consent')) === 1, patience)
  expect(await onPhone()).toEqual(['sms delivered'])
})

test('what no word explains is for people to read, with what it answers', { timeout }, async () => {
  const { topUp, newest, act, ask } = await startPhoneProcess()
  await topUp('bank')
  const message = await waitFor('an SMS', async () => (await newest())?.can.includes('reply') && newest(), patience)
  await act(message.number, { act: 'reply', text: 'Wer sind Sie?' })
  const list = () => ask<InboxList>('GET', '/v1/inbox')
  await waitFor('it in the inbox', async () => (await list()).matching === 1, patience)
  const [told] = (await list()).messages
  expect(told).toMatchObject({
    subscriber_id: somebody,
    channel: 'sms',
    text: 'Wer sind Sie?',
    in_reply_to: message.commandId,
    state: 'open',
  })
  await ask('POST', `/v1/inbox/${told?.id}/handle`, { agent: 'anna' })
  expect((await list()).matching).toBe(0)
})

test('a call that is pushed away is followed by an SMS, one that is answered by nothing', { timeout }, async () => {
  const { topUp, newest, act, onPhone, setPhone } = await startPhoneProcess()
  await setPhone({ attend_s: 600 })
  await topUp('store')
  const first = await waitFor('a call', async () => (await newest())?.can.includes('decline') && newest(), patience)
  await act(first.number, { act: 'decline' })
  await waitFor('the SMS', async () => (await onPhone())[0] === 'sms delivered', patience)
  expect(await onPhone()).toEqual(['sms delivered', 'ivr declined'])

  await topUp('store')
  const second = await waitFor('a call', async () => (await newest())?.can.includes('answer') && newest(), patience)
  await act(second.number, { act: 'answer' })
  await act(second.number, { act: 'key', key: '1' })
  await topUp('bank')
  await waitFor('what comes next', async () => (await onPhone()).length === 4, patience)
  expect((await onPhone()).slice(1)).toEqual(['ivr delivered', 'sms delivered', 'ivr declined'])
})

test('a call that rings out is followed by an SMS', { timeout }, async () => {
  const { topUp, onPhone, setPhone } = await startPhoneProcess({ KEYMOMENT_IVR_RING_MS: '1000' })
  await setPhone({ attend_s: 600 })
  await topUp('store')
  await waitFor('the SMS', async () => (await onPhone())[0] === 'sms delivered', patience)
  expect(await onPhone()).toEqual(['sms delivered', 'ivr no-reply'])
})

test('push that doesn’t get through is followed by an SMS; what is opened is clicked', { timeout }, async () => {
  const { topUp, newest, act, onPhone, setPhone, ask } = await startPhoneProcess()
  await topUp('app')
  const push = await waitFor('a push', async () => (await newest())?.can.includes('open') && newest(), patience)
  await act(push.number, { act: 'open' })
  await waitFor('its receipt', async () => (await receipts(ask, 'clicked')) === 1, patience)
  await setPhone({ off: ['push'] })
  await topUp('app')
  await waitFor('the SMS', async () => (await onPhone())[0] === 'sms delivered', patience)
  expect(await onPhone()).toEqual(['sms delivered', 'push undelivered', 'push clicked'])
})

interface Counted {
  readonly events: readonly { readonly name: string; readonly total: number }[]
  readonly receipts: Counted['events']
  readonly suppressions: Counted['events']
}
type Ask = Awaited<ReturnType<typeof startPhoneProcess>>['ask']

const countIn = (what: keyof Counted) => async (ask: Ask, name: string) =>
  (await ask<Counted>('GET', '/v1/live'))[what].find((tally) => tally.name === name)?.total ?? 0
const receipts = countIn('receipts')
const suppressed = countIn('suppressions')
